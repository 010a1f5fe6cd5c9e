"""The body of an error: what each property of a declared shape says of the problem, known by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.properties import plain, types_of
from specdouble.double.http.error_code import CODES, STATUSES, SURELY_STATUSES, code_of, contradicts, meant
from specdouble.double.state.problem import Problem

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
# Of one violation: the names that public contracts have for where it is, and for what is wrong.
_PLACES = {"field", "param", "parameter", "property", "attribute", "attr", "key", "fieldname", "name", "target"}
_MESSAGES = {"message", "msg", "detail", "description", "reason", "title", "error", "errormessage", "issue"}
_NUMBERS = ("integer", "number")
_FREE = ("text", "string", "markdown", "html", "multiline")  # formats of texts that people write
_WHOLE = "request"  # where a problem is that is of no value in particular


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
        composed = [(option, self._composed(option, problem)) for option in alternatives]
        # Alternatives may be the errors of one status each, told apart by a constant.
        if len(composed) > 1:
            composed.sort(key=lambda one: contradicts(one[1], problem.status))
        for option, body in composed:
            yield self._with_violations(option, body, problem)
            yield body

    def names_parts(self, schema: JSON) -> bool:
        """Whether the schema says what its bodies are made of, so that no example has to."""
        if schema is None:
            return False
        resolved = self._contract.resolve(schema)
        told = {"oneOf", "anyOf", "properties", "allOf", "items"}
        kinds = types_of(resolved) if isinstance(resolved, dict) else {None}
        return bool(isinstance(resolved, dict) and told & resolved.keys()) or kinds.isdisjoint({"object", None})

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
        if key in STATUSES and _takes_a_number(key, schema):
            return problem.status if _leaves_open(problem.status, schema) else None
        if kind in _NUMBERS:
            return None
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
            violations = [{"location": _WHOLE, "pointer": "", "message": sentence_of(problem)}]
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
        return meant(schema["enum"], problem.status) if key in CODES | STATUSES | _TITLES else None
    if key in SURELY_STATUSES:
        return code_of(key, schema, problem.status)
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
        return status if key in STATUSES else None
    return _text_of_one(key, schema, violation, status) if kind in ("string", None) else None


def _text_of_one(key: str, schema: Schema, violation: Mapping[str, str], status: int) -> str | None:
    """What a text of that plain name says of one violation."""
    message, pointer = violation["message"], violation["pointer"]
    if violation["location"] == _WHOLE and key in CODES | STATUSES and "enum" not in schema and key != "status":
        code = code_of(key, schema, status)
        return code if isinstance(code, str) else None
    if "enum" in schema:
        word = meant(schema["enum"], status, message)
        return word if isinstance(word, str) else None
    if key in CODES - {"status"}:
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


def _takes_a_number(key: str, schema: Schema) -> bool:
    """Whether a status is told as a number there; where any type is taken, the name says so."""
    kinds = types_of(schema)
    return not kinds.isdisjoint(_NUMBERS) or (kinds == {None} and key in SURELY_STATUSES | {"status"})


def _leaves_open(value: JSON, schema: Schema) -> bool:
    """Whether the values that a schema lists have this among them, or it lists none."""
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return not isinstance(listed, list) or value in listed


def _kind(schema: Schema) -> JSON:
    """The one type that a schema has beside null; None where it has none or several."""
    kinds = types_of(schema) - {"null"}
    return kinds.pop() if len(kinds) == 1 else None


def _fitting(text: str, schema: Schema) -> str | None:
    """The text as far as it fits; None where the schema asks for something else than a text of people's."""
    if "pattern" in schema or "const" in schema or schema.get("format", "text") not in _FREE:
        return None
    most = schema.get("maxLength")
    return text if not isinstance(most, int) else text[:most]


def _plainest(name: str, schema: Schema, problem: Problem) -> JSON:
    """A value for a required property that errors have no word for; None where one has to be made."""
    kind, key = _kind(schema), plain(name)
    code = code_of(key, schema, problem.status) if key in CODES | STATUSES and kind not in ("object", "array") else None
    if code is not None and not (kind in _NUMBERS and isinstance(code, str)):
        return code
    for keyword in ("const", "default", "example"):
        if keyword in schema:
            return schema[keyword]
    if schema.get("enum"):
        return schema["enum"][0]
    if kind in (None, "string"):
        return _fitting("", schema)
    return {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}.get(kind)
