"""The model of a collection: what was written, by whom, and what must be seen by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from specdouble.contract.rule import ScopeRule
from specdouble.verify.bodies import shown
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import closing, parents, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial

MOST_LEFT = 200  # documents of others, beside which a whole list can be read page by page
MOST_MADE = len(ascii_uppercase)  # of one program


@dataclass
class Home:
    """Where documents lie: below a parent, or in a list of a user's own.

    Args:
        name: what the story calls it.
        user: who writes there.
        around: the parameters that lead there.
        parent: what they lie below.
        counts: what its counters said when nothing was there.
    """

    name: str
    user: User
    around: dict[str, dict[str, Any]]
    parent: Document | None = None
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Entry:
    """A document as it must be seen.

    Args:
        name: what the story calls it.
        home: where it lies.
        document: what the trial knows of it.
        held: its properties, as the last write left them.
    """

    name: str
    home: Home
    document: Document
    held: dict[str, Any]


class Model:
    """What one program has written; each method is a step of it.

    Args:
        trial: what sends.
        subject: the collection.
        counters: the properties of a parent that count what lies below it.
    """

    def __init__(self, trial: Trial, subject: Subject, counters: tuple[str, ...] = ()) -> None:
        self.trial, self.subject, self.counters = trial, subject, counters
        self.story: list[str] = []
        self.entries: list[Entry] = []
        self.gone: list[Entry] = []
        self.homes = list(_homes(trial, subject, counters))
        self.updaters = [one for one in subject.updaters if one.id_in_body is None]
        can = {"change": self.updaters, "delete": subject.deleters, "move": self._moves(), "read": [True]}
        self.steps = {step for step, by in can.items() if by}  # what this collection's operations can do

    # Steps

    def create(self, home: Home) -> None:
        """Create a document."""
        if len(self.entries) + len(self.gone) < MOST_MADE:
            self._add(home, self._created(home))
            self.story.append(f"{home.user.name or 'a client'} creates {self.entries[-1].name}{_in(home)}")

    def _created(self, home: Home) -> Document:
        """A new document with every property, where such a one is taken: a change has something to spoil."""
        whole = self.trial.body(self.subject, self.trial.creator(self.subject), home.user, full=True)
        _, document = self.trial.try_create(self.subject, home.user, whole, around=home.around)
        if document is None or document.id is None:
            return self.trial.create_in(self.subject, home.user, home.around)
        return document

    def change(self, entry: Entry, updater: Updater) -> None:
        """Change a property."""
        changes = self._changes(entry, updater)
        exchange = self.trial.try_update(updater, entry.document, changes)
        if exchange.ok:
            self.story.append(f"{updater.operation.method.upper()} changes {entry.name}")
            if updater.partial:
                self._wrote(entry, exchange)
                self.read(entry)
            entry.held = self._held(entry.document)

    def move(self, entry: Entry, home: Home) -> None:
        """Take a document to another parent of the same user."""
        if home.parent is None or home.user is not entry.home.user or home is entry.home:
            return
        updater, name = self._moves()[0]
        if self.trial.try_update(updater, entry.document, {name: home.parent.id}).ok:
            self.story.append(f"{updater.operation.method.upper()} moves {entry.name} to {home.name}")
            entry.home, entry.document.around = home, home.around
            entry.held = self._held(entry.document)

    def delete(self, entry: Entry) -> None:
        """Delete a document."""
        if self.trial.delete(entry.document).ok:
            self._remove(entry)
            self.story.append(f"DELETE removes {entry.name}")

    def race(self, home: Home, changed: Entry | None, deleted: Entry | None) -> None:
        """Create a document, change another and delete a third at the same time."""
        creates = self.trial.create_call(
            self.subject, home.user, self.trial.body(self.subject, self.trial.creator(self.subject), home.user),
            around=home.around,
        )  # fmt: skip
        calls, told = [creates], [f"a create{_in(home)}"]
        updater = next((one for one in self.subject.updaters if one.partial), None)
        if changed is not None and changed is not deleted and updater is not None:
            changes = self._changes(changed, updater)
            calls.append(self.trial.update_call(updater, changed.document, changes))
            told.append(f"a change of {changed.name}")
        if deleted is not None and self.subject.deleters:
            calls.append(self._deletion(deleted))
            told.append(f"a delete of {deleted.name}")
        answers = self.trial.volley(calls)
        self.story.append(f"at the same time {', '.join(told)}")
        self._settle_race(home, answers, changed, deleted)

    def _settle_race(self, home: Home, answers: list[Exchange], changed: Entry | None, deleted: Entry | None) -> None:
        made = self.trial.adopt(self.subject, home.user, answers[0])
        if made is not None and made.id is not None:
            self._add(home, made)
        for answer in answers[1:]:
            if not answer.ok:
                continue
            if answer.call.operation in self.subject.deleters and deleted is not None:
                self._remove(deleted)
            elif changed is not None:
                self._wrote(changed, answer)
                updater = next(one for one in self.updaters if one.operation is answer.call.operation)
                self.trial.note_change(updater, changed.document, self.subject.unwrapped(answer.call), answer)

    def _wrote(self, entry: Entry, exchange: Exchange) -> None:
        """Note what a change has written: what it was to change, and what its request had to hold besides."""
        sent = self.subject.unwrapped(exchange.call)
        entry.held |= {name: value for name, value in sent.items() if name in entry.held}

    def _deletion(self, entry: Entry) -> Call:
        operation = self.subject.deleters[0]
        place = self.trial.place(operation, entry.document)
        return self.trial.call_of(operation, entry.document.user, place)

    # What must be seen

    def read(self, entry: Entry) -> None:
        """Hold that a document is what the last write to it left."""
        seen = self.trial.look_for(entry.document, entry.document.user)
        if seen is None:
            raise Broken(f"{entry.name} to be there", f"it is not: {self.trial.exchanges[-1].told(60)}")
        self.trial.hold_to(entry.document, seen)
        for name, value in entry.held.items():
            if name in seen and not (
                self.subject.keeps(name, value, seen[name]) and self.subject.keeps(name, seen[name], value)
            ):
                raise Broken(f"{name} of {entry.name} to be {shown(value)}", f"it is {shown(seen[name])}")

    def look_through(self, home: Home) -> None:
        """Hold that a list shows what is there, each once, and nothing else of this program's."""
        if not self.subject.listers or self.subject.narrowing(self.subject.listers[0]):
            return  # what no list shows, or what one shows of some documents alone
        keys = self._keys(home)
        ids = [str(one.document.id) for one in self.entries if one.home is home]  # each parent may number its own anew
        for entry in self.entries:
            key, here = str(entry.document.id), entry.home is home
            times = keys.count(key)
            if here and ids.count(key) > 1:
                raise Broken(f"{entry.name} to have an id of its own{_in(home)}", f"another one there has {key}, too")
            if times != ids.count(key) and (here or self._is_apart(entry.home, home)):
                wanted = "once" if here else "not"
                where = f"the list{_in(home)} of {home.user.name}" if home.user.name else f"the list{_in(home)}"
                raise Broken(f"{where} to show {entry.name} {wanted}", f"it shows it {times} times")
        for entry in self.gone:
            if str(entry.document.id) in keys and not self._is_there_again(entry):
                raise Broken(f"the list{_in(home)} to be without {entry.name}", "it is shown still")

    def hide(self, entry: Entry, other: User) -> None:
        """Hold that who may not see a document is not shown it."""
        if self._is_owned() and not self._is_opened() and self.trial.look_for(entry.document, other) is not None:
            raise Broken(f"{other.name} not to see {entry.name}", "it is shown")

    def _is_opened(self) -> bool:
        """Whether documents are open to others than those whom they belong to: their rules try to whom."""
        return any(rule.is_opened for rule in self.subject.resource.of(ScopeRule))

    def hold(self) -> None:
        """Hold that everything is as the program left it."""
        for home in self.homes:
            self.look_through(home)
            self._count(home)
        for entry in self.entries:
            self.read(entry)

    def _count(self, home: Home) -> None:
        if home.parent is None or not home.counts:
            return
        seen = self.trial.look(home.parent)
        here = sum(entry.home is home for entry in self.entries)
        for name, start in home.counts.items():
            if seen.get(name) != start + here:
                raise Broken(f"{name} of {home.name} to be {start + here}", f"it is {shown(seen.get(name))}")

    # Beside

    def _is_owned(self) -> bool:
        resource, creator = self.subject.resource, self.trial.creator(self.subject)
        if resource.owner or resource.tenant:
            return bool(resource.owner)
        above = closing(self.trial.session, self.subject, creator)
        users = tuple(home.user for home in self.homes)
        return any((users[0], users[-1]) in pairs and not rule.is_opened for rule, pairs in above)

    def _is_apart(self, one: Home, other: Home) -> bool:
        """Whether what lies in one place must not be shown in the other."""
        is_hidden = bool(self.subject.resource.owner) and not self._is_opened()
        return one.parent is not other.parent or (one.user is not other.user and is_hidden)

    def _is_there_again(self, gone: Entry) -> bool:
        """Whether a new document has the id of one that was deleted."""
        return any(str(entry.document.id) == str(gone.document.id) for entry in self.entries)

    def _keys(self, home: Home) -> list[str]:
        keys: list[str] = []
        for _, entries in self.trial.pages(self.subject, home.user, home.around, whole=True):
            new = [str(entry.get(self.subject.key)) for entry in entries]
            if new and set(new) <= set(keys):
                break  # the server knows no second page
            keys += new
            if len(keys) > MOST_LEFT:
                raise NotExercised("the list shows too many other documents to be read page by page")
        return keys

    def _moves(self) -> list[tuple[Updater, str]]:
        """The updates that may take a document to another parent, and the property that names it."""
        subject, found = self.subject, list[tuple[Updater, str]]()
        if not parents(self.trial.session, subject, self.trial.creator(subject)):
            return found
        for updater in self.updaters:
            named = [name for _, name in updater.action.scope if name in subject.requested(updater.operation)]
            free = [name for name in named if name not in subject.bound_on_update | subject.server_set]
            found += [(updater, name) for name in free[-1:]]
        return found

    def _changes(self, entry: Entry, updater: Updater) -> dict[str, Any]:
        return self.trial.kept(updater, entry.document, self.trial.session.bodies.change(self.subject, updater))

    def _add(self, home: Home, document: Document) -> None:
        name = ascii_uppercase[len(self.entries) + len(self.gone)]
        self.entries.append(Entry(name, home, document, self._held(document)))

    def _remove(self, entry: Entry) -> None:
        self.entries.remove(entry)
        self.gone.append(entry)

    def _held(self, document: Document) -> dict[str, Any]:
        """What a read shows of the properties that nobody but a client sets."""
        creator = self.trial.creator(self.subject)
        named = {*self.subject.requested(creator)}.union(
            *(self.subject.requested(u.operation) for u in self.subject.updaters)
        )
        unset = self.subject.server_set | self.subject.versions
        seen = self.trial.look(document)
        return {name: seen[name] for name in named - unset if name in seen}

    def broken(self, found: Broken) -> Broken:
        """What was found, with the program that led to it."""
        return Broken(f"after [{'; '.join(self.story)}] {found.expected}", found.seen, found.check, found.promise)


def _in(home: Home) -> str:
    return f" below {home.name}" if home.parent is not None else ""


def _homes(trial: Trial, subject: Subject, counters: tuple[str, ...]) -> Iterator[Home]:
    """Two places of one user and one of another below new parents; where there are no parents, one of each user."""
    session, creator = trial.session, trial.creator(subject)
    above = parents(session, subject, creator)
    users = list(next(iter(session.crowd.pairs(creator)), (trial.user,)))
    if not above or not above[-1][1].creators:
        for user in users if subject.resource.owner and not above else [trial.user]:
            yield Home("the list", user, session.surroundings(creator, user, None))
        return
    for number, user in enumerate([users[0], users[0], *users[1:]], 1):
        parent = trial.create(above[-1][1], user)
        seen = trial.look(parent) if counters else {}
        counts = {name: seen[name] for name in counters if isinstance(seen.get(name), int)}
        yield Home(f"{above[-1][1].collection} {number}", user, under(trial, subject, parent), parent, counts)
