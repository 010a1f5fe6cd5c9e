"""A contract from recorded exchanges, and the documents that they have shown."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

import inflection

from specdouble.contract.json_type import JSON
from specdouble.double.state.masking import names_credential
from specdouble.project.exchange import NOTHING, Exchange
from specdouble.project.json_server import Documents, inferred, schema_name

# A segment that looks as no word of a path does: a number, a UUID, hexadecimal digits, a long code with digits in it.
_ID = re.compile(
    r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}|(?=[0-9a-f]*\d)[0-9a-f]{12,}|(?=[\w-]*\d)[\w-]{16,}|[^@/]+@[^@/]+", re.IGNORECASE
)
_VERSION = re.compile(r"v\d+", re.IGNORECASE)
_ENVELOPES = ("data", "result", "item", "items", "results")


class Recorded:
    """What exchanges tell of an API.

    Args:
        title: what the API is called.
        exchanges: in the order in which they were made.
    """

    def __init__(self, title: str, exchanges: Sequence[Exchange]) -> None:
        self._title = title
        self._exchanges: dict[str, dict[str, list[Exchange]]] = defaultdict(lambda: defaultdict(list))
        self._shown: dict[str, list[dict[str, Any]]] = defaultdict(list)  # by the collection's path
        self._base = next((one.base for one in exchanges if one.base), "")
        known = _listed(exchanges)
        for one in exchanges:
            template = _template(one.path, known)
            self._exchanges[template][one.method].append(one)
            if one.status < HTTPStatus.BAD_REQUEST and one.method != "delete":
                self._shown[_collection_of(template)] += _documents_in(one.answered)

    def contract(self) -> dict[str, JSON]:
        """An OpenAPI contract that allows all that was seen, and demands nothing but types."""
        schemas = {schema_name(_last(path)): self._schema(path) for path in self._shown if self._is_collection(path)}
        paths: dict[str, JSON] = {}
        for template, methods in self._exchanges.items():
            item: dict[str, JSON] = {}
            names = re.findall(r"\{([^{}]+)\}", template)
            if names:
                item["parameters"] = [self._parameter(template, name) for name in names]
            for method, exchanges in methods.items():
                item[method] = self._operation(template, method, exchanges)
            paths[template] = item
        servers: dict[str, JSON] = {"servers": [{"url": self._base}]} if self._base else {}
        return {
            "openapi": "3.1.0",
            "info": {"title": inflection.titleize(self._title), "version": "1.0.0"},
            **servers,
            "paths": paths,
            "components": {"schemas": schemas},
        }

    def documents(self) -> Documents:
        """The documents of each collection at the top, the last that was seen of each."""
        found: Documents = {}
        for path in self._shown:
            key = self._id(path)
            if not self._is_collection(path) or key is None or "{" in path:
                continue
            latest = {str(one[key]): _without_secrets(one) for one in self._shown[path] if key in one}
            found[_collection_name(path)] = list(latest.values())
        return found

    def _is_collection(self, path: str) -> bool:
        """Whether documents stand below the path."""
        return bool(self._shown[path]) and any(_collection_of(one) == path and one != path for one in self._exchanges)

    def _id(self, path: str) -> str | None:
        """The property that the last segment of a document's path holds."""
        shown = self._shown[path]
        usual = ("id", "_id", "uuid", f"{inflection.singularize(_last(path))}Id", "key", "slug", "name")
        return next((name for name in usual if all(_is_key(one.get(name)) for one in shown)), None)

    def _ids(self, path: str) -> list[JSON]:
        """The ids of the documents that were seen below a path."""
        key = self._id(path)
        return [one.get(key) for one in self._shown[path]] if key and self._is_collection(path) else []

    def _schema(self, path: str) -> dict[str, Any]:
        schema = inferred([_without_secrets(one) for one in self._shown[path]])
        key = self._id(path)
        if key is None or "{" in path:
            return schema
        return {"x-resource": {"collection": _collection_name(path), "id": key}, **schema}

    def _parameter(self, template: str, name: str) -> JSON:
        segments = template.split("/")
        position = next(at for at, one in enumerate(segments) if f"{{{name}}}" in one)
        seen = [one.path.split("/")[position] for methods in self._exchanges[template].values() for one in methods]
        told = [value for value in seen if value[:1] != "{"]
        known = [] if told else self._ids("/".join(segments[:position]))
        is_number = all(value.isdecimal() for value in told) if told else bool(known) and all(map(_is_number, known))
        return {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if is_number else "string"}}

    def _operation(self, template: str, method: str, exchanges: list[Exchange]) -> dict[str, JSON]:
        summary = next((one.summary for one in exchanges if one.summary), "")
        tag = next((one for one in template.split("/") if one and "{" not in one and not _VERSION.fullmatch(one)), "")
        operation: dict[str, JSON] = {"operationId": _operation_id(method, template)}
        if summary:
            operation["summary"] = summary
        if tag:
            operation["tags"] = [tag]
        parameters = _query(exchanges)
        if parameters:
            operation["parameters"] = parameters
        sent = [one.sent for one in exchanges if one.sent is not NOTHING]
        if sent:
            is_always = len(sent) == len(exchanges)
            operation["requestBody"] = {"required": is_always, **_json(inferred(sent))}
        by_status: dict[int, list[Exchange]] = defaultdict(list)
        for one in exchanges:
            by_status[one.status].append(one)
        responses = {str(one): self._response(template, one, by_status[one]) for one in sorted(by_status)}
        if sent or parameters:
            responses.setdefault("400", {"description": "Bad Request"})
        if "{" in template:
            responses.setdefault("404", {"description": "Not Found"})
        operation["responses"] = responses
        return operation

    def _response(self, template: str, status: int, exchanges: list[Exchange]) -> dict[str, JSON]:
        answered = [one.answered for one in exchanges if one.answered is not NOTHING]
        description = HTTPStatus(status).phrase if status in [*HTTPStatus] else str(status)
        path = _collection_of(template)
        reference = f"#/components/schemas/{schema_name(_last(path))}"
        is_of_documents = status < HTTPStatus.BAD_REQUEST and self._is_collection(path)
        if not answered:
            is_untold = is_of_documents and all(one.is_untold and one.method != "delete" for one in exchanges)
            return {"description": description, **(_json({"$ref": reference}) if is_untold else {})}
        schema = inferred(answered)
        if is_of_documents:
            schema = _referring(schema, answered, reference)
        return {"description": description, **_json(schema)}


