"""The body of an error: what each property of a declared shape says of the problem, known by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.properties import plain, types_of
from specdouble.double.state.problem import PHRASES, Problem

# The plain names that public contracts have for the parts of an error.
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

_NUMBERS = ("integer", "number")


class ErrorStory:
    """Tells problems in the shapes of a contract.

    Args:
        contract: the contract.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._shapes: dict[int, _Shape] = {}
        self._held: list[JSON] = []  # what shapes were read of: its id must not be given to another

    def bodies(self, schema: JSON, problem: Problem) -> Iterator[JSON]:
        """Bodies that tell the problem, for each alternative of the schema, with all of the story and without."""
        resolved = self._contract.resolve(schema)
        alternatives: list[JSON] = []
        if isinstance(resolved, dict):
            alternatives = [*(resolved.get("oneOf") or ()), *(resolved.get("anyOf") or ())]
        if not alternatives or self._contract.properties(schema):
            alternatives.insert(0, schema)
        for option in alternatives:
            body = self._composed(option, problem)
            yield self._with_violations(option, body, problem)
            yield body

    def _with_violations(self, schema: JSON, body: JSON, problem: Problem) -> JSON:
        """The body with the violations and the rule, where its schema asks for more than its own fields."""
        if not isinstance(body, dict) or not self._shape(schema).takes_more:
            return body
        whole = dict(body)
        if problem.violations:
            whole.setdefault("violations", violations_of(problem))
        if problem.rule:
            whole.setdefault("rule", problem.rule)
        return whole

    def _shape(self, schema: JSON) -> _Shape:
        shape = self._shapes.get(id(schema))
        if shape is None:
            shape = self._shapes[id(schema)] = _Shape(self._contract, schema)
            self._held.append(schema)
        return shape

    def _composed(self, schema: JSON, problem: Problem) -> JSON:
        shape = self._shape(schema)
        if shape.items is not None:
            return self._list(shape.items, problem, least=1)
        if not shape.properties:
            return problem.words if shape.is_text else {}
        body: dict[str, JSON] = {}
        for name, part in shape.properties.items():
            is_required = name in shape.required
            value = self._value(name, part, problem, shape.has_detail)
            if not is_required and isinstance(value, str) and value in body.values():
                continue  # the title once more
            if value is None and is_required:
                value = _plainest(name, part, problem)
            if value is not None:
                body[name] = value
        return body

    def _value(self, name: str, schema: Schema, problem: Problem, has_detail: bool) -> JSON:
        """What a property of that name says; None where it says nothing of a problem."""
        key, kind = plain(name), _kind(schema)
        if kind == "boolean":
            return False if key in _FLAGS else None
        if kind in _NUMBERS:
            return problem.status if key in _STATUSES else None
        if kind == "array":
            if key not in _LISTS:
                return None
            # Where another property has the detail, an empty list is as good.
            least = max(int(schema.get("minItems", 0)), 0 if has_detail else 1)
            return self._list(schema.get("items", {}), problem, least)
        if kind == "object":
            is_about_it = key in _TITLES | _DETAILS | _LISTS | _HOLDERS
            return self._object(key, schema, problem) if is_about_it or not has_detail else None
        return _text(key, schema, problem, has_detail)

    def _object(self, key: str, schema: Schema, problem: Problem) -> JSON:
        """An error inside, or the violations by field: `errors: {name: [is required]}`."""
        if schema.get("properties"):
            return self._composed(schema, problem)
        each = _kind(self._contract.described(schema.get("additionalProperties") or {}))
        if key not in _LISTS or each not in ("array", "string"):
            return None
        messages: dict[str, list[str]] = {}
        for one in problem.violations:
            messages.setdefault(one.pointer.strip("/") or one.location, []).append(one.message)
        if each == "array":
            return messages
        return {name: "; ".join(those) for name, those in messages.items()}

    def _list(self, items: JSON, problem: Problem, least: int) -> list[JSON]:
        violations = violations_of(problem)
        if len(violations) < least:
            violations = [{"location": "request", "pointer": "", "message": sentence_of(problem)}]
        return [self._item(items, one, problem) for one in violations]

    def _item(self, schema: JSON, violation: Mapping[str, str], problem: Problem) -> JSON:
        resolved = self._contract.described(schema)
        if _kind(resolved) == "string":
            return f"{violation['pointer']} {violation['message']}".strip()
        properties = self._contract.properties(schema)
        if not properties:
            return dict(violation)
        item: dict[str, JSON] = {}
        for name, part in properties.items():
            value = _value_of_one(plain(name), part, violation, problem.status)
            if value is not None:
                item[name] = value
        return item


