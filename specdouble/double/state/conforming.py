"""A body that has been held to its schema: where it is sent, it need not be held to it again."""

from __future__ import annotations

from dataclasses import dataclass

from specdouble.contract.json_type import JSON


@dataclass(frozen=True, slots=True)
class Conforming:
    """A body that conforms, from whoever has looked to whoever would look.

    Args:
        body: the body; nobody changes it from here on.
        slot: the slot of the schema that it conforms to.
    """

    body: JSON
    slot: str


def body_within(result: object) -> JSON:
    """The body of what an operation's function returns: a body, or a tuple that begins with one."""
    body = result[0] if isinstance(result, tuple) else result
    return body.body if isinstance(body, Conforming) else body