def _listed(exchanges: Iterable[Exchange]) -> dict[str, set[str]]:
    """What the documents of each list hold: a segment behind the list's path that is one of these is an id."""
    known: dict[str, set[str]] = defaultdict(set)
    for one in exchanges:
        if one.method == "get" and one.status < HTTPStatus.BAD_REQUEST:
            for document in _documents_in(one.answered):
                known[one.path.rstrip("/")].update(str(value) for value in document.values() if _is_key(value))
    return known


def _is_key(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _template(path: str, known: dict[str, set[str]]) -> str:
    """The path with a parameter for each segment that names a document."""
    segments: list[str] = []
    literal = ""
    before = ""
    for segment in path.split("/"):
        is_told = segment[:1] == "{"
        is_id = is_told or (_ID.fullmatch(segment) and not _VERSION.fullmatch(segment)) or segment in known[before]
        before = f"{before}/{segment}" if segment else before
        if not is_id:
            literal = segment or literal
            segments.append(segment)
            continue
        owner = inflection.camelize(inflection.singularize(re.sub(r"\W+", "_", literal)), False)
        name = f"{owner}Id" if owner else "id"
        taken = f"{{{name}}}" in segments
        segments.append(f"{{{name}{len(segments) if taken else ''}}}")
    return "/".join(segments)


def _collection_of(template: str) -> str:
    """The path that the documents of a path stand below."""
    before, _, last = template.rpartition("/")
    return before if last[:1] == "{" else template


def _last(path: str) -> str:
    return next((one for one in reversed(path.split("/")) if one and one[:1] != "{"), "document")


def _collection_name(path: str) -> str:
    return inflection.underscore(re.sub(r"\W+", "_", _last(path)))


def _documents_in(answered: object) -> list[dict[str, Any]]:
    """The documents of an answer: of a list, of an envelope, or itself."""
    if isinstance(answered, list):
        return [one for one in answered if isinstance(one, dict)]
    if not isinstance(answered, dict):
        return []
    inside = _enveloped(answered)
    return [answered] if inside is None else _documents_in(answered[inside])


def _enveloped(answered: dict[str, Any]) -> str | None:
    """The property of an envelope that holds what is meant; None where the object is the document."""
    for name, value in answered.items():
        is_list = isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)
        if is_list and "id" not in answered and "_id" not in answered:
            return name
    return next((name for name in _ENVELOPES if isinstance(answered.get(name), dict | list)), None)


def _referring(schema: dict[str, Any], answered: list[Any], reference: str) -> dict[str, Any]:
    """The schema of an answer, its documents by reference."""
    if all(isinstance(one, list) for one in answered):
        return {"type": "array", "items": {"$ref": reference}}
    inside = next((found for one in answered if isinstance(one, dict) and (found := _enveloped(one))), None)
    if inside is None:
        return {"$ref": reference}
    held = [one[inside] for one in answered if inside in one]
    is_list = all(isinstance(one, list) for one in held)
    schema["properties"][inside] = {"type": "array", "items": {"$ref": reference}} if is_list else {"$ref": reference}
    return schema


def _query(exchanges: Iterable[Exchange]) -> list[JSON]:
    values: dict[str, list[str]] = defaultdict(list)
    for one in exchanges:
        for name, value in one.query.items():
            values[name].append(value)
    return [{"name": name, "in": "query", "schema": {"type": _type_of(seen)}} for name, seen in values.items()]


def _type_of(seen: list[str]) -> str:
    if all(re.fullmatch(r"-?\d{1,15}", value) for value in seen):
        return "integer"
    return "boolean" if all(value in ("true", "false") for value in seen) else "string"


def _operation_id(method: str, template: str) -> str:
    return inflection.camelize("_".join([method, *_words(template)]), False)


def _words(template: str) -> Iterator[str]:
    for segment in template.split("/"):
        if segment[:1] == "{":
            yield f"by_{inflection.underscore(segment[1:-1])}"
        elif segment and not _VERSION.fullmatch(segment):
            yield re.sub(r"\W+", "_", segment)


def _json(schema: JSON) -> dict[str, JSON]:
    return {"content": {"application/json": {"schema": schema}}}


def _without_secrets(value: object) -> Any:
    """The value without what its names say is a credential: nobody's password belongs into a repository."""
    if isinstance(value, list):
        return [_without_secrets(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, one in value.items():
        is_secret = isinstance(one, str) and names_credential(name)
        kept[name] = "secret" if is_secret else _without_secrets(one)
    return kept
