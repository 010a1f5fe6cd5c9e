"""The bodies of error answers, in the shape that the contract declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http.client import responses
from typing import Any

import orjson

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.properties import plain, types_of
from specdouble.double.http.representation import represented
from specdouble.double.state.problem import Problem

PROBLEM_TYPE = "application/problem+json"
_KEPT = 256
_WORTH_KEEPING = 4096
# The media types that are written, the best first; a text of JSON is one of YAML too (YAML 1.2.2, section 1.2).
_WRITTEN = (("json", "*"), ("xml",), ("text/",), ("yaml",))
_TITLES = {"error", "title", "reason", "name"}
_DETAILS = {"message", "detail", "description", "errordescription", "errormessage", "msg", "details", "usermessage"}
_LISTS = {
    "errors",
    "violations",
    "details",
    "detail",
    "validation",
    "validationerrors",
    "fields",
    "fielderrors",
    "issues",
}
_HOLDERS = {"err", "fault", "problem", "exception", "failure", "status", "response", "result", "meta"}
_FLAGS = {"success", "ok"}
_CODES = {"code", "errorcode", "type", "errortype", "status", "key", "slug"}
_STATUSES = {"status", "statuscode", "code", "errorcode", "httpstatus", "httpcode", "httpstatuscode"}
# Of one violation: the names that public contracts have for where it is, and for what is wrong.
_PLACES = {"field", "param", "parameter", "property", "attribute", "attr", "key", "fieldname", "name", "target"}
_MESSAGES = {"message", "msg", "detail", "description", "reason", "title", "error", "errormessage", "issue"}
# What words of an `enum` mean a status; the first that is found is told.
_MEANING = {
    400: ("valid", "bad", "malformed", "invalid", "request"),
    401: ("unauth", "auth", "token"),
    403: ("forbidden", "permission", "denied", "access"),
    404: ("notfound", "missing", "unknown"),
    409: ("conflict", "exist", "duplicate"),
    413: ("large",),
    415: ("media", "unsupported"),
    422: ("unprocessable", "valid", "invalid", "request"),
    429: ("rate", "many", "throttl"),
    500: ("internal", "server", "api"),
}

Write = Callable[[Problem], tuple[bytes, bytes]]
Mend = Callable[[str, Any, str], Any]


class _Parts:
    """What is read of an error's schema once; the schema stands in the contract, so its identity is its name."""

    def __init__(self, contract: Contract, schema: Any) -> None:
        resolved = contract.described(schema)
        self.properties = contract.properties(schema)
        self.required = frozenset(resolved.get("required", ()))
        self.open = resolved.get("additionalProperties") is not False
        self.is_text = resolved.get("type") == "string"
        self.items = resolved.get("items") if resolved.get("type") == "array" else None
        self.has_detail = bool({"message", "detail"} & self.properties.keys())


