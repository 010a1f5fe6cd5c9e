"""`readOnly`: the server sets a property."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.kind import Belied, Clues, Example, Found, Kind, Reading, Shown
from specdouble.contract.pointer import pointer
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class ReadOnly(PropertyRule):
    """The server sets it; a client's value has no effect."""

    kind = "readOnly"
    native = True
    binds = True
    server_sets = True

    def __str__(self) -> str:
        return f"{self.name} is set by the server alone"


def _read(reading: Reading) -> Iterator[ReadOnly]:
    for annotation in reading.on_properties("readOnly"):
        if annotation.raw is True:
            yield ReadOnly(**annotation.place)


def _guess(clues: Clues) -> Iterator[ReadOnly]:
    """What the schema of an inferred resource says itself, where a request that creates one does not take it."""
    for name, schema in clues.resource.properties.items():
        if schema.get("readOnly") is True and name not in clues.sent:
            yield ReadOnly(**clues.place(name))


def _contradicted(example: Example) -> Iterator[Found]:
    """A request that sends what the server sets."""
    if not example.sent:
        return
    for rule in example.resource.of(ReadOnly):
        for at, document in example.documents:
            if rule.name in document:
                reason = f"the example sends `{rule.name}`, which {rule.id} leaves to the server"
                yield at + pointer(rule.name), reason, "remove it from the example"


def _belied(shown: Shown) -> Iterator[Belied]:
    """A new document that shows the client's own text: no server would have come upon the same."""
    resource = shown.resource
    for rule in shown.of(ReadOnly) if shown.does == "create" and resource else ():
        value = shown.sent.get(rule.name)
        assert resource is not None
        is_known = rule.name in (resource.owner, resource.tenant) or "enum" in resource.properties.get(rule.name, {})
        for at, document in shown.documents if isinstance(value, str) and value and not is_known else ():
            if document.get(rule.name) == value:
                yield (
                    rule,
                    at + pointer(rule.name),
                    f"the client's {value!r} was taken, where the server sets the value",
                )


KIND = Kind(
    keyword="readOnly",
    place="a property",
    written="`readOnly: true` (OpenAPI's own)",
    means="the server sets it; a client's value has no effect",
    refused="never refused for it",
    read=_read,
    belied=_belied,
    guess=_guess,
    contradicted=_contradicted,
    shape={"type": "boolean"},
)
