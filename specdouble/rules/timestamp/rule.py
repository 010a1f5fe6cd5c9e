"""`x-timestamp`: the server's clock writes a property."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from specdouble.contract.kind import (
    ON_A_PROPERTY,
    Belied,
    Clues,
    Example,
    Found,
    Kind,
    Reading,
    Shown,
    mapping,
    suggestion,
)
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import plain
from specdouble.contract.rule import PropertyRule

EVENTS = ("created", "updated")
_NAMES = {
    "created": {"createdat", "created", "createdon", "creationdate", "datecreated", "createdate", "createddate"},
    "updated": {
        "updatedat", "updated", "updatedon", "modifiedat", "modified", "lastmodified", "dateupdated", "updateddate",
    },
}  # fmt: skip
_NARROWER = {"pattern", "minLength", "maxLength", "enum", "const"}


@dataclass(frozen=True, kw_only=True)
class Timestamp(PropertyRule):
    """The server's clock, at creation or at the last change.

    Args:
        event: `created` or `updated`.
    """

    kind = "timestamp"
    binds = True
    server_sets = True
    event: str

    def __str__(self) -> str:
        when = "it was created" if self.event == "created" else "it last changed"
        return f"{self.name} is the time at which {when}"


def _read(reading: Reading) -> Iterator[Timestamp]:
    for annotation in reading.on_properties("x-timestamp"):
        raw = annotation.raw
        event = raw.get("event") if isinstance(raw, dict) else raw
        if event is None:
            annotation.find_lacking("event", "`x-timestamp` names no event", suggestion("", EVENTS))
        elif event not in EVENTS:
            annotation.find(f"`x-timestamp` knows no event `{event}`", suggestion(str(event), EVENTS))
        else:
            annotation.find_unknown_keys(("event", "status"))
            yield Timestamp(event=event, **annotation.place)


def _guess(clues: Clues) -> Iterator[Timestamp]:
    """What is named like a time of creation or change, and is nothing that a client sends."""
    for name, schema in clues.resource.properties.items():
        plainly = schema.get("format") == "date-time" and _NARROWER.isdisjoint(schema)
        if plainly and (schema.get("readOnly") is True or name not in clues.sent):
            for event, names in _NAMES.items():
                if plain(name) in names:
                    yield Timestamp(event=event, **clues.place(name))


def named_like(name: str) -> str:
    """The event of whose time a property has the name; empty where it has none's."""
    return next((event for event, names in _NAMES.items() if plain(name) in names), "")


def _contradicted(example: Example) -> Iterator[Found]:
    """A document that was changed before it was created."""
    if example.sent:
        return
    stamps = {rule.event: rule.name for rule in example.resource.of(Timestamp)}
    for at, document in example.documents:
        created, updated = document.get(stamps.get("created", "")), document.get(stamps.get("updated", ""))
        if isinstance(created, str) and isinstance(updated, str) and updated < created:
            about = f"timestamp:{example.resource.collection}"
            reason = f"the example was updated before it was created, against {about}"
            yield at + pointer(stamps["updated"]), reason, "let the later time be the later one"


def _belied(shown: Shown) -> Iterator[Belied]:
    """A document that was changed before it was created."""
    stamps = {rule.event: rule for rule in shown.of(Timestamp)}
    if stamps.keys() < {*EVENTS}:
        return
    for at, document in shown.documents:
        created, updated = (_moment(document.get(stamps[event].name)) for event in EVENTS)
        if created and updated and updated < created:
            yield stamps["updated"], at + pointer(stamps["updated"].name), "before the document was created"


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


KIND = Kind(
    keyword="x-timestamp",
    place=ON_A_PROPERTY,
    written="`x-timestamp: created` or `updated`",
    means="the server's clock at creation; at the last change",
    refused="",
    read=_read,
    belied=_belied,
    shape={"anyOf": [{"enum": [*EVENTS]}, mapping({"event": {"enum": [*EVENTS]}}, "event")]},
    guess=_guess,
    contradicted=_contradicted,
)
