"""What the body of an operation may be tried with: values for each of its properties, the likeliest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import PropertyRule
from specdouble.verify.body_texts import texts_of
from specdouble.verify.creation import ends_in_parameter
from specdouble.verify.examples import of_schema, quoted, usual
from specdouble.verify.identity import User
from specdouble.verify.shared import Shared
from specdouble.verify.values import kind, merged, plausible
from specdouble.verify.wrapper import properties_sent


class Candidates:
    """The values for one operation, as one user may send them.

    Args:
        session: the server.
        operation: the operation.
        user: who asks.
    """

    def __init__(self, session: Shared, operation: Operation, user: User) -> None:
        self.session, self.operation, self.user = session, operation, user
        sent = properties_sent(session.contract, operation)
        self.schemas = {name: one for name, one in sent.items() if one.get("readOnly") is not True}
        subject = session.written(operation)
        rules = subject.resource.of(PropertyRule) if subject is not None else []
        self.naming = {rule.name for rule in rules if rule.refers_to}

    def usual(self, name: str) -> Any:
        """A value that a property may have; of one that names another document, the id of one that is there."""
        target = self.session.named_in(self.session.written(self.operation), name)
        key = self.session.referents.or_none(target, self.user) if target is not None else None
        if key is not None:
            return key
        made = plausible(self.schemas[name], self.session.contract.resolve, self.session.fresh.word(), name=name)
        return self.session.bodies.embedding(self.schemas[name], made, self.user)

    def as_shown(self, body: Any) -> Iterator[dict[str, Any]]:
        """The body with the examples of its properties: a refusal may name none of them."""
        if not self.schemas:
            return
        resolve = self.session.contract.resolve
        # What names another document has the id of one that is there, and no example's.
        own = [name for name in body if name in self.schemas and name not in self.naming]
        examples = {name: next(of_schema(self.schemas[name], resolve), None) for name in own}
        known = {name: value for name, value in examples.items() if value is not None and self.fits(name, value)}
        if any(body[name] != value for name, value in known.items()):
            yield {**body, **known}

    def values(self, name: str, refusal: str) -> Iterator[Any]:
        """Values for a property, the likeliest first."""
        schema, resolve = self.schemas[name], self.session.contract.resolve
        yield self.usual(name)
        yield from of_schema(schema, resolve)
        for entry in self.neighbours():
            if isinstance(entry, dict) and entry.get(name) is not None:
                yield entry[name]
        if kind(merged(schema, resolve)) == "string":
            yield from quoted(_said(refusal))
        yield from usual(schema, resolve, self.compact())

    def neighbours(self) -> list[Any]:
        """Documents like the one that is made, as a list shows them."""
        ledger = self.session.ledger
        named = ledger.kinds.named(self.operation, {})
        wanted = named[-1][1] if ends_in_parameter(self.operation) else ledger.kinds.of_children(self.operation)
        found: list[Any] = self.session.parameters.existing(wanted, self.user)
        return found

    def compact(self) -> str:
        """A text without spaces that no document holds."""
        word: str = self.session.fresh.value({"type": "string"}, compact=True)
        return word

    def fresh(self, name: str, value: object) -> Any:
        """A text that no document holds, as like the other as may be; what names another document stays."""
        if not isinstance(value, str) or not self._is_text(name):
            return value
        if self.session.fresh.is_word(value):
            return self.session.fresh.again(value)
        code = self.session.fresh.code_like(value)
        if code is not None and self.fits(name, code):
            return code
        if self.is_patterned(name, value):
            return self.session.fresh.value(self.schemas[name])
        found = _alike(value, self.compact())
        return found if self.fits(name, found) else value

    def _is_text(self, name: str) -> bool:
        """Whether the property holds a text that a client is free to choose."""
        if name not in self.schemas or name in self.naming:
            return False
        return not merged(self.schemas[name], self.session.contract.resolve).get("enum")

    def fits(self, name: str, value: object) -> bool:
        """Whether the property may have the value."""
        fits: bool = self.session.bodies.property_fits(self.schemas[name], value)
        return fits

    def is_patterned(self, name: str, value: object) -> bool:
        """Whether a text is one that a pattern asks for, and has no word or code of this run in it."""
        if not isinstance(value, str) or name not in self.schemas or name in self.naming:
            return False
        schema = merged(self.schemas[name], self.session.contract.resolve)
        fixed = {"enum", "const"} & schema.keys()
        return "pattern" in schema and not fixed and not self.session.fresh.is_own(value)


def _alike(text: str, word: str) -> str:
    """A text with the word in it that has the form of another: of a path, of an address, of a name of a host."""
    if "@" in text:
        return f"{word}@{text.rpartition('@')[2]}"
    if "/" in text:
        return f"{text}/{word}"
    return f"{word}.{text}" if "." in text else word


def _said(refusal: str) -> str:
    """What a refusal says, without the names of its own members: `error` is none of the values that it asks for."""
    try:
        return "\n".join(text for _, text in texts_of(json.loads(refusal)))
    except ValueError:
        return refusal