class _Shape:
    """What is read of an error's schema once; the schema stands in the contract, so its identity is its name."""

    def __init__(self, contract: Contract, schema: JSON) -> None:
        resolved = contract.described(schema)
        self.properties = contract.properties(schema)
        self.required = frozenset(resolved.get("required", ()))
        more = resolved.get("additionalProperties")
        # An object with fields of its own takes others by JSON Schema; that it is meant to, `true` says.
        self.takes_more = more is True if self.properties else more is not False
        self.is_text = resolved.get("type") == "string"
        self.items = resolved.get("items") if resolved.get("type") == "array" else None
        self.has_detail = bool({"message", "detail"} & self.properties.keys())


def violations_of(problem: Problem) -> list[dict[str, str]]:
    """The violations as JSON."""
    return [{"location": one.location, "pointer": one.pointer, "message": one.message} for one in problem.violations]


def sentence_of(problem: Problem) -> str:
    """The problem in one sentence: the detail, else the violations, else the title."""
    if not problem.violations or problem.detail:
        return problem.detail or problem.words
    sentences = []
    for one in problem.violations:
        place = one.pointer.lstrip("/") or one.location
        sentences.append(f"{place} {one.message}")
    return "; ".join(sentences)


def _text(key: str, schema: Schema, problem: Problem, has_detail: bool) -> JSON:
    """What a text of that plain name says of the problem."""
    if _kind(schema) not in ("string", None):
        return None
    if "enum" in schema:
        return _meant(schema["enum"], problem.status) if key in _CODES | _TITLES else None
    if key in _TITLES:
        return _fitting(problem.words if has_detail else sentence_of(problem), schema)
    return _fitting(sentence_of(problem), schema) if key in _DETAILS else None


# One violation


def _value_of_one(key: str, schema: Schema, violation: Mapping[str, str], status: int) -> JSON:
    """What a property of that plain name says of one violation."""
    kind, pointer = _kind(schema), violation["pointer"]
    if kind == "array":
        # As FastAPI tells the place: `loc: [body, name]`.
        is_place = key in ("loc", "path", "location")
        return [violation["location"], *filter(None, pointer.split("/"))] if is_place else None
    if kind == "object":
        # As JSON:API does: `source: {pointer: /name}`.
        is_source = key == "source" and "pointer" in (schema.get("properties") or {})
        return {"pointer": pointer} if is_source else None
    if kind in _NUMBERS:
        return status if key in _STATUSES else None
    return _text_of_one(key, schema, violation, status) if kind in ("string", None) else None


def _text_of_one(key: str, schema: Schema, violation: Mapping[str, str], status: int) -> str | None:
    """What a text of that plain name says of one violation."""
    message, pointer = violation["message"], violation["pointer"]
    if "enum" in schema:
        meant = _meant(schema["enum"], status, message)
        return meant if isinstance(meant, str) else None
    if key in _CODES - {"status"}:
        return _fitting("missing" if message == "is required" else "invalid", schema)
    for names, text in (
        ({"status"}, str(status)),
        ({"location", "in"}, violation["location"]),
        ({"pointer", "path"}, pointer),
        (_PLACES, pointer.strip("/")),
        (_MESSAGES, message),
    ):
        if key in names:
            return _fitting(text, schema)
    return None


# Values that a schema takes


def _kind(schema: Schema) -> JSON:
    """The one type that a schema has beside null; None where it has none or several."""
    kinds = types_of(schema) - {"null"}
    return kinds.pop() if len(kinds) == 1 else None


def _fitting(text: str, schema: Schema) -> str | None:
    """The text as far as it fits; None where the schema asks for something else than a text of people's."""
    if "pattern" in schema or "format" in schema or "const" in schema:
        return None
    most = schema.get("maxLength")
    return text if not isinstance(most, int) else text[:most]


def _meant(values: JSON, status: int, message: str = "") -> JSON:
    """The value of an `enum` that means the status, and what the message says; None where none does."""
    hints = (*_MEANING.get(status, ()), *_MEANING[400 if status < 500 else 500])
    if "required" in message:
        hints = ("missing", "required", *hints)
    for hint in hints:
        for value in values if isinstance(values, list) else ():
            if isinstance(value, str) and hint in plain(value):
                return value
    return None


def _plainest(name: str, schema: Schema, problem: Problem) -> JSON:
    """A value for a required property that errors have no word for; None where one has to be made."""
    for keyword in ("const", "default", "example"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = _kind(schema)
    if kind in (None, "string"):
        return _fitting(_slug(problem.status) if plain(name) in _CODES else "", schema)
    return {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}.get(kind)


def _slug(status: int) -> str:
    """The status' own phrase as programs write it: `not_found`."""
    return PHRASES.get(status, "error").lower().replace(" ", "_").replace("-", "_")
