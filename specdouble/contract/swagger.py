"""The operations of Swagger 2.0, read into the terms of OpenAPI 3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract.operation import Header, Media, Parameter, Reader, RequestBody, Response, media_type_of
from specdouble.contract.pointer import pointer
from specdouble.contract.translation import Direction

_JSON = "application/json"
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
# What stands beside the schema's keywords in a parameter.
_NO_SCHEMA = {"name", "in", "required", "description", "collectionFormat", "allowEmptyValue"}
_STYLES = {"csv": "form", "multi": "form", "ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}


class SwaggerReader(Reader):
    """Reads one operation of Swagger 2.0."""

    def parameters(self) -> Iterator[Parameter]:
        """Those that are neither the body nor a field of a form."""
        for raw, at in self.merged():
            if raw["in"] not in ("body", "formData"):
                yield self.parameter(raw, at)

    def merged(self) -> list[tuple[dict[str, Any], str]]:
        """All of them with their pointers; the operation's own override those of its path."""
        found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
        for holder, at in ((self.item, self.item_at), (self.raw, self.at)):
            for index, raw in enumerate(holder.get("parameters") or ()):
                raw, place = self.follow(raw, at + pointer("parameters", index))
                if isinstance(raw, dict) and {"name", "in"} <= raw.keys():
                    found[str(raw["name"]), str(raw["in"])] = (raw, place)
        return list(found.values())

    def parameter(self, raw: dict[str, Any], at: str) -> Parameter:
        """A parameter; its keywords `type`, `format`, `items`, ... stand in it directly."""
        location = str(raw["in"])
        form = str(raw.get("collectionFormat") or "csv")
        schema = _schema(raw)
        return Parameter(
            name=str(raw["name"]),
            location=location,
            required=raw.get("required") is True or location == "path",
            schema=schema,
            slot=self.schemas.slot(schema, "request"),
            style=_STYLES.get(form, "form") if location == "query" else "simple",
            explode=form == "multi",
            media_type=None,
            pointer=at,
            description=str(raw.get("description") or ""),
        )

    def body(self) -> RequestBody | None:
        """The parameter `in: body`, or all those `in: formData` as one object."""
        fields = []
        for raw, at in self.merged():
            if raw["in"] == "body":
                return RequestBody(raw.get("required") is True, self.medias(raw.get("schema"), {}, at, "request"))
            if raw["in"] == "formData":
                fields.append((raw, at))
        return self.form(fields) if fields else None

    def form(self, fields: list[tuple[dict[str, Any], str]]) -> RequestBody:
        """The fields of a form as the properties of one object."""
        required = [str(raw["name"]) for raw, _ in fields if raw.get("required") is True]
        properties = {str(raw["name"]): _schema(raw) for raw, _ in fields}
        schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            schema["required"] = required
        has_file = any(raw.get("type") == "file" for raw, _ in fields)
        forms = [one for one in self.media_types("consumes") if one.startswith((_FORM, "multipart/"))]
        kinds = forms or ([_MULTIPART] if has_file else [_FORM, _MULTIPART])
        slot = self.schemas.slot(schema, "request")
        encoding = {str(raw["name"]): _encoding(raw) for raw, _ in fields if raw.get("type") == "array"}
        medias = {kind: Media(kind, schema, slot, {}, fields[0][1], encoding) for kind in kinds}
        return RequestBody(bool(required), medias)

    def responses(self) -> Iterator[tuple[str, Response]]:
        """The responses; `produces` says in which representations."""
        for status, raw in (self.raw.get("responses") or {}).items():
            raw, at = self.follow(raw, self.at + pointer("responses", status))
            if str(status).startswith("x-") or not isinstance(raw, dict):
                continue
            schema, examples = raw.get("schema"), raw.get("examples") or {}
            content = self.medias(schema, examples, at, "response") if schema is not None else {}
            headers = {header.name: header for header in self.headers(raw, at)}
            yield str(status), Response(str(status), str(raw.get("description") or ""), content, headers)

    def header(self, name: str, raw: dict[str, Any]) -> Header:
        """A header field; its keywords stand in it directly."""
        schema = _schema(raw)
        return Header(name, False, schema, self.schemas.slot(schema, "response"))

    def medias(self, schema: Any, examples: dict[str, Any], at: str, direction: Direction) -> dict[str, Media]:
        """One for each media type that the operation consumes or produces."""
        kinds = self.media_types("consumes" if direction == "request" else "produces")
        slot = None if schema is None else self.schemas.slot(schema, direction)
        found = {}
        for kind in kinds:
            example = {"example": examples[kind]} if kind in examples else {}
            found[kind] = Media(kind, schema, slot, example, at)
        return found

    def media_types(self, keyword: str) -> list[str]:
        """What the operation, else the contract, consumes or produces."""
        listed = self.raw.get(keyword) or self.document.data.get(keyword)
        return [media_type_of(str(one)) for one in listed] if isinstance(listed, list) and listed else [_JSON]


def _encoding(raw: dict[str, Any]) -> dict[str, Any]:
    """How the values of an array stand in a form, in the words of OpenAPI 3."""
    form = str(raw.get("collectionFormat") or "csv")
    return {"style": _STYLES.get(form, "form"), "explode": form == "multi"}


def _schema(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in _NO_SCHEMA}
