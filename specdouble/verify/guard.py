"""The guard: what is written or deleted goes to documents that this run created, and to nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.creation import creates, creates_many, ends_in_parameter
from specdouble.verify.exchange import Call, is_segment
from specdouble.verify.ledger import SAFE, Ledger
from specdouble.verify.new_ids import LONGEST_NAME, texts_within
from specdouble.verify.register import Created
from specdouble.verify.wrapper import each_sent, unwrapped

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


# What an operation does to the server itself or to all that it holds, by the words of its name.
DESTRUCTIVE = frozenset(
    _words(
        "shutdown restart reboot halt poweroff terminate kill purge reset restore wipe flush truncate destroy erase "
        "cleanup prune vacuum rollback revert factory format migrate upgrade downgrade reinstall uninstall"
    )
)
WHOLESALE = frozenset(_words("bulk batch mass all many everything multiple multi"))
# What changes a thing that exists, where the operation is no plain create, update or delete.
CHANGING = frozenset(
    _words(
        "stop start reload clear empty drop delete remove clean revoke rotate expire logout signout disable deactivate "
        "suspend block ban archive transfer merge import sync overwrite reindex rebuild undo set replace update apply "
        "enable promote demote compact compaction defragment"
    )
)
# What is the caller's own, or the server's, by the words of a path that names no document: it was there before.
FIXED = frozenset(
    _words(
        "me my mine self myself current whoami profile account password passwd credentials avatar settings preferences "
        "config configuration cluster maintenance"
    )
)
# What a POST does that names no document, by its name or the first word of its summary.
_EDITING = CHANGING | frozenset(_words("change edit modify save store persist commit configure regenerate"))
DEEPEST = 5  # levels of a body that are searched for ids
_ID = re.compile(r"(^|_|-)(id|ids|uuid|uid|key|keys)$|[a-z](Id|Ids|ID|IDs|Uuid|Key|Keys)$|^_?ids?$")


@dataclass
class Guard:
    """Says which requests may be sent.

    Args:
        contract: what the server promises.
        ledger: the documents of this run.
        named: operations that may be sent though they concern more than one document.
        left_out: operations that are never sent.
        logins: operations that sign a user in.
        fixed: path parameters whose value the settings give.
        references: properties of bodies that name other documents, and the kind of these.
        is_open: whether everything may be written: the server is one of our own.
    """

    contract: Contract
    ledger: Ledger
    named: Collection[str] = ()
    left_out: Collection[str] = ()
    logins: Collection[str] = ()
    fixed: Collection[str] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    _known: dict[str, str | None] = field(default_factory=dict, repr=False)

    def refuses(self, call: Call) -> str | None:
        """Why the request may not be sent; None where it may."""
        operation = call.operation
        if operation.id in self.left_out:
            return f"{operation} is left out, as the settings say"
        if self.is_open or operation.method in SAFE or operation.id in self.logins:
            return None
        if operation.id not in self._known:
            self._known[operation.id] = self.forbids(operation)
        return self._known[operation.id] or self._no_segment(call) or self._place(call) or self._content(call)

    def forbids(self, operation: Operation) -> str | None:
        """Why no request of the operation may be sent; None where one may."""
        if self.is_open or operation.method in SAFE or operation.id in {*self.named, *self.logins}:
            return None
        why = self._by_name(operation) or self._by_path(operation)
        return (
            f"{operation} {why}: --allow-destructive, or --operation {operation.id}, lets it be tried" if why else None
        )

    def _by_name(self, operation: Operation) -> str | None:
        action = self.contract.actions.get(operation.id)
        path = operation.path.rpartition("}")[2] if "{" in operation.path else operation.path
        name = {*_words(operation.id), *_words(path)}
        # `projects_destroy` is what Django REST Framework calls a DELETE of one document: it goes to this run's own.
        deletes_one = operation.method == "delete" and ends_in_parameter(operation)
        found = name & (WHOLESALE if deletes_one else DESTRUCTIVE | WHOLESALE)
        if creates_many(self.contract, operation):  # what it makes is this run's, as far as it makes it anew
            found = name & (DESTRUCTIVE | _EDITING)
        plain = action is not None or creates(self.contract, operation)
        if not plain:
            said = _words(operation.summary)
            found |= (DESTRUCTIVE & set(said)) | ({*_words(path)} & CHANGING if operation.method == "post" else set())
            if operation.method == "post" and "{" not in operation.path:
                verb = operation.path.rstrip("/").rpartition("/")[2]
                found |= _EDITING & {*_words(verb), *_words(operation.id), *said[:1]}
        if not found:
            return None
        word = min(found)
        what = "more than one document" if word in WHOLESALE else "what this run did not create"
        return f"says `{word}`: it may change {what}"

    def _by_path(self, operation: Operation) -> str | None:
        """A delete or an update of everything below a path that names no document."""
        named = self.ledger.kinds.named(operation, {})
        given = all(self.ledger.kinds.is_given(kind) for _, kind, _ in named)
        if given and self._is_fixed(operation):
            return "is about what is the caller's own, or the server's: it changes what was there before"
        if given and operation.method == "post" and operation.body is None and self._is_an_action(operation):
            return "takes no body and names no document: what it does is done to what was there before"
        if operation.method not in ("delete", "put", "patch") or not given:
            return None
        if operation.method == "put" and named and ends_in_parameter(operation):
            return None  # it may create a document by its path
        if operation.method in ("put", "patch") and _names_its_document(self.contract, operation):
            return None
        return "names no document of this run: it changes or deletes what was there before"

    def _is_making(self, operation: Operation) -> bool:
        return creates(self.contract, operation) or creates_many(self.contract, operation)

    def _is_an_action(self, operation: Operation) -> bool:
        """Whether it neither creates a document nor is about one."""
        return operation.id not in self.contract.actions and not creates(self.contract, operation)

    def _is_fixed(self, operation: Operation) -> bool:
        """Whether the path leads to the one thing of its kind, and not to a document that a run could make."""
        if creates(self.contract, operation):
            return False
        action = self.contract.actions.get(operation.id)
        if action is not None and self.contract.resources[action.collection].single:
            return True
        whole = operation.path.rstrip("/")
        words = {word for part in whole.split("/") if "{" not in part for word in _words(part)}
        return not ends_in_parameter(operation) and not words.isdisjoint(FIXED)

    # One request

    def _no_segment(self, call: Call) -> str | None:
        """Why no path can name the document, though it were this run's: it would be the path of all, or of more."""
        named = self.ledger.kinds.named(call.operation, call.path)
        told = (f"{name} {value!r}" for name, _, value in named if not is_segment(value))
        nameless = next(told, None)
        return f"{call.operation} is not sent to {nameless}: it would lead to another path" if nameless else None

    def _place(self, call: Call) -> str | None:
        """Why the path leads to what is another's."""
        operation = call.operation
        named = self.ledger.kinds.named(operation, call.path)
        making = self._is_making(operation)
        under_own = False
        for position, (name, kind, value) in enumerate(named):
            made = self.ledger.led_to(kind, value, call) or self.ledger.owned(kind, value)
            last = position == len(named) - 1 and ends_in_parameter(operation)
            if made is not None and self._beside(made, named[:position]):
                under_own = True
                continue
            if _leads_elsewhere(value):
                return f"{operation} is not sent to {name} {value!r}: it would lead to another path"
            # Below a document of ours, too: many servers find a comment by its number, whatever article the path names.
            if (under_own or last or making) and not self.ledger.may_be_anothers(kind, value):
                continue
            if self.ledger.is_gone(kind, value) and (making or (last and self.ledger.is_given_once(kind, value))):
                continue
            below = named[position + 1 :]
            if not last and name in self.fixed and (below or operation.method == "post"):
                continue  # the settings give it to be written below
            if not last and self._passes(call, name, kind, value, below):
                continue
            return f"{operation} is not sent to {name} {value!r}: this run did not create it"
        return None

    def _passes(self, call: Call, name: str, kind: str, value: object, below: list[tuple[str, str, Any]]) -> bool:
        """Whether the path may lead through a document of another's to one of this run, or to a new one."""
        if self.ledger.kinds.is_given(kind):
            return bool(below) or self._is_making(call.operation)
        made = (self.ledger.led_to(deeper, one, call) for _, deeper, one in below)
        return any(one is not None and str(one.parents.get(name)) == str(value) for one in made)

    def _beside(self, made: Created, before: list[tuple[str, str, Any]]) -> bool:
        """Whether the document stands below these: what another's and ours are joined by is not ours."""
        for name, kind, value in before:
            known = made.parents.get(name, value if self.ledger.kinds.is_given(kind) or name in self.fixed else None)
            if str(known) != str(value) and self.ledger.owned(kind, value) is None:
                return False
        return True

    def _content(self, call: Call) -> str | None:
        """Why the body or the query names a document of another's as the one to be written."""
        named = self.ledger.kinds.named(call.operation, call.path)
        body = unwrapped(self.contract, call.operation, call.body)
        for name, value in body.items() if isinstance(body, dict) else ():
            if self.joins_another(name, value):
                return f"{call.operation} is not sent with {name} {value!r}: this run did not create it"
            if self.loses(call, name, value):
                return f"{call.operation} is not sent with {name} {value!r}: no path of this run would find it by that"
        if creates_many(self.contract, call.operation):
            return self._several(call)
        if any(self.ledger.owned(kind, value) for _, kind, value in named):
            return None
        for name, value, itself in (*_ids(body), *_ids(dict(call.query))):
            if self.is_anothers(call.operation, name, value, itself):
                return f"{call.operation} is not sent with {name} {value!r}: this run made no such document"
        return None

    def _several(self, call: Call) -> str | None:
        """Why documents are not created together: one may be another's, or nothing would tell that this run made it."""
        names = self.ledger.kinds.id_names(call.operation)
        for document in each_sent(self.contract, call.operation, call.body):
            for name, value in document.items():
                is_id = name in names and value is not None and not self.ledger.is_minted(value)
                if is_id or self.joins_another(name, value):
                    return f"{call.operation} is not sent with {name} {value!r}: this run did not create it"
            if not any(map(self.ledger.is_minted, texts_within(document, LONGEST_NAME))):
                return (
                    f"{call.operation} is not sent without a word of this run in each document: it would not be known"
                )
        return None

    def loses(self, call: Call, name: str, value: object) -> bool:
        """Whether a property of the body would give what is written another's id, or one that no path can name.

        A server may take it, whatever its contract says, and fail from then on where all such documents are listed.
        """
        action = self.contract.actions.get(call.operation.id)
        if action is None or name != self.contract.resources[action.collection].id:
            return False
        if ends_in_parameter(call.operation):
            here = self.ledger.kinds.named(call.operation, call.path)[-1][2]
            return str(value) != str(here) and not (self.ledger.is_minted(value) or self.ledger.owns_any(value))
        if value is None or call.operation.method != "post":
            return False  # the server gives it one
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return True
        return action.collection in self.ledger.kinds.numbered and not str(value).removeprefix("-").isdecimal()

    def joins_another(self, name: str, value: object) -> bool:
        """Whether a property of a body would put what is written below a document of another's.

        Where this run can create none of those documents, the ones there are have to be used.
        """
        kind = self.references.get(name)
        if kind is None or name in self.fixed or isinstance(value, bool) or self.ledger.kinds.is_given(kind):
            return False
        return self.ledger.may_be_anothers(kind, value)

    def is_anothers(self, operation: Operation, name: str, value: object, itself: bool) -> bool:
        """Whether a property of a body may name a document of another's as the one to be written.

        Args:
            operation: what is asked.
            name: the property.
            value: what it holds.
            itself: whether it stands at the top of the body, and not within what belongs to the document.
        """
        if itself and self._is_its_own_id(operation, name):
            kind = self.ledger.kinds.of_children(operation)
            return not self.ledger.owns_any(value) and self.ledger.may_be_anothers(kind, value)
        plain = operation.id in self.contract.actions or creates(self.contract, operation)
        return not plain and self.ledger.is_stranger(value)

    def _is_its_own_id(self, operation: Operation, name: str) -> bool:
        """Whether the property of a body holds the id of the document that is written."""
        action = self.contract.actions.get(operation.id)
        if action is not None:
            if name == self.contract.resources[action.collection].id:
                return True
            return action.does == "create" and name in self._ids_of(action.collection)
        return name in ("id", "_id") and operation.method != "get"

    def _ids_of(self, collection: str) -> set[str]:
        """The parameters that name a document of the collection."""
        return {one.id for one in self.contract.actions.values() if one.collection == collection and one.id} - {"id"}


def _leads_elsewhere(value: object) -> bool:
    """Whether a path with the value is another operation's: `/pets/` may be all pets, and `/pets/..` everything."""
    text = str(value)
    return value is None or text.strip(". ") == "" or "/" in text or "\\" in text


def _names_its_document(contract: Contract, operation: Operation) -> bool:
    """Whether the body names the document that is changed by its id."""
    content = operation.body.content if operation.body else {}
    return any({"id", "_id"} & set(contract.properties(media.schema)) for media in content.values())


def _ids(value: object, depth: int = 0) -> Iterator[tuple[str, Any, bool]]:
    """What a body says under names that ids have, lists of them included, and whether at its top."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _ids(item, depth)
    if isinstance(value, dict):
        for name, item in value.items():
            items = item if isinstance(item, list) else [item]
            if _ID.search(str(name)):
                yield from ((str(name), one, depth == 0) for one in items)
            yield from _ids(item, depth + 1)
