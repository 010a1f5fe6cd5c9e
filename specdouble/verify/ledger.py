"""The ledger: which documents this run created; later writes go to these, and they are deleted at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.attempts import Attempts
from specdouble.verify.creation import adds_by_name, bare, creates, creates_many, creator_beside, ends_in_parameter
from specdouble.verify.document_kinds import DocumentKinds
from specdouble.verify.exchange import Call, Exchange, filled, is_segment
from specdouble.verify.id_shape import are_drawn, counted, is_guessable, shape_of
from specdouble.verify.ledger_file import LedgerFile
from specdouble.verify.new_ids import NewIds, texts_within
from specdouble.verify.register import Created, Register
from specdouble.verify.strangers import Strangers
from specdouble.verify.wrapper import each_sent, rewrapped

SAFE = ("get", "head", "options", "trace")
LONGEST_SAID = 99  # characters of a text of the contract that may be an example of an id


@dataclass
class Ledger:
    """What this run created, written down before a request is sent and after it was answered.

    Args:
        contract: what the server promises.
        file: where it is kept for a run that is killed; None keeps it in memory alone.
        watches: whether answers are searched for documents of others; not on a server of our own.
        has_word: whether a text has a word of this run in it: no document held it before.
    """

    contract: Contract
    file: Path | None = None
    watches: bool = True
    has_word: Callable[[str], bool] = lambda _text: False
    recent: set[tuple[str, str]] = field(default_factory=set)  # of those that were created, since the case began
    unnamed: list[Call] = field(default_factory=list)  # creates whose answer does not say which document it made
    refused: dict[str, Call] = field(default_factory=dict)  # by the name that the create asked for
    whole: list[Call] = field(default_factory=list)  # lists that were read to their end before anything was written
    failing: list[str] = field(default_factory=list)  # lists that are answered with an error, and were not before
    stray: dict[str, list[Any]] = field(default_factory=dict)  # by list, what is new in it, though no answer told of it

    def __post_init__(self) -> None:
        self.kinds = DocumentKinds(self.contract)
        self.strangers = Strangers(set(texts_within(self.contract.data, LONGEST_SAID)))
        self.attempts = Attempts(self.contract, self.has_word)
        self._ids = NewIds(self.contract, self.kinds, self.is_minted)
        self._minted: set[str] = set()
        self._values: Counter[str] = Counter()  # the ids of this run, of whatever kind
        self.created = Register(self.kinds)
        self.unfound = Register(self.kinds)  # what no path finds by a guessed id
        self._traces = Register(self.kinds)  # seen in lists, though no answer said so
        self._gone = Register(self.kinds)  # what this run made and deleted
        self._answered_at: dict[tuple[str, str], float] = {}  # when the last answer came that a document was made
        self._gives_ids: set[str] = set()  # the kinds whose ids the server gives
        self._tried: set[str] = set()  # the kinds of which a create was sent
        self._missed: set[tuple[str, str]] = set()  # what was not found when it was to be deleted
        self._lock, self._sent = RLock(), 0
        self._open: dict[int, Call] = {}  # what may have been done, though no answer said so
        self._file = LedgerFile(self.file)

    def oldest(self, kind: str) -> Created | None:
        """The document of the kind that this run created first."""
        return next((one for one in self.created if one.kind == kind and one.authorization is None), None)

    # Whose a document is

    def mint(self, value: Any) -> Any:
        """Note a value as one that no document held when it was made; it is handed back."""
        self._minted.add(str(value))
        return value

    def is_minted(self, value: Any) -> bool:
        """Whether the value was made by this run, to be an id or a name."""
        return str(value) in self._minted or (isinstance(value, str) and self.has_word(value))

    def owned(self, kind: str, value: Any) -> Created | None:
        """The document of that kind and id, where this run created it."""
        return self.created.of((kind, str(value))) or self._traces.of((kind, str(value)))

    def led_to(self, kind: str, value: Any, call: Call) -> Created | None:
        """The document of that kind and id which the path of a request leads to, where this run created it."""
        registers = (self.created, self._traces)
        found = (one.at((kind, str(value)), call.operation, call.path) for one in registers)
        return next((made for made in found if made is not None), None)

    def is_made(self, kind: str, value: Any) -> bool:
        """Whether an answer said that this run created the document, and it was not deleted since."""
        return (kind, str(value)) in self.created

    def is_gone(self, kind: str, value: Any) -> bool:
        """Whether this run created such a document and deleted it."""
        return (kind, str(value)) in self._gone

    def is_given_once(self, kind: str, value: Any) -> bool:
        """Whether the id of a document that was deleted is surely no other's now.

        Some databases give the largest number again: of a smaller one, the next document is told apart.
        """
        if shape_of(value) not in ("number", "text"):
            return True
        text, others = str(value), [str(one.id) for one in self.created if one.kind == kind]
        word, number = counted(text)
        if number and any(counted(one)[0] == word and int(counted(one)[1] or 0) > int(number) for one in others):
            return True  # as `7`, or `mem-00007`
        if text.isdecimal():
            return False
        # Drawn by chance, as `crs_7h2k9qx04mzt`: no other is like it, and none of it is what a client sent.
        return not self.is_minted(value) and any(are_drawn(text, one) for one in others)

    def owns_any(self, value: Any) -> bool:
        """Whether this run created a document with that id, of whatever kind."""
        return self._values[str(value)] > 0

    def is_stranger(self, value: Any) -> bool:
        """Whether a document of that id, of whatever kind, was there before."""
        text = str(value)
        if text in self._minted or self._values[text]:
            return False
        return self.strangers.may_have(text)

    def see(self, shown: Any) -> None:
        """Note what an answer shows: what this run did not make may be the id of another's document."""
        for text in self.strangers.see(shown):
            if text in self.refused:
                self._sent += 1
                self._open[self._sent] = self.refused.pop(text)

    def may_be_anothers(self, kind: str, value: Any) -> bool:
        """Whether a value may be the id of a document that was there before: it is one, or could be hit by chance."""
        if value in (None, "") or isinstance(value, dict | list):
            return False
        if self.owned(kind, value) or self.is_minted(value):
            return False
        if self.is_stranger(value) or self.strangers.are_said_to_have(str(value)):
            return True
        # Copies, which are made at once: other cases create documents meanwhile.
        known = {shape_of(one.id) for one in self.created if one.kind == kind}
        known |= {shape_of(one) for one in self.strangers.ids(kind)}
        shape = shape_of(value)
        if known and shape not in known and "text" not in known:
            return False  # the ids of this server look otherwise
        return shape in ("number", "text") and is_guessable(value)

    # What is written down

    def send(self, call: Call) -> int:
        """Note a request that may create a document, before it is sent; its number."""
        if call.operation.method not in ("post", "put"):
            return 0
        with self._lock:
            self._sent += 1
            number = self._sent
            self._open[number] = call
            self._tried.add(self.kinds.made_by(call.operation) or "")
            for create in self._creates(call):
                self._tried.add(self.kinds.of_children(create.operation))
                self.attempts.send(number, create)
            self._file.note(
                {"sending": number, "request": str(call.operation), "path": dict(call.path), "as": call.user}
            )
        return number

    def _creates(self, call: Call) -> list[Call]:
        """The creates of one document each that a request is, or stands for."""
        if creates_many(self.contract, call.operation):
            one = creator_beside(self.contract, call.operation)
            sent = each_sent(self.contract, call.operation, call.body)
            return [replace(call, operation=one, body=rewrapped(self.contract, one, {}, document)) for document in sent]
        return [call] if creates(self.contract, call.operation) else []

    def search(self, create: Call) -> None:
        """Note that the list that a create writes to was searched: what is not known of it by now is not there."""
        self.attempts.search(create)
        for made in self.unfound:
            if (made.by, made.parents) == (create.operation, create.path):
                self.unfound.remove(made)

    def is_tried(self, kind: str) -> bool:
        """Whether this run has sent a create of such documents."""
        return kind in self._tried

    def is_known(self, kind: str, value: Any) -> bool:
        """Whether it is known whose the document is: it was there before, or an answer or a list told of it since."""
        key = (kind, str(value))
        known = (self.strangers, self.created, self._traces, self._gone)
        return not self.strangers.are_all_met or any(key in one for one in known)

    def count(self, listing: Operation, ids: list[Any]) -> None:
        """Note what a list shows beyond what is known; whatever was created there is told by that."""
        if ids:
            self.stray[str(listing)] = list(dict.fromkeys((*self.stray.get(str(listing), ()), *ids)))
        self.attempts.count(listing)

    def trace(self, create: Call, key: Any) -> None:
        """Note a document that a request of this run must have made in the list, though no answer said so."""
        kind = self.kinds.of_children(create.operation)
        by, carried = create.operation, create.authorization
        found = Created(kind, key, create.user, dict(create.path), by, carried, sure=False, seen=True)
        known = (self.created.beside(found), self._gone.beside(found))
        if found.name not in self.strangers and known == (None, None):
            self._traces.add(found)

    def answer(self, number: int, call: Call, exchange: Exchange) -> None:
        """Note what an answered request created, deleted or renamed."""
        with self._lock:
            self.attempts.answer(number)
            if exchange.ok and creates_many(self.contract, call.operation):
                self._note_created_together(call, exchange)
            elif exchange.ok:
                self._note(call, exchange)
            if exchange.ok:
                self._note_above(call)
                if self.watches:
                    self.see(exchange.json)
            if exchange.status < 500:  # else it may have been done all the same
                self._settle(number, call, exchange)
            if number:
                self._file.note({"answered": number, "status": exchange.status})

    def _settle(self, number: int, call: Call, exchange: Exchange) -> None:
        """Note that a request was answered; what a refused create asked for may still be seen to be there."""
        self._open.pop(number, None)
        name = self._asked(call) if number and not exchange.ok else None
        if isinstance(name, str) and self.kinds.made_by(call.operation) is not None:
            self.refused[name] = call

    def _asked(self, call: Call) -> Any:
        """The id that a create asked for; None where the server gives such documents ids of its own."""
        return None if self.kinds.made_by(call.operation) in self._gives_ids else self._ids.asked(call)

    def _note(self, call: Call, exchange: Exchange) -> None:
        method = call.operation.method
        named = self.kinds.named(call.operation, call.path)
        if method == "delete" and named and ends_in_parameter(call.operation):
            self._note_deleted(call, exchange.started)
        elif named and method in ("put", "patch") and (was := self.owned(named[-1][1], named[-1][2])):
            self._note_renamed(was, call, exchange)
        elif named and ends_in_parameter(call.operation) and self._made_by_path(call, exchange, *named[-1][1:]):
            self._note_made_by_path(call, exchange, *named[-1])
        elif creates(self.contract, call.operation):
            self._note_created(call, exchange)
        elif named and (was := self.owned(named[-1][1], named[-1][2])):
            self._note_renamed(was, call, exchange)
        elif exchange.status == 201 and method == "post" and call.operation.id not in self.contract.actions:
            self._note_made_elsewhere(call, exchange)
        elif adds_by_name(self.contract, call.operation):
            self.unnamed.append(call)
            self._file.note({"created": None, "by": str(call.operation), "as": call.user})

    def _note_above(self, call: Call) -> None:
        """Note what a write went below that nobody is known to have made: some servers make it themselves then."""
        named = self.kinds.named(call.operation, call.path) if call.operation.method in ("post", "put") else []
        parents: dict[str, Any] = {}
        for name, kind, value in named[:-1] if ends_in_parameter(call.operation) else named:
            key = (kind, str(value))
            known = key in self._gone or self.kinds.is_given(kind) or self.owned(kind, value) is not None
            deletable = any(self.kinds.named(one, {})[-1][1] == kind for one in self.kinds.deletes)
            if deletable and not known and not self.may_be_anothers(kind, value):
                by, carried = call.operation, call.authorization
                self._traces.add(Created(kind, value, call.user, dict(parents), by, carried, sure=False))
            parents[name] = value

    def _note_created(self, call: Call, exchange: Exchange) -> None:
        if (pair := self._ids.pair(call, exchange)) is not None:
            self._add_pair(pair, call)
            return
        kind = self.kinds.of_children(call.operation)
        # What was seen before is not this run's.
        several = [one for one in self._ids.several(call, exchange) if not self.is_stranger(one)]
        key = None if several else self._ids.of(call, exchange)
        is_named = key not in (None, "")  # no path names what has no name
        guessed = is_named and self._ids.answered(call, exchange) is None
        for one in [key] if is_named else several:
            made = Created(kind, one, call.user, dict(call.path), call.operation, call.authorization, guessed=guessed)
            self._add(made)
        if not is_named and not several:
            self.unnamed.append(call)
            self._file.note({"created": None, "kind": kind, "by": str(call.operation), "as": call.user})

    def _note_created_together(self, call: Call, exchange: Exchange) -> None:
        kind = self.kinds.of_children(call.operation)
        for create, key in zip(self._creates(call), self._ids.of_each(call, exchange), strict=True):
            if key in (None, ""):
                self.unnamed.append(create)
                self._file.note({"created": None, "kind": kind, "by": str(call.operation), "as": call.user})
            else:
                self._add(Created(kind, key, call.user, dict(call.path), create.operation, call.authorization))

    def _add_pair(self, pair: tuple[str, dict[str, Any]], call: Call) -> None:
        """Note what two values name; where another has the last of them, it is told as one that nothing names."""
        kind, held = pair
        (first, beside), (_, key) = held.items()
        other = self.owned(kind, key)
        if (other is not None and other.parents.get(first) != beside) or (kind, str(key)) in self.strangers:
            self.unnamed.append(call)
        parents = {**call.path, first: beside}
        self._add(Created(kind, key, call.user, parents, call.operation, call.authorization))

    def _note_made_elsewhere(self, call: Call, exchange: Exchange) -> None:
        """Note what a POST says that it made (201), though no path names its documents.

        It is known by the id that is shown, or by a word of this run: a sign-in may answer 201, and made nothing.
        """
        shown = exchange.json.values() if isinstance(exchange.json, dict) else ()
        words = [value for value in shown if isinstance(value, str) and self.has_word(value)]
        key = next(iter(words), self._ids.shown(call.operation, exchange))
        if key is not None:
            kind = bare(call.operation.path) + "/{}"
            self._add(Created(kind, key, call.user, dict(call.path), call.operation, call.authorization))

    def _note_renamed(self, was: Created, call: Call, exchange: Exchange) -> None:
        """Note the id that a document has after a change, where its name is its id; that of its copy, too."""
        key = self._ids.shown(call.operation, exchange, self.kinds.id_names(was.by))
        if key is not None and str(key) != str(was.id):
            self._add(Created(was.kind, key, was.user, was.parents, was.by))

    def _made_by_path(self, call: Call, exchange: Exchange, kind: str, value: Any) -> bool:
        """Whether the request made the document that its path names: none of that name was there, or it says so (201).

        Many servers answer 200 whether they made it or not.
        """
        if call.operation.method not in ("post", "put") or (kind, str(value)) in self.strangers:
            return False
        if self.is_minted(value) or self.is_gone(kind, value):
            return True
        if exchange.status == 201:
            return self.owned(kind, value) is None
        return call.operation.method == "put" and not self.may_be_anothers(kind, value)

    def _note_made_by_path(self, call: Call, exchange: Exchange, name: str, kind: str, value: Any) -> None:
        parents = {other: held for other, held in call.path.items() if other != name}
        made = Created(kind, value, call.user, parents, call.operation, call.authorization)
        self._add(made)
        if call.operation.id in self.contract.actions:  # else nobody says where an answer shows what names it
            self._note_renamed(made, call, exchange)

    def _add(self, made: Created) -> None:
        gone = self._gone.beside(made)
        if gone is not None:
            self._gone.remove(gone)
        self._answered_at[made.name] = time.time()
        if made.name in self.strangers or self.created.beside(made) is not None:
            return  # the create answered with a document that was there before
        self.created.add(made)
        self.recent.add(made.name)
        if not self.is_minted(made.id):
            self._gives_ids.add(made.kind)
        self._values[str(made.id)] += 1
        self._file.note({
            "created": made.id, "kind": made.kind, "by": str(made.by), "parents": dict(made.parents), "as": made.user,
            "delete": self.removal(made),
        })  # fmt: skip

    def forget(self, kind: str, value: Any, call: Call) -> None:
        """Note that a document is gone: the one of its kind and id that the path of a request leads to."""
        made = self.created.at((kind, str(value)), call.operation, call.path)
        if made is not None:
            self.remove(made)

    def remove(self, made: Created) -> None:
        """Note that a document is gone."""
        with self._lock:
            if self.created.beside(made) is not None:
                self._values[str(made.id)] -= 1
            for register in (self.created, self._traces, self.unfound):
                known = register.beside(made)
                if known is not None:
                    register.remove(known)
            self._gone.add(made)
            self._file.note({"deleted": made.id, "kind": made.kind, "parents": dict(made.parents)})

    def _note_deleted(self, call: Call, asked: float) -> None:
        """Note that what a request deleted is gone.

        Of what was made since that was asked for, an id that a server gives again, nothing is known.
        """
        _, kind, value = self.kinds.named(call.operation, call.path)[-1]
        name = (kind, str(value))
        if asked and asked < self._answered_at.get(name, 0):
            return
        perhaps = [one for one in (*self.unsure(), *self.unfound) if one.name == name]
        led_to = [one for one in perhaps if self.created.is_led_to(one, call.operation, call.path)]
        made = self.created.at(name, call.operation, call.path) or next(iter(led_to), None)
        if made is not None:
            self.remove(made)

    @contextmanager
    def sparing(self, value: Any) -> Iterator[None]:
        """Know the documents of this id still when another user's of the same id is deleted."""
        known = [one for one in self.created if str(one.id) == str(value)]
        yield
        with self._lock:
            for one in known:
                self._add(one)

    def harm(self, made: Created, text: str) -> Call | None:
        """Note a document that a write below it may have half made; the request that deletes it, where there is one."""
        with self._lock:
            self._traces.add(made)
            self._file.note({"harmed": text, "kind": made.kind, "delete": self.removal(made)})
        return self.deleter(made)

    def miss(self, made: Created) -> None:
        """Note that no path finds a document that was to be deleted: it is gone, unless a list shows it still.

        What is known by a guessed id alone may be there by another one, as long as what it lies below is.
        """
        with self._lock:
            self._missed.add(made.name)
            trace = self._traces.beside(made)
            if trace is not None and not trace.seen:
                self._traces.remove(trace)
            if self.created.beside(made) is not None:
                self.created.remove(made)
                self._values[str(made.id)] -= 1
                above = self.kinds.named(made.by, made.parents)
                if made.guessed and not any(self.is_gone(sort, one) for _, sort, one in above):
                    self.unfound.add(made)
            self._file.note({"not found": made.id, "kind": made.kind})

    def newest_first(self) -> list[Created]:
        """What there is still, as far as is known; a child is newer than its parents."""
        return [*[*self.created][::-1], *self.unsure()]

    def unsure(self) -> list[Created]:
        """What may be there: its create was not answered, or with an error, or refused and it was seen all the same."""
        found = [*self._traces]
        for call in list(self._open.values()):
            kind, name = self.kinds.made_by(call.operation), self._asked(call)
            if kind is not None and name is not None and (kind, str(name)) not in self._missed:
                path = {one: value for one, value in call.path.items() if value != name}
                made = Created(kind, name, call.user, path, call.operation, call.authorization, sure=False)
                if self._traces.beside(made) is None:
                    found.append(made)
        return [one for one in found if self.created.beside(one) is None and self._gone.beside(one) is None]

    # How it is removed

    def deleter(self, made: Created) -> Call | None:
        """The request that deletes a document, with the ids that its path leads through; None where there is none."""
        for operation in self.kinds.deletes:
            named = self.kinds.named(operation, {})
            if named[-1][1] != made.kind:
                continue
            path = {**{name: value for name, value in made.parents.items() if name in {one for one, _, _ in named}}}
            path[named[-1][0]] = made.id
            missing = [(name, kind) for name, kind, _ in named if name not in path]
            for name, kind in missing:
                parent = next((one.id for one in self.newest_first() if one.kind == kind), None)
                if parent is not None:
                    path[name] = parent
            if all(is_segment(path.get(name)) for name, _, _ in named):
                asked = [one for one in operation.parameters if one.location == "header" and one.required]
                # Whatever its version is (RFC 9110, 13.1.1).
                headers = {one.name: "*" for one in asked if one.name.lower() == "if-match"}
                return Call(operation, made.user, path=path, headers=headers, authorization=made.authorization)
        return None

    def removal(self, made: Created) -> str | None:
        """The request that deletes it, as `DELETE /pets/7`."""
        call = self.deleter(made)
        return None if call is None else f"DELETE {filled(call.operation.path, call.path)}"

    def close(self) -> None:
        """Write down what is left alone, in place of all that was noted on the way."""
        with self._lock:
            left = [*self.newest_first(), *self.unfound]
            self._file.close(
                {"left": one.id, "kind": one.kind, "as": one.user, "delete": self.removal(one)} for one in left
            )
