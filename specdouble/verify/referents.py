"""The documents of a run that its requests refer to: made when they are needed, and left where they are full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from threading import Lock, RLock
from typing import Any

from specdouble.verify.baseline import State
from specdouble.verify.document import Document
from specdouble.verify.examples import ids_told
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.problem import Interruption, Moved, NotExercised
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

MOST_REFUSED = 2  # times that a deletion is tried which is to make room: others may name the document
MOST_LEFT = 20  # times that a refused create is tried elsewhere
MOST_BELOW = 10**6  # nobody has said how many
MANY = 40  # documents of this run in one list
CROWDED = 12  # documents below one: their list is several pages, and read by every case that looks for one in it


class Referents:
    """The documents that others refer to, each user's own.

    Args:
        session: the server.
    """

    def __init__(self, session: Shared) -> None:
        self.session = session
        self.origins: dict[Any, Exchange] = {}  # what made a document, by its id, whatever it is one of
        self.made: dict[tuple[str, str], Exchange] = {}  # the same by collection and id: numbers are ids in several
        self.setting_up: set[tuple[str, str, str]] = set()
        self._references: dict[tuple[str, str, str], Any] = {}
        # The references that the case was given; None where none runs, or several at once.
        self._handed: set[tuple[str, str, str]] | None = None
        self._below: Counter[str] = Counter()  # how many documents were created below one, by its id
        self._left = Counter[str]()  # by operation, how often that was tried
        self.crowded = set[str]()  # collections of which a user can have but a few documents: one made room for another
        self._held_fast = Counter[tuple[str, str]]()  # by collection and id, how often what makes room was not deleted
        self._room: dict[str, int] = {}  # by collection, how many others each of its documents was seen to take
        self._lock, self._reference_lock = Lock(), RLock()

    def of(self, collection: str, user: User, purpose: str = "", state: State | None = None) -> Any:
        """The id of a document of the collection that the user may refer to; each purpose and state has its own.

        Raises:
            NotExercised: there is none, and none can be created.
        """
        key = (collection, user.name, f"{purpose}{state or ''}")
        with self._reference_lock:
            known = self._references.get(key)
            if known is not None and self._is_full(collection, known):
                del self._references[key]
                if self._handed is not None and key in self._handed:
                    # A refusal may have been for anything: where a case needs more, more is tried.
                    self._room[collection] *= 2
                    raise Moved(f"{collection} {known} takes no more beside what the case has made below it")
            if self._handed is not None:
                self._handed.add(key)
            if key not in self._references:
                if key in self.setting_up:
                    raise NotExercised(f"a document of {collection} can be created by no request: it needs another")
                self.setting_up.add(key)
                try:
                    self._references[key] = self._made_or_listed(collection, user, state)
                finally:
                    self.setting_up.discard(key)
            return self._references[key]

    def _is_full(self, collection: str, key: object) -> bool:
        """Whether as many documents lie below one as were seen to be taken, and another can be made in its place."""
        room = self._room.get(collection, MOST_BELOW)
        return self._below[str(key)] >= room and bool(self.session.subjects[collection].creators)

    def forget(self, collection: str, user: User, purpose: str = "", state: State | None = None) -> None:
        """Have the next request of a user refer to another document of the collection."""
        self._references.pop((collection, user.name, f"{purpose}{state or ''}"), None)

    def _made_or_listed(self, collection: str, user: User, state: State | None) -> Any:
        subject = self.session.subjects[collection]
        trial = Trial(self.session)
        if subject.creators:
            self.session.baselines.seek({subject.creators[0].id})  # what the server demands of it is learned first
        if state is not None:
            return state.reach(trial, subject, user).id
        if subject.creators:
            return self._made_or_latest(trial, subject, user)
        if subject.listers:
            found = trial.listed(subject, user)
            if found:
                return found[0].get(subject.resource.id)
        told = next(ids_told(self.session.contract, collection), None)
        if told is None:
            raise NotExercised(f"no operation creates documents of {collection}, which are referred to")
        return told

    def _made_or_latest(self, trial: Trial, subject: Subject, user: User) -> Any:
        try:
            return trial.create(subject, user).id
        except NotExercised:
            latest = self._latest(subject, user)  # where there may be few, one that is there has to do
            if latest is None:
                raise
            return latest

    def _latest(self, subject: Subject, user: User) -> Any:
        """The id of the last document of the collection that this run made for a user; None where there is none."""
        maker = self.session.crowd.maker(subject.resource, subject.creators[0], user).name
        own = (
            one for one in self.session.ledger.newest_first() if one.kind == subject.collection and one.user == maker
        )
        return next((one.id for one in own if one.sure), None)

    def move_on(self) -> None:
        """Give a user new documents to refer to where many were created below the usual ones.

        Never amid a case, whose documents lie side by side.
        """
        with self._reference_lock:
            crowded = {
                user for (collection, user, _), key in self._references.items()
                if self._below[str(key)] >= self._many(collection) and self.session.subjects[collection].creators
            }  # fmt: skip
            self._give_anew(crowded)

    def _many(self, collection: str) -> int:
        """How many documents below one are so many that the next case begins below another: room enough is left."""
        return min(CROWDED, self._room.get(collection, MOST_BELOW) // 2)

    def begin_case(self) -> None:
        """Note that one case runs by itself: what it refers to stays the same until it ends."""
        self._handed = set()

    @property
    def is_amid_case(self) -> bool:
        """Whether one case runs by itself."""
        return self._handed is not None

    def end_case(self) -> None:
        """Note that no case runs by itself: whoever refers to a document may be given another one."""
        self._handed = None

    def leave_full(self, call: Call) -> bool:
        """Give a user others to refer to in the place of those of a refused create, which may be full; if any may."""
        found = self.session.baselines.found.get(call.operation.id)
        if found is None or found.taken is None or self._left[call.operation.id] >= MOST_LEFT:
            return False
        held = {str(one) for one in (*call.path.values(), *_scalars(call.body))}
        with self._reference_lock:
            full = [key for key, one in self._references.items() if str(one) in held]
            for key in full:
                count = self._below[str(self._references.pop(key))]
                self._room[key[0]] = max(self._room.get(key[0], 1), count)
            self._left[call.operation.id] += bool(full)
        return bool(full)

    def leave(self, ids: Collection[str]) -> bool:
        """Give whoever refers to these documents others, and to what lies below them; whether anybody did."""
        with self._reference_lock:
            leaving = {user for (_, user, _), one in self._references.items() if str(one) in ids}
            self._give_anew(leaving)
        return bool(leaving)

    def _give_anew(self, users: Collection[str]) -> None:
        """Have the next requests of users refer to other documents: to all others, for they lie below each other."""
        self._references = {key: one for key, one in self._references.items() if key[1] not in users}

    def make_room(self, subject: Subject, user: User, *, but: Collection[str] = ()) -> bool:
        """Delete what earlier cases made of a collection for a user, who may have a few alone; whether any was deleted.

        Where cases run at once nothing is: what one needs no longer another may.

        Args:
            subject: the documents.
            user: whose they are.
            but: the ids of those that stay.
        """
        if (self.session.settings.workers or 1) > 1:
            return False
        earlier = [made for made in self.session.ledger.created if made.name not in self.session.ledger.recent]
        own = [made for made in earlier if made.kind == subject.collection and made.user == user.name]
        own = [made for made in own if str(made.id) not in but]
        answers = {}
        for made in (one for one in own if not self.holds(one.id)):
            deletion = self.session.deletion(made) if self._held_fast[made.name] < MOST_REFUSED else None
            answers[made.name] = deletion is not None and self.session.client.send(deletion).ok
        self._held_fast.update(key for key, is_gone in answers.items() if not is_gone)
        return any(answers.values())

    def shorten(self, subject: Subject) -> None:
        """Delete what earlier cases made of a collection where it is much: a list of it is to be read as a whole.

        What others of this run lie below, or name, stays: they would go with it, or be changed.
        """
        living = [*self.session.ledger.created]
        if sum(made.kind == subject.collection for made in living) <= MANY:
            return
        calls = [(made.id, self.made[made.name].call) for made in living if made.name in self.made]
        named = {
            str(value) for own, call in calls for value in (*call.path.values(), *_scalars(call.body)) if value != own
        }
        for user in self.session.crowd.users.values():
            self.make_room(subject, user, but=named)

    def holds(self, key: Any) -> bool:
        """Whether it is the id of a document that others refer to: a generated request must not delete it."""
        with self._reference_lock:
            return str(key) in {str(one) for one in self._references.values()}

    def or_none(self, collection: str, user: User, purpose: str = "") -> Any:
        """The id of a document of the collection, where one can be had."""
        try:
            return self.of(collection, user, purpose)
        except Moved:
            raise  # another one in its place would be no better than none
        except Interruption:
            return None

    def shown(self, subject: Subject, user: User) -> dict[str, Any]:
        """A document that the user may refer to, as the server shows it; empty where none can be had."""
        key = self.or_none(subject.collection, user)
        if key is None:
            return {}
        listed = (one for one in self.session.parameters.existing(subject.collection, user) if isinstance(one, dict))
        shown = self.as_made(subject, key) or next((one for one in listed if one.get(subject.key) == key), {})
        return {subject.resource.id: key, **shown}

    def adopt(self, document: Document) -> None:
        """Remember a document that was created."""
        with self._lock:
            if isinstance(document.id, str | int) and not isinstance(document.id, bool):
                self.origins.setdefault(document.id, document.made)
                self.made.setdefault((document.subject.collection, str(document.id)), document.made)
            named = (*document.around.get("path", {}).values(), *_scalars(document.made.call.body))
            self._below.update({str(one) for one in named} & {str(one) for one in self._references.values()})

    def as_made(self, subject: Subject, key: Any) -> dict[str, Any]:
        """A document as the answer to its create showed it; empty where this run did not make it, or nothing showed."""
        made = self.made.get((subject.collection, str(key)))
        if made is None or made.call.operation not in subject.creators:
            return {}
        shown = made.shown(subject.action(made.call.operation))
        return shown if isinstance(shown, dict) else {}

    def as_bound(
        self, subject: Subject, name: str | None, path: Mapping[str, Any], asked: Iterable[str]
    ) -> dict[str, Any]:
        """A document that a path names, as its create showed it; what tells its state from another, as it is by now.

        Args:
            subject: its collection.
            name: the parameter that names it.
            path: the parameters.
            asked: the properties that are wanted: the server is asked only where a version is one of them.
        """
        made = self.as_made(subject, path.get(name) if name is not None else None)
        if subject.versions.isdisjoint(asked):
            return made
        return made | (Trial(self.session).look_at(subject, name, path) or {})


def _scalars(body: Any) -> list[Any]:
    """What the document of a body holds directly, or within one more object around it."""
    held = list(body.values()) if isinstance(body, dict) else []
    held += [one for inner in held if isinstance(inner, dict) for one in inner.values()]
    return [one for one in held if isinstance(one, str | int)]
