"""Which kind of document each path of a contract names, and which operations make and delete such documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.creation import bare, creates, ends_in_parameter, kinds_by_path
from specdouble.verify.id_shape import shape_of
from specdouble.verify.values import kind as type_of
from specdouble.verify.values import merged


class DocumentKinds:
    """The kinds of documents that a contract knows: collections, and paths where no collection is known.

    Args:
        contract: what the server promises.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._kinds = dict(kinds_by_path(contract))
        self._named: dict[str, list[tuple[str, str]]] = {}  # what paths name, by path
        operations = contract.operations.values()
        self.deletes = [
            one for one in operations if one.method == "delete" and ends_in_parameter(one) and self.named(one, {})
        ]
        self._creatable = {self.made_by(one) for one in operations}
        self.numbered, self._uuids = set[str](), set[str]()
        self._tell_forms()

    def named(self, operation: Operation, values: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
        """The path parameters of a request in the order of the path: name, kind of document, value."""
        if operation.path not in self._named:
            self._named[operation.path] = list(self._kinds_on(operation.path))
        return [(name, kind, values.get(name)) for name, kind in self._named[operation.path]]

    def above(self, operation: Operation, values: Mapping[str, Any]) -> dict[str, str]:
        """The ids of what a document lies below, by kind, as far as the path that leads to it says them."""
        named = self.named(operation, values)
        leading = named[:-1] if ends_in_parameter(operation) else named
        return {kind: str(value) for name, kind, value in leading if name in values}

    def _kinds_on(self, path: str) -> Iterator[tuple[str, str]]:
        """The parameters of a path, and the kind of document that each names."""
        prefix = ""
        for segment in path.split("/")[1:]:
            names = [part.partition("}")[0] for part in segment.split("{")[1:]]
            prefix += "/" + ("{}" if names else segment)
            yield from ((name, self._kinds.get(prefix, prefix)) for name in names)

    def _tell_forms(self) -> None:
        """Note the kinds of documents that paths name by a number, or by a UUID: no other text is the id of one."""
        for operation in self._contract.operations.values():
            schemas = {one.name: one.schema for one in operation.parameters if one.location == "path"}
            for name, sort, _ in self.named(operation, {}):
                schema = merged(schemas.get(name), self._contract.resolve)
                if type_of(schema) in ("integer", "number"):
                    self.numbered.add(sort)
                elif schema.get("format") == "uuid":
                    self._uuids.add(sort)

    def may_be_named(self, kind: str, value: Any) -> bool:
        """Whether a path may name a document of the kind by the value, by its form."""
        if kind in self.numbered:
            return str(value).isdigit()
        return kind not in self._uuids or shape_of(value) == "uuid"

    def of_children(self, operation: Operation) -> str:
        """What a create makes: a document of the collection, or of the path below."""
        action = self._contract.actions.get(operation.id)
        below = bare(operation.path) + "/{}"
        return action.collection if action else self._kinds.get(below, below)

    def makers(self, kind: str) -> list[Operation]:
        """The operations that create documents of the kind."""
        return [one for one in self._contract.operations.values() if self.made_by(one) == kind]

    def is_given(self, kind: str) -> bool:
        """Whether no operation creates such documents: the ones there are have to be used."""
        return kind not in self._creatable

    def made_by(self, operation: Operation) -> str | None:
        """The kind of the documents that an operation creates, by its answer or its path; None where it makes none."""
        if creates(self._contract, operation):
            return self.of_children(operation)
        by_path = operation.method in ("post", "put") and ends_in_parameter(operation)
        return self.named(operation, {})[-1][1] if by_path else None

    def _parameters_of(self, collection: str) -> list[str]:
        """The parameters that name a document of the collection: an answer may tell its id by the same name."""
        named = (one.id for one in self._contract.actions.values() if one.collection == collection and one.id)
        return list(dict.fromkeys(named))

    def id_names(self, operation: Operation) -> list[str]:
        """The properties that may hold the id of what a create made."""
        action = self._contract.actions.get(operation.id)
        if action is not None:
            return [self._contract.resources[action.collection].id, *self._parameters_of(action.collection)]
        below = bare(operation.path) + "/{}"
        last = [one.path.rpartition("{")[2].rstrip("}") for one in self._contract.operations.values()
                if bare(one.path) == below]  # fmt: skip
        noun = operation.path.rstrip("/").rpartition("/")[2].removesuffix("s")
        return list(dict.fromkeys([*last, "id", "_id", "uuid", f"{noun}ID", f"{noun}Id", f"{noun}_id", "name", "key"]))
