"""`x-immutable`: a property stays as it was created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract.kind import ON_A_PROPERTY, Kind, Reading, mapping
from specdouble.contract.rule import PropertyRule


@dataclass(frozen=True, kw_only=True)
class Immutable(PropertyRule):
    """Set at creation, then fixed."""

    kind = "immutable"
    refused_with = (409, 422, 400)
    binds = True
    final = True

    def __str__(self) -> str:
        return f"{self.name} stays as it was created"


def _read(reading: Reading) -> Iterator[Immutable]:
    for annotation in reading.on_properties("x-immutable"):
        raw = annotation.raw
        if raw is not True and not (isinstance(raw, dict) and raw.keys() <= {"status"}):
            reason = "`x-immutable` is neither true nor a mapping with `status`"
            annotation.find_lacking("status", reason, "write `x-immutable: true`")
            continue
        yield Immutable(**annotation.place)


KIND = Kind(
    keyword="x-immutable",
    place=ON_A_PROPERTY,
    written="`x-immutable: true`",
    means="set at creation, then fixed",
    refused="the first of 409, 422, 400",
    read=_read,
    shape={"anyOf": [{"type": "boolean"}, mapping({})]},
    alias="create-only",
)
