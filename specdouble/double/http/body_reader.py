"""The body of a request, read and validated as its operation declares it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from typing import NamedTuple

from specdouble.contract import Contract, Media, Operation, RequestBody, Violation
from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import essence
from specdouble.double.http.declared import Keep, declared_part
from specdouble.double.http.field_value import elements, parameters
from specdouble.double.http.form import Fields, read_form, read_multipart
from specdouble.double.http.json_text import read_json
from specdouble.double.http.scalar import typed
from specdouble.double.http.sequence import read_sequence
from specdouble.double.http.xml import read_xml
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import storable

Decode = Callable[[bytes, bytes], JSON]
_KEPT = 64
_LARGE = 65_536  # of a larger body only the first violation is told
_LONG = 256  # a longer content type is read anew each time: what is kept stays small


class _Representation(NamedTuple):
    """One media type that is taken: how its bytes are decoded, and what of the value goes further."""

    media: Media
    decode: Decode
    keep: Keep | None
    parameters: Mapping[str, str]

    def likeness(self, sent: Mapping[str, str]) -> int:
        """How many parameters of the media type the request names too; -1 where it names another value of one."""
        if any(sent.get(name, value) != value for name, value in self.parameters.items() if name != "charset"):
            return -1
        return len(self.parameters.keys() & sent.keys())


class BodyReader:
    """Reads the bodies of one operation.

    Args:
        contract: the contract.
        operation: the operation.
        declared: its body.
    """

    def __init__(self, contract: Contract, operation: Operation, declared: RequestBody) -> None:
        self._schemas = contract.schemas
        self._required = declared.required
        self._taken: dict[str, list[_Representation]] = {}
        for media in declared.content.values():
            one = _Representation(
                media,
                _decoder(contract, media),
                declared_part(contract, operation, media),
                dict(parameters(media.type.split(";")[1:])),
            )
            self._taken.setdefault(essence(media.type), []).append(one)
        self._names = tuple(declared.content)
        self._refusal = {"Accept-Patch": ", ".join(self._names)} if operation.method == "patch" else {}  # RFC 5789, 3.1
        self._known: dict[bytes, _Representation] = {}

    def read(self, headers: Mapping[bytes, bytes], raw: bytes) -> JSON:
        """The value of a body; None where there is none.

        Args:
            headers: the request's header fields, names in lower case.
            raw: the bytes.

        Raises:
            Problem: 400, it is not what the contract declares; 415, its media type is none that is taken.
        """
        content_type = headers.get(b"content-type", b"")
        found = self._known.get(content_type) if raw else None
        if found is None:
            found = self._representation(content_type, raw)
            if found is None:
                return None
        media, decode, keep, _ = found
        value = decode(raw, content_type)
        if isinstance(value, bytes):
            return value  # a schema says nothing of raw bytes
        if media.slot is not None and not self._schemas.is_valid(media.slot, value):
            tell = self._schemas.violations if len(raw) <= _LARGE else self._schemas.first_violations
            violations = tell(media.slot, value, "body")
            raise Problem(400, "Invalid request body", violations=violations)
        return value if keep is None else keep(value)

    def _representation(self, content_type: bytes, raw: bytes) -> _Representation | None:
        """What the content type names (RFC 9110, 8.3); none where there is no body."""
        sent = content_type.decode("latin-1")
        if not raw and (not sent or not self._required):
            if self._required:
                violation = Violation("body", "", "is required")
                raise Problem(400, "Invalid request body", violations=[violation])
            return None
        media_type, *rest = elements(sent, ";")
        media_type = media_type.strip().lower()
        found = self._likest(media_type, dict(parameters(rest)))
        if found is None or not _is_utf8(rest):
            said = f"`{sent}`" if sent else "no content type"
            detail = f"the request has {said}; taken is {', '.join(self._names)}"
            raise Problem(415, "Unsupported Media Type", detail, headers=self._refusal)
        if len(self._known) < _KEPT and len(content_type) <= _LONG:
            self._known[content_type] = found
        return found

    def _likest(self, media_type: str, sent: Mapping[str, str]) -> _Representation | None:
        """The representation of a media type, of several the one with most of the parameters that were sent."""
        ranges = [media_type, media_type.partition("/")[0] + "/*"]
        if media_type:  # who says nothing of what was sent has not chosen anything
            ranges.append("*/*")
        known = next(filter(None, map(self._taken.get, ranges)), [])
        found = max(known, key=lambda one: one.likeness(sent), default=None)
        return None if found is None or found.likeness(sent) < 0 else found


def _decoder(contract: Contract, media: Media) -> Decode:
    """How the bytes of a media type become a value."""
    if "*" not in media.type:
        return _decoder_of(contract, media)
    made: dict[str, Decode] = {}

    def decode(raw: bytes, content_type: bytes) -> JSON:
        # The contract leaves it open; what was sent says what it is.
        sent = essence(content_type.decode("latin-1"))
        if sent not in made:
            if len(made) >= _KEPT:
                made.clear()
            made[sent] = _decoder_of(contract, replace(media, type=_said(contract, media, sent)))
        return made[sent](raw, content_type)

    return decode


def _said(contract: Contract, media: Media, sent: str) -> str:
    """The media type that a body of an open one is read as: an object in `text/plain` can only be JSON."""
    is_text = not sent or sent == "text/plain"
    return "application/json" if is_text and contract.is_structured(media.schema) else sent


def _decoder_of(contract: Contract, media: Media) -> Decode:
    if media.is_sequence:
        return lambda raw, _: read_sequence(raw, media.type, contract.reserved)
    if "json" in media.type:
        return lambda raw, _: read_json(raw, contract.reserved)
    if "xml" in media.type:
        structured = contract.is_structured(media.schema)
        return lambda raw, _: read_xml(contract, raw, media.schema) if structured else raw
    schema, fields = contract.resolve(media.schema), Fields.of(contract, media)
    kind = schema.get("type") if isinstance(schema, dict) else None
    # An empty form is an empty object where the schema says that it has fields.
    if media.type.startswith("application/x-www-form-urlencoded") and (kind == "object" or fields.properties):
        return lambda raw, _: read_form(raw, fields)
    # Where the schema calls the whole body a string, no fields are read out of it.
    if media.type.startswith("multipart/") and kind != "string":
        return lambda raw, content_type: read_multipart(raw, content_type, fields)
    if media.type.startswith(("text/", "application/x-www-form-urlencoded", "multipart/")):
        return lambda raw, _: _text(raw, schema, contract.reserved)
    return lambda raw, _: raw


def _text(raw: bytes, schema: JSON, reserved: Container[str]) -> JSON:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "Invalid request body", "the body is not UTF-8") from None
    return storable(typed(text, schema, reserved), reserved)


def _is_utf8(texts: list[str]) -> bool:
    """Whether the parameters of a content type name UTF-8, or no charset."""
    charset = dict(parameters(texts)).get("charset", "utf-8")
    return charset.lower() in ("utf-8", "utf8", "us-ascii")