class ErrorShapes:
    """Writes problems in the shape that an operation declares.

    The declared response of the status counts; where there is none, the shape that the operation's other errors
    have; where it declares no error at all, problem details (RFC 9457).

    Args:
        contract: the contract.
        operation: the operation, or None for a request that meets none.
        media_type: the representation that the request accepts best; else JSON is written, where it is declared.

    `mend` makes a body conform to the schema in a slot: with it, every body that is declared conforms in full.
    """

    def __init__(self, contract: Contract, operation: Operation | None, media_type: str | None = None) -> None:
        self._contract = contract
        self._media_type = media_type
        self._operation = operation
        self._writers: dict[int, Write] = {}
        self._written: dict[tuple[Any, ...], tuple[bytes, bytes]] = {}
        self._parts: dict[int, _Parts] = {}
        self._held: list[Any] = []  # what parts were read of: its id must not be given to another
        self.mend: Mend | None = None

    def write(self, problem: Problem) -> tuple[bytes, bytes]:
        """The media type and the body of the answer."""
        # Most refusals are the same few over and over: no such document, no good token, a required property missing.
        said = (problem.status, problem.title, problem.detail, problem.rule, tuple(problem.violations))
        written = self._written.get(said)
        if written is None:
            written = self._write(problem)
            if len(self._written) >= _KEPT:
                self._written.clear()
            if len(written[1]) <= _WORTH_KEEPING:
                self._written[said] = written
        return written

    def _write(self, problem: Problem) -> tuple[bytes, bytes]:
        writer = self._writers.get(problem.status)
        if writer is None:
            writer = self._writers[problem.status] = self._compile(problem.status)
        return writer(problem)

    def _compile(self, status: int) -> Write:
        media = self._media(status)
        if media is None and "swagger" in self._contract.data:
            return _plain_details  # OpenAPI 2.0 names what all answers of an operation may be
        if media is None or media.type == PROBLEM_TYPE or (media.slot is None and "text/" not in media.type):
            return _problem_details
        declared = self._operation.response(status) if self._operation else None
        example = next(iter(media.examples.values()), None) if declared is not None else None
        media_type = media.type.encode() if "*" not in media.type else b"application/json"

        def write(problem: Problem) -> tuple[bytes, bytes]:
            return media_type, self._encoded(self._body(media, problem, example), media)

        return write

    def _encoded(self, body: Any, media: Media) -> bytes:
        if "text/" in media.type and isinstance(body, str):
            return body.encode()
        return represented(self._contract, body, media) if "xml" in media.type else orjson.dumps(body)

    def _media(self, status: int) -> Media | None:
        if self._operation is None:
            return None
        declared = self._operation.response(status)
        candidates = [declared] if declared else []
        candidates += [one for key, one in self._operation.responses.items() if key[:1] in "45d"]
        for kinds in ((self._media_type,), *_WRITTEN):
            for response in candidates:
                for media in response.content.values():
                    if _can_be_written(media.type) and any(kind is not None and kind in media.type for kind in kinds):
                        return media
        return None

    def _body(self, media: Media, problem: Problem, example: Any) -> Any:
        """The first that conforms: the contract's own example, our story, as much of it as fits, that mended."""
        slot, schemas = media.slot, self._contract.schemas
        if slot is None:
            return problem.words if example is None else example
        is_example = example is not None and schemas.is_valid(slot, example)
        if is_example and problem.title is None and not problem.violations:
            return example
        told = []
        for body in self._told(media.schema, problem):  # one at a time: the first fits nearly always
            if schemas.is_valid(slot, body):
                return body
            told.append(body)
        mended = self.mend(slot, told[-1], f"{problem.status}") if self.mend is not None else None
        if mended is not None:
            return mended
        return example if is_example else told[0]

    def _told(self, schema: Any, problem: Problem) -> Iterator[Any]:
        """Bodies that tell the problem, for each alternative of the schema, with all of the story and without."""
        resolved = self._contract.resolve(schema)
        alternatives = (
            [*(resolved.get("oneOf") or ()), *(resolved.get("anyOf") or ())] if isinstance(resolved, dict) else []
        )
        has_own = bool(self._contract.properties(schema)) or not alternatives
        for option in [*([schema] if has_own else []), *alternatives]:
            body = self._composed(option, problem)
            yield self._with_story(option, body, problem)
            yield body

    def _with_story(self, schema: Any, body: Any, problem: Problem) -> Any:
        """The body with the violations and the rule, where its schema is open and has nothing for them."""
        if not isinstance(body, dict) or not self._read(schema).open:
            return body
        story: dict[str, Any] = {"violations": _violations(problem)} if problem.violations else {}
        if problem.rule:
            story["rule"] = problem.rule
        return {**body, **{key: told for key, told in story.items() if key not in body}}

    def _read(self, schema: Any) -> _Parts:
        parts = self._parts.get(id(schema))
        if parts is None:
            parts = self._parts[id(schema)] = _Parts(self._contract, schema)
            self._held.append(schema)
        return parts

    def _composed(self, schema: Any, problem: Problem) -> Any:
        parts = self._read(schema)
        if parts.items is not None:
            return self._list(parts.items, problem, least=1)
        if not parts.properties:
            return problem.words if parts.is_text else {}
        body: dict[str, Any] = {}
        for name, part in parts.properties.items():
            value = self._value(name, part, problem, parts.has_detail)
            if name not in parts.required and value in body.values() and isinstance(value, str):
                continue  # the title once more
            if value is None and name in parts.required:
                value = _plainest(name, part, problem)
            if value is not None:
                body[name] = value
        return body

    def _value(self, name: str, schema: Mapping[str, Any], problem: Problem, has_detail: bool) -> Any:
        key, kind = plain(name), _kind(schema)
        if key in _FLAGS and kind == "boolean":
            return False
        if key in _STATUSES and kind in ("integer", "number"):
            return problem.status
        if kind == "array" and key in _LISTS:
            least = max(int(schema.get("minItems", 0)), 0 if has_detail else 1)
            return self._list(schema.get("items", {}), problem, least)
        if kind == "object":
            is_about_it = key in _TITLES | _DETAILS | _LISTS | _HOLDERS
            return self._object(key, schema, problem) if is_about_it or not has_detail else None
        if kind not in ("string", None):
            return None
        if "enum" in schema:
            return _meant(schema["enum"], problem.status) if key in _CODES | _TITLES else None
        if key in _TITLES:
            return _fitting(problem.words if has_detail else _sentence(problem), schema)
        return _fitting(_sentence(problem), schema) if key in _DETAILS else None

    def _object(self, key: str, schema: Mapping[str, Any], problem: Problem) -> Any:
        """An error inside, or the violations by field: `errors: {name: [is required]}`."""
        if schema.get("properties"):
            return self._composed(schema, problem)
        each = self._contract.described(schema.get("additionalProperties") or {})
        if key not in _LISTS or _kind(each) not in ("array", "string"):
            return None
        found: dict[str, Any] = {}
        for one in problem.violations:
            found.setdefault(one.pointer.strip("/") or one.location, []).append(one.message)
        return found if _kind(each) == "array" else {name: "; ".join(told) for name, told in found.items()}

    def _list(self, items: Any, problem: Problem, least: int) -> list[Any]:
        told = _violations(problem)
        if len(told) < least:
            told = [{"location": "request", "pointer": "", "message": _sentence(problem)}]
        return [self._item(items, one, problem) for one in told]

    def _item(self, schema: Any, violation: Mapping[str, str], problem: Problem) -> Any:
        resolved = self._contract.described(schema)
        if _kind(resolved) == "string":
            return f"{violation['pointer']} {violation['message']}".strip()
        known = self._contract.properties(schema)
        if not known:
            return dict(violation)
        told = {name: self._told_of_one(plain(name), part, violation, problem) for name, part in known.items()}
        return {name: value for name, value in told.items() if value is not None}

    def _told_of_one(self, key: str, schema: Mapping[str, Any], violation: Mapping[str, str], problem: Problem) -> Any:
        """What a property of a violation says."""
        parts = [part for part in violation["pointer"].split("/") if part]
        kind = _kind(schema)
        if kind == "array":
            return [violation["location"], *parts] if key in ("loc", "path", "location") else None
        if kind == "object":
            inner = schema.get("properties") or {}
            return {"pointer": violation["pointer"]} if key == "source" and "pointer" in inner else None
        if key in _STATUSES and kind in ("integer", "number"):
            return problem.status
        return _text_of_one(key, schema, violation, problem.status) if kind in ("string", None) else None


