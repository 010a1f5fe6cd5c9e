"""The bodies of error answers, in the shape that the contract declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from specdouble.contract import Contract, Media, Operation
from specdouble.double.http.representation import represented
from specdouble.double.state.problem import Problem

PROBLEM_TYPE = "application/problem+json"
_KEPT = 256
_WORTH_KEEPING = 4096
_TITLES = {"error", "title", "reason", "name"}
_DETAILS = {"message", "detail", "description", "error_description", "errormessage", "msg"}
_LISTS = {"errors", "violations", "details", "validation", "validationerrors", "fields"}
_FLAGS = {"success", "ok"}

Write = Callable[[Problem], tuple[bytes, bytes]]


class _Parts:
    """What is read of an error's schema once; the schema stands in the contract, so its identity is its name."""

    def __init__(self, contract: Contract, schema: Any) -> None:
        resolved = contract.resolve(schema)
        resolved = resolved if isinstance(resolved, dict) else {}
        self.properties = contract.properties(schema)
        self.required = frozenset(resolved.get("required", ()))
        self.open = resolved.get("additionalProperties") is not False
        self.is_text = resolved.get("type") == "string"
        self.has_detail = bool({"message", "detail"} & self.properties.keys())


class ErrorShapes:
    """Writes problems in the shape that an operation declares.

    The declared response of the status counts; where there is none, the shape that the operation's other errors
    have; where it declares no error at all, problem details (RFC 9457).

    Args:
        contract: the contract.
        operation: the operation, or None for a request that meets none.
        media_type: the representation that the request accepts best; else JSON is written, where it is declared.
    """

    def __init__(self, contract: Contract, operation: Operation | None, media_type: str | None = None) -> None:
        self._contract = contract
        self._media_type = media_type
        self._operation = operation
        self._writers: dict[int, Write] = {}
        self._written: dict[tuple[Any, ...], tuple[bytes, bytes]] = {}
        self._parts: dict[int, _Parts] = {}

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
        if media is None or media.type == PROBLEM_TYPE or media.slot is None:
            return _problem_details
        schema, contract = media.schema, self._contract
        declared = self._operation.response(status) if self._operation else None
        example = next(iter(media.examples.values()), None) if declared is not None else None
        media_type = media.type.encode() if "*" not in media.type else b"application/json"
        slot = media.slot

        def encoded(body: Any) -> bytes:
            return represented(contract, body, media) if "xml" in media.type else orjson.dumps(body)

        def write(problem: Problem) -> tuple[bytes, bytes]:
            if problem.title is None and not problem.violations and example is not None:
                return media_type, encoded(example)
            body = self._composed(schema, problem)
            if not contract.schemas.is_valid(slot, body) and example is not None:
                body = example
            return media_type, encoded(body)

        return write

    def _media(self, status: int) -> Media | None:
        if self._operation is None:
            return None
        declared = self._operation.response(status)
        candidates = [declared] if declared else []
        candidates += [one for key, one in self._operation.responses.items() if key[:1] in "45d"]
        for kinds in ((self._media_type,), ("json", "*"), ("xml",)):
            for response in candidates:
                for media in response.content.values():
                    if _can_be_written(media.type) and any(kind is not None and kind in media.type for kind in kinds):
                        return media
        return None

    def _composed(self, schema: Any, problem: Problem) -> Any:
        parts = self._parts.get(id(schema))
        if parts is None:
            parts = self._parts[id(schema)] = _Parts(self._contract, schema)
        if not parts.properties:
            return problem.words if parts.is_text else {}
        body: dict[str, Any] = {}
        for name, part in parts.properties.items():
            value = self._value(name, part, problem, parts.has_detail)
            if name not in parts.required and value in body.values() and isinstance(value, str):
                continue  # the title once more
            if value is None and name in parts.required:
                value = _plainest(part)
            if value is not None:
                body[name] = value
        if parts.open:
            if problem.violations and "violations" not in body:
                body["violations"] = _violations(problem)
            if problem.rule and "rule" not in body:
                body["rule"] = problem.rule
        return body

    def _value(self, name: str, schema: Mapping[str, Any], problem: Problem, has_detail: bool) -> Any:
        key, kind = name.lower().replace("_", ""), schema.get("type")
        if key in _FLAGS and kind == "boolean":
            return False
        if key in ("status", "statuscode", "code", "errorcode") and kind in ("integer", "number"):
            return problem.status
        if key in _LISTS and kind == "array":
            told = _violations(problem)
            if not told and schema.get("minItems"):
                told = [{"location": "request", "pointer": "", "message": _sentence(problem)}]
            return [self._item(schema.get("items", {}), one) for one in told]
        if kind == "object" and schema.get("properties"):
            return self._composed(schema, problem)
        if kind not in ("string", None) or "enum" in schema:
            return None
        if key in _TITLES:
            return problem.words if has_detail else _sentence(problem)
        return _sentence(problem) if key in _DETAILS else None

    def _item(self, schema: Any, violation: Mapping[str, str]) -> Any:
        resolved = self._contract.resolve(schema)
        if isinstance(resolved, dict) and resolved.get("type") == "string":
            return f"{violation['pointer']} {violation['message']}".strip()
        known = self._contract.properties(schema)
        named = {"field": violation["pointer"].strip("/"), "path": violation["pointer"], "detail": violation["message"]}
        whole = {**named, **violation}
        return {name: whole[name] for name in known if name in whole} if known else dict(violation)


def _can_be_written(media_type: str) -> bool:
    return any(kind in media_type for kind in ("json", "*", "xml"))


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


def _plainest(schema: Mapping[str, Any]) -> Any:
    """A value for a required property that errors have no word for."""
    for key in ("const", "default", "example"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}.get(
        str(schema.get("type")), ""
    )
