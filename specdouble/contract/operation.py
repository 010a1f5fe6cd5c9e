"""The operations of a contract: what may be asked, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from specdouble.contract.digits import number_of
from specdouble.contract.document import Document
from specdouble.contract.listed import BY_NAMES, Listed
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import types_of
from specdouble.contract.schema import Schemas
from specdouble.contract.servers import base_path
from specdouble.contract.translation import Direction

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_SAFE = ("get", "head", "options", "trace", "query")  # RFC 9110, 9.2.1; QUERY's own draft
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # what methods and names of header fields are made of (RFC 9110)
# Whether archived ones are included says no more of which documents are shown than which properties are.
_SHAPING = re.compile(
    r"\b(whether|if|should)\b.{0,80}\b(includ|expand|embed|omit|hid)|^\W*(include|expand|embed|omit|hide)s?\b",
    re.IGNORECASE | re.DOTALL,
)
_CLASS = re.compile(r"([1-5])[0-9]X", re.IGNORECASE)  # `20X` is no status, and means the class of it
_SHORT = {"json": "application/json", "xml": "application/xml", "html": "text/html", "text": "text/plain"}
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True, slots=True)
class Media:
    """One representation of a body.

    Args:
        type: the media type or range, as the contract writes it.
        schema: its schema as it stands in the document; None where it has none.
        slot: the schema's place in the contract's validator.
        examples: the values of its examples by name; a single `example` is named `example`.
        pointer: where it stands in the document.
        encoding: how each property of a form is written (OpenAPI's Encoding Object).
        is_sequence: whether it is values one after another; the schema is that of an array of them.
    """

    type: str
    schema: Any
    slot: str | None
    examples: Mapping[str, Any]
    pointer: str
    encoding: Mapping[str, Any] = field(default_factory=dict)
    is_sequence: bool = False

    @property
    def is_json(self) -> bool:
        """Whether it carries JSON: its type says so, or leaves open what it carries."""
        return "json" in self.type or self.type in ("*/*", "application/*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter outside of the body; `location` is OpenAPI's `in`."""

    name: str
    location: str
    required: bool
    schema: Any
    slot: str | None
    style: str
    explode: bool
    media_type: str | None
    pointer: str
    description: str = ""

    @property
    def shapes_answer(self) -> bool:
        """Whether it is a flag that says what is shown (`whether to include the links`): then it is no filter."""
        return types_of(self.schema) == {"boolean"} and _SHAPING.search(self.description) is not None


FORM = "application/x-www-form-urlencoded"
JSON_PATCH = "application/json-patch+json"  # its values are operations on a document (RFC 6902), not a document


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The body that an operation takes."""

    required: bool
    content: Mapping[str, Media]


@dataclass(frozen=True, slots=True)
class Header:
    """A header field of a response.

    Args:
        name: its name.
        required: whether each answer has it.
        schema: the schema of its value; None where it has none.
        slot: the schema's place in the contract's validator.
        example: its example, or the first of several; None where it has none.
        media_type: in which the value is written; None for plain text.
        description: what the contract says of it.
    """

    name: str
    required: bool
    schema: Any
    slot: str | None
    example: Any = None
    media_type: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What an operation answers with one status (`404`), a class of them (`4XX`) or any other (`default`)."""

    status: str
    description: str
    content: Mapping[str, Media]
    headers: Mapping[str, Header]

    def media(self, media_type: str | None = None) -> Media | None:
        """The representation that is sent: that of the media type or a range around it, else JSON, if there is one."""
        if media_type is not None:
            ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
            found = next((self.content[one] for one in ranges if one in self.content), None)
            if found is not None:
                return found
        medias = list(self.content.values())
        return next((media for media in medias if "json" in media.type), next(iter(medias), None))


@dataclass(frozen=True)
class Operation:
    """One method on one path.

    Args:
        id: its operationId; `get /path` where the contract gives none.
        method: in lower case.
        path: the path template, base path included.
        security: the alternatives, each naming schemes that must all be satisfied; empty where none is asked for.
        pointer: where it stands in the document.
        extensions: its `x-` fields.
        scopes: what each of those schemes is asked for, alternative by alternative.
        idempotency_key: the header field that tells a repeated request from a new one, where a rule names it.
        listed: what the parameters of a list do, where a rule says it.
    """

    id: str
    method: str
    path: str
    tags: tuple[str, ...]
    summary: str
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: Mapping[str, Response]
    security: tuple[tuple[str, ...], ...]
    pointer: str
    extensions: Mapping[str, Any] = field(default_factory=dict)
    scopes: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    idempotency_key: str = ""
    listed: Listed = BY_NAMES

    @property
    def is_public(self) -> bool:
        """Whether everybody may ask for it: no credentials are asked for, or are one of several ways (`{}`)."""
        return not self.security or () in self.security

    @property
    def is_safe(self) -> bool:
        """Whether its method is one by which clients change nothing."""
        return self.method in _SAFE

    @cached_property  # asked for with every collection that a handler opens
    def statuses(self) -> frozenset[str]:
        """The statuses that are declared, as the contract writes them."""
        return frozenset(self.responses)

    @cached_property
    def json_body(self) -> Media | None:
        """The JSON document that the operation takes, the plainest of several; a JSON Patch is none."""
        content = self.body.content.values() if self.body else ()
        documents = [one for one in content if one.is_json and not one.type.startswith(JSON_PATCH)]
        plainest_first = sorted(documents, key=lambda media: not media.type.startswith("application/json"))
        return next(iter(plainest_first), None)

    @cached_property
    def document_body(self) -> Media | None:
        """The body that a document is sent in: JSON, else a form."""
        forms = (one for one in (self.body.content.values() if self.body else ()) if one.type.startswith(FORM))
        return self.json_body or next(forms, None)

    @cached_property  # asked for with every answer
    def success(self) -> int:
        """The lowest 2xx that is declared; the lowest 3xx where nothing but redirections succeeds; else 200."""
        succeeding = [number for number in self.numbers if 200 <= number < 300]
        if not succeeding and self.response(200) is None:
            succeeding = [number for number in self.numbers if 300 <= number < 400]
        return min(succeeding, default=200)

    @property
    def numbers(self) -> list[int]:
        """The statuses that are declared one by one, in order."""
        told = map(number_of, self.responses)
        return sorted(number for number in told if number is not None)

    def response(self, status: int) -> Response | None:
        """What the contract declares for the status: itself, its class, or the default."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.responses:
                return self.responses[key]
        return None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def read_operations(document: Document, schemas: Schemas, reader: type[Reader]) -> list[Operation]:
    """Every operation of the document, by the reader of its version; what is wrong with one becomes a finding."""
    base = base_path(document.data)
    operations = []
    for path, item in (document.data.get("paths") or {}).items():
        at = pointer("paths", path)
        item, at = _follow(document, item, at)
        if not isinstance(item, dict):
            continue
        whole = base + path
        # Lint names a path without its slash; no request could reach it.
        whole = whole if whole[:1] == "/" else f"/{whole}"
        for method, raw, place in _methods(document, item, at):
            operations.append(reader(document, schemas, item, at, method, raw, place).operation(whole))
    return _with_ids_of_their_own(document, operations)


def _methods(document: Document, item: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The methods of a path: the name in lower case, the operation, its pointer."""
    for method in METHODS:
        if isinstance(item.get(method), dict):
            yield method, item[method], at + pointer(method)
    others = item.get("additionalOperations")  # from OpenAPI 3.2 on: methods by their own names
    for name, raw in others.items() if isinstance(others, dict) else ():
        place = at + pointer("additionalOperations", name)
        if not isinstance(raw, dict) or not TOKEN.fullmatch(name):
            document.find(
                place, f"`{name}` is no name of a method", "write a method as RFC 9110 has them", id="structure"
            )
        elif name.lower() in METHODS:
            remedy = f"write it as `{name.lower()}` in the path item"
            document.find(place, f"`{name}` is a method that OpenAPI has a field for", remedy, id="structure")
            if not isinstance(item.get(name.lower()), dict):
                yield name.lower(), raw, place
        else:
            yield name.lower(), raw, place


def _with_ids_of_their_own(document: Document, operations: list[Operation]) -> list[Operation]:
    """The operations, each with an id that no other has: a twin is known by its method and path."""
    known: dict[str, Operation] = {}
    for operation in operations:
        twin = known.get(operation.id)
        if twin is not None:
            reason = f"the operationId `{operation.id}` is that of {twin} already"
            remedy = "give each operation its own: handlers and links name operations by it"
            document.find(operation.pointer + "/operationId", reason, remedy, id="operation-id")
            operation = replace(operation, id=f"{operation.method} {operation.path}")
        known[operation.id] = operation
    return list(known.values())


def is_ignored(raw: dict[str, Any]) -> bool:
    """Whether a header is told elsewhere, and its definition ignored (OpenAPI 3.0.3, Parameter Object)."""
    return raw["in"] == "header" and str(raw["name"]).lower() in ("accept", "content-type", "authorization")


def _follow(document: Document, value: object, at: str) -> tuple[Any, str]:
    try:
        return document.follow(value, at)
    except LookupError:
        return None, at  # a finding already


def examples_of(document: Document, holder: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the examples that stand at a parameter or a body, by name; a single one is named `example`."""
    found = {"example": holder["example"]} if "example" in holder else {}
    named = holder.get("examples")
    for name, raw in named.items() if isinstance(named, dict) else ():
        example, _ = _follow(document, raw, "")
        if isinstance(example, dict) and "value" in example:
            found[name] = example["value"]
    return found


def _asked(parameter: Parameter, path: str) -> Parameter:
    """The parameter where it is asked for: of `/rides?page={page}`, in the query, whatever it says itself."""
    asks = parameter.location == "path" and "{" + parameter.name + "}" in path.partition("?")[2]
    return replace(parameter, location="query", style="form", explode=True) if asks else parameter


class Reader:
    """Reads one operation."""

    def __init__(
        self,
        document: Document,
        schemas: Schemas,
        item: dict[str, Any],
        item_at: str,
        method: str,
        raw: dict[str, Any],
        at: str,
    ) -> None:
        self.document, self.schemas, self.method = document, schemas, method
        self.item, self.item_at = item, item_at
        self.raw, self.at = raw, at

    def follow(self, value: object, at: str) -> tuple[Any, str]:
        """What the value refers to and where that stands; None where the reference leads nowhere."""
        return _follow(self.document, value, at)

    def operation(self, path: str) -> Operation:
        raw, requirements = self.raw, self.requirements()
        return Operation(
            id=str(raw.get("operationId") or f"{self.method} {path}"),
            method=self.method,
            path=path,
            tags=tuple(str(tag) for tag in raw.get("tags") or ()),
            summary=str(raw.get("summary") or ""),
            parameters=tuple(_asked(one, path) for one in self.parameters()),
            body=self.body(),
            responses=dict(self.responses()) or {"default": Response("default", "", {}, {})},
            security=tuple(map(tuple, requirements)),
            scopes=tuple({scheme: _texts(asked) for scheme, asked in one.items()} for one in requirements),
            pointer=self.at,
            extensions={key: value for key, value in raw.items() if key.startswith("x-")},
        )

    def parameters(self) -> Iterator[Parameter]:
        """Those of the path item, overridden by the operation's own."""
        found: dict[tuple[str, str], Parameter] = {}
        for holder, at in ((self.item, self.item_at), (self.raw, self.at)):
            for index, raw in enumerate(holder.get("parameters") or ()):
                raw, place = _follow(self.document, raw, at + pointer("parameters", index))
                if isinstance(raw, dict) and {"name", "in"} <= raw.keys() and not is_ignored(raw):
                    parameter = self.parameter(raw, place)
                    found[parameter.name, parameter.location] = parameter
        yield from found.values()

    def parameter(self, raw: dict[str, Any], at: str) -> Parameter:
        location = str(raw["in"])
        style = str(raw.get("style") or _STYLES.get(location, "simple"))
        schema, media_type = raw.get("schema"), None
        if isinstance(raw.get("content"), dict) and raw["content"]:
            media_type, media = next(iter(raw["content"].items()))
            schema = media.get("schema") if isinstance(media, dict) else None
        return Parameter(
            name=str(raw["name"]),
            location=location,
            required=raw.get("required") is True or location == "path",
            schema=schema,
            slot=None if schema is None else self.schemas.slot(schema, "request"),
            style=style,
            explode=bool(raw.get("explode", style in {"form", "cookie"})),
            media_type=media_type,
            pointer=at,
            description=str(raw.get("description") or ""),
        )

    def body(self) -> RequestBody | None:
        raw, at = _follow(self.document, self.raw.get("requestBody"), self.at + pointer("requestBody"))
        if not isinstance(raw, dict):
            return None
        return RequestBody(raw.get("required") is True, self.content(raw, at, "request"))

    def responses(self) -> Iterator[tuple[str, Response]]:
        for status, raw in (self.raw.get("responses") or {}).items():
            if str(status).startswith("x-"):
                continue
            raw, at = _follow(self.document, raw, self.at + pointer("responses", status))
            if isinstance(raw, dict):
                headers = {header.name: header for header in self.headers(raw, at)}
                content = self.content(raw, at, "response")
                status = _CLASS.sub(r"\1XX", str(status))
                yield status, Response(status, str(raw.get("description") or ""), content, headers)

    def headers(self, raw: dict[str, Any], at: str) -> Iterator[Header]:
        """The header fields of a response."""
        declared = raw.get("headers")
        for name, header in declared.items() if isinstance(declared, dict) else ():
            header, _ = self.follow(header, at + pointer("headers", name))
            if isinstance(header, dict):
                yield self.header(str(name), header)

    def header(self, name: str, raw: dict[str, Any]) -> Header:
        schema, media_type = raw.get("schema"), None
        if isinstance(raw.get("content"), dict) and raw["content"]:
            media_type, media = next(iter(raw["content"].items()))
            schema = media.get("schema") if isinstance(media, dict) else None
        slot = None if schema is None else self.schemas.slot(schema, "response")
        example = next(iter(examples_of(self.document, raw).values()), None)
        said = str(raw.get("description") or "")
        return Header(name, raw.get("required") is True, schema, slot, example, media_type, said)

    def content(self, raw: dict[str, Any], at: str, direction: Direction) -> dict[str, Media]:
        declared = {name: media for name, media in (raw.get("content") or {}).items() if isinstance(media, dict)}
        found = {}
        for media_type in raw.get("content") or ():
            media = declared.get(media_type, {})
            schema = media.get("schema")
            is_sequence = schema is None and isinstance(media.get("itemSchema"), dict)
            if is_sequence:
                schema = {"type": "array", "items": media["itemSchema"]}
            elif schema is None and "json" in media_type:
                schema = _of_any(declared)
            slot = None if schema is None else self.schemas.slot(schema, direction)
            place = at + pointer("content", media_type)
            encodings = media.get("encoding")
            encoding = encodings if isinstance(encodings, dict) else {}
            examples = examples_of(self.document, media)
            kind = media_type_of(media_type)
            found[kind] = Media(kind, schema, slot, examples, place, encoding, is_sequence)
        return found

    def requirements(self) -> list[dict[str, Any]]:
        """The security requirements, each an alternative."""
        required = self.raw.get("security", self.document.data.get("security"))
        return [one for one in required if isinstance(one, dict)] if isinstance(required, list) else []


def media_type_of(name: str) -> str:
    """The media type that a contract means: some write `json`."""
    return _SHORT.get(name.lower(), name)


def _of_any(medias: dict[str, dict[str, Any]]) -> Any:
    """The schema of what comes as any type: converters of older contracts leave JSON the example, and no schema."""
    return next((medias[one].get("schema") for one in ("*/*", "application/*") if one in medias), None)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
