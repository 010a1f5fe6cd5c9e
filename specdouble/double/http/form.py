"""Reads forms: `application/x-www-form-urlencoded`, and `multipart/form-data` (RFC 7578)."""

from __future__ import annotations

import binascii
import logging
import quopri
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from specdouble.contract import Contract, Media, Violation
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.media_type import OCTETS, essence
from specdouble.double.http.field_value import elements, parameters
from specdouble.double.http.json_text import is_json, read_json
from specdouble.double.http.scalar import typed
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import DEEPEST, storable
from specdouble.double.state.upload import Upload

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

Properties = Mapping[str, Schema]
Inside = Callable[[Schema], Properties]

# It warns of every form that is none; whoever sent it is told.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Fields:
    """What a form may hold, and how it is written.

    Args:
        properties: the schema of each field that has one.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.
        inside: gives the properties of a field's schema, for fields written as `address[city]`.
        encoding: how each field is written, where the contract says so (OpenAPI's Encoding Object).
    """

    properties: Properties = field(default_factory=dict)
    reserved: Container[str] = ()
    inside: Inside = lambda _: {}
    encoding: Mapping[str, Schema] = field(default_factory=dict)

    @classmethod
    def of(cls, contract: Contract, media: Media) -> Fields:
        """The fields of a form that a contract declares."""
        encoding = {name: one for name, one in media.encoding.items() if isinstance(one, dict)}
        return cls(contract.fields(media.schema), contract.reserved, contract.fields, encoding)


def read_form(raw: bytes, fields: Fields) -> dict[str, JSON]:
    """The fields of an `application/x-www-form-urlencoded` body, each as its property's schema has it.

    Args:
        raw: the body.
        fields: what it may hold.

    Raises:
        Problem: 400, it is no form in UTF-8, or holds what no store can keep.
    """
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise _problem("is no form in UTF-8") from None
    return _Form(fields).value(pairs)


def read_multipart(raw: bytes, content_type: bytes, fields: Fields) -> dict[str, JSON]:
    """The parts of a `multipart/form-data` body by name; a file's bytes as text, one character each.

    Args:
        raw: the body.
        content_type: the `Content-Type` field, which names the boundary.
        fields: what it may hold.

    Raises:
        Problem: 400, it is none, a part has no name or is not what it says, or holds what no store can keep.
    """
    pairs: list[tuple[str, JSON]] = []
    files: set[str] = set()
    for part in _parts(raw, content_type):
        name, value = part.pair(fields.reserved)
        pairs.append((name, value))
        if part.is_file:
            files.add(name)
    return _Form(fields).value(pairs, files)


def read_uploads(raw: bytes, content_type: bytes) -> list[Upload]:
    """The files of a `multipart/form-data` body, as they were sent.

    Args:
        raw: the body.
        content_type: the `Content-Type` field, which names the boundary.

    Raises:
        Problem: 400, it is none.
    """
    return [part.upload() for part in _parts(raw, content_type) if part.is_file]


_Branch = dict[str, JSON]  # of a tree of fields: what stands inside by name, and the texts themselves
_TEXTS = "\0texts"  # no name of a field: what holds a NUL is refused
_Texts = list[tuple[list[str], JSON]]  # what one text holds: the names that lead to a member, and the text for it
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