def _text_of_one(key: str, schema: Mapping[str, Any], violation: Mapping[str, str], status: int) -> str | None:
    """What a property of a violation says, where it is a text."""
    message, pointer = violation["message"], violation["pointer"]
    if "enum" in schema:
        meant = _meant(schema["enum"], status, message)
        return meant if isinstance(meant, str) else None
    if key in _CODES - {"status"}:
        return _fitting("missing" if message == "is required" else "invalid", schema)
    told = (
        ({"status"}, str(status)),
        ({"location", "in"}, violation["location"]),
        ({"pointer", "path"}, pointer),
        (_PLACES, pointer.strip("/")),
        (_MESSAGES, message),
    )
    return next((_fitting(text, schema) for names, text in told if key in names), None)


def _can_be_written(media_type: str) -> bool:
    return any(kind in media_type for kinds in _WRITTEN for kind in kinds)


def _kind(schema: Mapping[str, Any]) -> Any:
    """The one type that a schema has beside null; None where it has none or several."""
    kinds = types_of(schema) - {"null"}
    return next(iter(kinds)) if len(kinds) == 1 else None


def _fitting(text: str, schema: Mapping[str, Any]) -> str | None:
    """The text as far as it fits; None where the schema asks for something else than a text of people's."""
    if "pattern" in schema or "format" in schema or "const" in schema:
        return None
    most = schema.get("maxLength")
    return text if not isinstance(most, int) else text[:most]


def _meant(values: Any, status: int, message: str = "") -> Any:
    """The value of an `enum` that means the status, and what the message says; None where none does."""
    hints = (*_MEANING.get(status, ()), *_MEANING[400 if status < 500 else 500])
    if "required" in message:
        hints = ("missing", "required", *hints)
    for hint in hints:
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str) and hint in plain(value):
                return value
    return None


def _violations(problem: Problem) -> list[dict[str, str]]:
    return [{"location": one.location, "pointer": one.pointer, "message": one.message} for one in problem.violations]


def _sentence(problem: Problem) -> str:
    if problem.violations and not problem.detail:
        told = (f"{one.pointer.lstrip('/') or one.location} {one.message}" for one in problem.violations)
        return "; ".join(told)
    return problem.detail or problem.words


def _plain_details(problem: Problem) -> tuple[bytes, bytes]:
    """Problem details as any JSON."""
    return b"application/json", _problem_details(problem)[1]


def _problem_details(problem: Problem) -> tuple[bytes, bytes]:
    """RFC 9457, section 3."""
    body: dict[str, Any] = {"type": "about:blank", "title": problem.words, "status": problem.status}
    if problem.detail or problem.violations:
        body["detail"] = _sentence(problem)
    if problem.violations:
        body["violations"] = _violations(problem)
    if problem.rule:
        body["rule"] = problem.rule
    return PROBLEM_TYPE.encode(), orjson.dumps(body)


def _plainest(name: str, schema: Mapping[str, Any], problem: Problem) -> Any:
    """A value for a required property that errors have no word for; None where one has to be made."""
    for key in ("const", "default", "example"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = _kind(schema)
    if kind in (None, "string"):
        is_code = plain(name) in _CODES
        slug = responses.get(problem.status, "error").lower().replace(" ", "_").replace("-", "_")
        return _fitting(slug if is_code else "", schema)
    return {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}.get(kind)
