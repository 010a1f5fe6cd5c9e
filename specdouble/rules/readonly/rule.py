"""`readOnly`: the server sets a property."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.kind import Clues, Example, Found, Kind, Reading
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


KIND = Kind(
    keyword="readOnly",
    place="a property",
    written="`readOnly: true` (OpenAPI's own)",
    means="the server sets it; a client's value has no effect",
    refused="never refused for it",
    read=_read,
    guess=_guess,
    contradicted=_contradicted,
    shape={"type": "boolean"},
)