class _Form:
    """Makes an object of form fields.

    A field that stands several times, or whose schema is an array, becomes a list. A field of an object or array may
    be written in parts: `address[city]=Oslo`, `tags[]=a`, `items[0][price]=1` (`style: deepObject`, and what forms do).

    Args:
        fields: what the form may hold.
    """

    def __init__(self, fields: Fields) -> None:
        self._properties = fields.properties
        self._reserved = fields.reserved
        self._inside = fields.inside
        self._encoding = fields.encoding
        self._holder = dict(self._exploded())

    def _exploded(self) -> Iterator[tuple[str, str]]:
        """Members of objects that stand as fields of their own (`style: form`, `explode: true`), and the objects."""
        for name, encoding in self._encoding.items():
            if encoding.get("style") != "form" or encoding.get("explode", True) is not True:
                continue
            for member in self._inside(self._properties.get(name, {})):
                if member not in self._properties:
                    yield member, name

    def value(self, pairs: Iterable[tuple[str, JSON]], files: Container[str] = ()) -> dict[str, JSON]:
        """The object.

        Args:
            pairs: the names and what stands under them.
            files: the names of files: their bytes may be any.

        Raises:
            Problem: 400, it holds what no store can keep.
        """
        whole: dict[str, JSON] = {}
        to_be_kept: dict[str, JSON] = {}
        for name, branch in self._tree(pairs).items():
            value = whole[name] = self._typed(branch, self._properties.get(name, {}))
            if name not in files:
                to_be_kept[name] = value
        storable(to_be_kept, self._reserved)
        return whole

    def _tree(self, pairs: Iterable[tuple[str, JSON]]) -> _Branch:
        """The fields by the steps of their names: `address[city]` is below `address`."""
        tree: _Branch = {}
        for name, text in pairs:
            path = [self._holder[name], name] if name in self._holder else self._path(name)
            is_encoded = len(path) == 1 and bool(self._encoding)
            for inner, part in self._parted(path[0], text) if is_encoded else [([], text)]:
                branch = tree
                for step in [*path, *inner]:
                    branch = branch.setdefault(step, {})
                branch.setdefault(_TEXTS, []).append(part)
        return tree

    def _parted(self, name: str, text: JSON) -> _Texts:
        """The texts that one text holds, each with the name of the member that it is for: `a,b`, or `R,100,G,200`."""
        encoding, schema = self._encoding.get(name, {}), self._properties.get(name, {})
        if not isinstance(text, str) or not encoding:
            return [([], text)]
        if "json" in str(encoding.get("contentType", "")) and is_json(text):
            value = read_json(text.encode(), self._reserved)
            # An array in one field is the same as its items in several.
            is_whole = isinstance(value, list) and _items(schema) is not None
            return [([], one) for one in (value if is_whole else [value])]
        style = str(encoding.get("style", "form"))
        is_exploded = encoding.get("explode", style == "form") is True
        if is_exploded or style == "deepObject":
            return [([], text)]
        parts = text.split(_SEPARATORS.get(style, ",")) if text else []
        if _items(schema) is not None:
            return [([], part) for part in parts]
        if schema.get("type") == "object" and len(parts) % 2 == 0:
            return [([key], value) for key, value in zip(parts[::2], parts[1::2], strict=True)]
        return [([], text)]

    def _path(self, name: str) -> list[str]:
        """The way that a field's name tells: that of its parts, where its head is a declared object or array."""
        head, bracket, rest = name.partition("[")
        is_nested = bool(bracket) and rest[-1:] == "]" and head in self._properties
        if not is_nested or name in self._properties:
            return [name]
        parts = rest[:-1].split("][")
        # A name of a few kilobytes would nest deeper than the stack is.
        if len(parts) >= DEEPEST:
            raise _problem(f"nests fields deeper than {DEEPEST} levels")
        return [head, *parts]

    def _typed(self, branch: _Branch, schema: JSON) -> JSON:
        """The value of what stands under a name."""
        schema = schema if isinstance(schema, Mapping) else {}
        items = _items(schema)
        if branch.keys() == {_TEXTS}:
            texts = branch[_TEXTS]
            if items is not None:
                return [self._read(one, items) for one in texts]
            return self._read(texts[-1], schema)  # of several, the last one counts
        inner = {name: part for name, part in branch.items() if name != _TEXTS}
        if items is None:
            properties = self._inside(schema)
            return {name: self._typed(part, properties.get(name, {})) for name, part in inner.items()}
        elements: list[JSON] = []
        for part in inner.values():
            elements += self._elements(part, items)
        return elements

    def _elements(self, part: _Branch, items: JSON) -> list[JSON]:
        """The elements that one index stands for; `tags[]` may stand several times."""
        if part.keys() == {_TEXTS}:
            return [self._read(one, items) for one in part[_TEXTS]]
        return [self._typed(part, items)]

    def _read(self, text: JSON, schema: JSON) -> JSON:
        """The value of one text, which may be JSON where an object is wanted (OpenAPI 3.1, 4.8.14.4)."""
        value = typed(text, schema, self._reserved)
        if not isinstance(value, str) or value[:1] != "{" or not isinstance(schema, Mapping):
            return value
        is_written = bool(self._inside(schema)) and is_json(value)
        return read_json(value.encode("utf-8"), self._reserved) if is_written else value


def _items(schema: Schema) -> JSON:
    """The schema of an array's items, also of one among alternatives; None where the schema is no array's."""
    for one in (schema, *(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())):
        if isinstance(one, Mapping) and one.get("type") == "array":
            return one.get("items") or {}
    return None


@dataclass(slots=True)
class _Part:
    """One part of a multipart body."""

    headers: dict[str, str] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)

    @property
    def is_file(self) -> bool:
        """Whether it brings a file; else it is a plain field."""
        return bool(self._disposition.get("filename"))

    def pair(self, reserved: Container[str]) -> tuple[str, JSON]:
        """The name of the part, and its value."""
        name = self._disposition.get("name")
        if name is None:
            raise _problem("has a part without a name")
        content = self._decoded(name)
        media_type = essence(self.headers.get("content-type", ""))
        if "json" in media_type:
            return name, read_json(content, reserved)
        # A file's bytes stay what they are: a character each.
        return name, content.decode("latin-1" if self.is_file else "utf-8", "replace")

    def upload(self) -> Upload:
        """The file that the part brings."""
        disposition = self._disposition
        name = disposition.get("name", "")
        media_type = self.headers.get("content-type", "") or OCTETS
        return Upload(name, disposition.get("filename", ""), media_type, self._decoded(name))

    @property
    def _disposition(self) -> dict[str, str]:
        """The parameters of its `Content-Disposition` (RFC 7578, 4.2)."""
        return dict(parameters(elements(self.headers.get("content-disposition", ""), ";")[1:]))

    def _decoded(self, name: str) -> bytes:
        """The content, without its transfer encoding: deprecated (RFC 7578, 4.7), and still sent."""
        content = b"".join(self.chunks)
        encoding = self.headers.get("content-transfer-encoding", "").strip().lower()
        if encoding == "quoted-printable":
            return quopri.decodestring(content)
        if encoding == "base64":
            try:
                return binascii.a2b_base64(content)
            except binascii.Error as error:
                raise _problem(f"has a part `{name}` that is not base64: {error}") from None
        return content


class _Reading:
    """What the parser tells of a body, gathered to its parts."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.ended = False
        self._name = b""
        self._value = b""

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": lambda: self.parts.append(_Part()),
            "on_part_data": self.on_part_data,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_end": self.on_end,
        }

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].chunks.append(data[start:end])

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        # Browsers write the names of fields in UTF-8 (RFC 7578, 5.1).
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._name = self._value = b""

    def on_end(self) -> None:
        self.ended = True


def _parts(raw: bytes, content_type: bytes) -> list[_Part]:
    # `latin-1` takes all bytes as they are: what is wrong with them, the parser says.
    boundary = dict(parameters(elements(content_type.decode("latin-1"), ";")[1:])).get("boundary")
    if not boundary:
        raise _problem("has no parts: does the content type name the boundary?")
    reading = _Reading()
    try:
        MultipartParser(boundary.encode("latin-1"), reading.callbacks()).write(raw)
    except FormParserError as error:
        raise _problem(f"is no multipart body: {error}") from None
    if not reading.ended:  # the parser itself takes a body that just stops
        raise _problem("has no parts, or is cut off: it does not end with its boundary")
    return reading.parts


def _problem(message: str) -> Problem:
    return Problem(400, "Invalid request body", violations=[Violation("body", "", message)])
