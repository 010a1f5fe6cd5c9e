"""The requests that the judge makes: values by schema, each with a text of its own that can be found again."""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from benchmarks.judge.contract import Described, Operation, Schema, plain

_FORMATS = {
    "date-time": "2031-05-0{0}T10:20:30Z",
    "date": "2031-05-0{0}",
    "time": "10:20:3{0}Z",
    "email": "judge{0}@example.com",
    "uuid": "6f1f1f1f-0000-4000-8000-00000000000{0}",
    "guid": "6f1f1f1f-0000-4000-8000-00000000000{0}",
    "uri": "https://example.com/{0}",
    "url": "https://example.com/{0}",
    "uri-reference": "https://example.com/{0}",
    "hostname": "judge{0}.example.com",
    "ipv4": "192.0.2.{0}",
    "ipv6": "2001:db8::{0}",
    "byte": "anVkZ2U{0}",
    "duration": "P{0}D",
}


# A list is asked for its first page: what is on a page of a made-up number, nobody knows.
_FIRST_OF_A_LIST = {"offset": 0, "skip": 0, "start": 0, "startindex": 0, "page": 1}


class UnmakeableError(Exception):
    """The judge can make no valid request."""


class Writer:
    """Makes requests.

    Args:
        described: the contract.
    """

    def __init__(self, described: Described) -> None:
        self.described = described

    def body(self, operation: Operation, salt: str) -> Any:
        """A valid body; another salt makes another one.

        Raises:
            UnmakeableError: none was found.
        """
        if operation.media is None:
            return None
        schema = operation.media[1]
        told = ""
        for attempt in range(4):
            made = self.value(schema, salt, "", attempt=attempt)
            if "form" in operation.media[0]:
                made = _without_empties(made)
            error = self._mended(schema, made)
            if error is None:
                return made
            told = told or error.message[:120]
        for example in operation.examples:
            if self._error(schema, example) is None:
                return example
        raise UnmakeableError(f"{operation.method} {operation.path}: {told}")

    def _mended(self, schema: Schema, made: Any) -> Any:
        """What is wrong with a value at first, where leaving out what is wrong does not mend it."""
        first = error = self._error(schema, made)
        for _ in range(12):
            path = list(error.absolute_path) if error is not None else []
            if not path or not isinstance(made, dict) or not _without(made, path):
                break
            error = self._error(schema, made)
        return first if error is not None else None

    def _error(self, schema: Schema, value: Any) -> Any:
        try:
            checker = self.described.writes(schema, registry=self.described.registry, format_checker=None)
            return next(checker.iter_errors(value), None)
        except Exception:  # the contract's schema is none that python-jsonschema takes
            return None

    def document(self, operation: Operation, body: Any) -> dict[str, Any]:
        """The document in a body."""
        for name in self.described.way_in(operation):
            body = body.get(name) if isinstance(body, dict) else None
        return body if isinstance(body, dict) else {}

    def value(self, schema: Schema, salt: str, name: str, depth: int = 0, attempt: int = 0) -> Any:
        """A value of the schema, as far as the judge understands it."""
        schema = self.described.resolve(schema)
        if not isinstance(schema, dict) or depth > 7:
            return "judge"
        whole = self._whole(schema, attempt)
        number = zlib.crc32(f"{salt} {name}".encode())
        if "const" in whole:
            return whole["const"]
        if whole.get("enum"):
            choices = [one for one in whole["enum"] if one is not None] or whole["enum"]
            return choices[number % len(choices)]
        kinds = whole.get("type")
        kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
        kind = kind or ("object" if "properties" in whole else "array" if "items" in whole else "string")
        if kind == "object":
            return self._object(whole, salt, depth, attempt)
        if kind == "array":
            least = max(int(whole.get("minItems", 0)), 1)
            inner = whole.get("items") or {}
            return [self.value(inner, f"{salt} {index}", name, depth + 1, attempt) for index in range(least)]
        if kind == "boolean":
            return bool(number % 2)
        if kind in ("integer", "number"):
            return _number(whole, number)
        return None if kind == "null" else _text(whole, name, number)

    def _whole(self, schema: dict[str, Any], attempt: int, depth: int = 0) -> dict[str, Any]:
        """The schema with what it is made of merged in: all of `allOf`, one of the alternatives."""
        whole = {key: value for key, value in schema.items() if key not in ("allOf", "oneOf", "anyOf")}
        parts = list(schema.get("allOf") or ())
        for keyword in ("oneOf", "anyOf"):
            options = [one for one in schema.get(keyword) or () if self.described.kinds(one) != {"null"}]
            if options:
                parts.append(options[min(attempt, len(options) - 1)])
        for part in parts if depth < 6 else ():
            resolved = self.described.resolve(part)
            if isinstance(resolved, dict):
                inner = self._whole(resolved, attempt, depth + 1)
                both = {**(inner.get("properties") or {}), **(whole.get("properties") or {})}
                required = [*(whole.get("required") or ()), *(inner.get("required") or ())]
                whole = {**inner, **whole}
                if both:
                    whole["properties"] = both
                if required:
                    whole["required"] = required
        return whole

    def _object(self, schema: dict[str, Any], salt: str, depth: int, attempt: int) -> dict[str, Any]:
        required = {*(schema.get("required") or ())} if isinstance(schema.get("required"), list) else set()
        made = {}
        for name, part in (schema.get("properties") or {}).items():
            resolved = self.described.resolve(part)
            if not isinstance(resolved, dict) or resolved.get("readOnly") is True:
                continue
            if name in required or (depth < 2 and attempt < 2 and self._is_simple(resolved, depth)):
                made[name] = self.value(resolved, salt, name, depth + 1, attempt)
        for name in required - made.keys():
            if name not in (schema.get("properties") or {}):
                made[name] = f"judge {name}"
        return made

    def _is_simple(self, schema: dict[str, Any], depth: int) -> bool:
        """Whether an optional property is sent: a scalar without riddles, or an object of such."""
        if "pattern" in schema or schema.get("format") in ("binary", "password"):
            return False
        kinds = self.described.kinds(schema) - {"null"}
        if kinds == {"object"}:
            return depth == 0 and bool(self.described.properties(schema))
        return len(kinds) == 1 and kinds <= {"string", "integer", "number", "boolean"}

    def parameter(self, described: Described, path: str, name: str) -> str:
        """A value of a path parameter, where nothing tells one that exists."""
        item = described.paths.get(path) or {}
        for method in ("get", "post", "put", "patch", "delete"):
            operation = described.operation(path, method) if method in item else None
            for parameter in operation.parameters if operation else ():
                if parameter["name"] == name and parameter["in"] == "path":
                    return self._parameter(parameter)
        return "judge"

    def _parameter(self, parameter: Mapping[str, Any]) -> str:
        schema = parameter.get("schema") if "schema" in parameter else parameter
        first = _FIRST_OF_A_LIST.get(plain(str(parameter["name"])))
        if parameter["in"] == "query" and first is not None and self._takes(parameter, first):
            return _written(first)
        for holder in (parameter, self.described.resolve(schema) or {}):
            if isinstance(holder, dict) and holder.get("example") not in (None, ""):
                return _written(holder["example"])
        return _written(self.value(schema, "parameter", str(parameter["name"])))

    def _takes(self, parameter: Mapping[str, Any], value: Any) -> bool:
        """Whether a value of a document can be asked for: a date is no date-time."""
        schema = parameter.get("schema")
        if isinstance(value, dict) or not isinstance(schema, dict):
            return not isinstance(value, dict)
        return self.described.violation(schema, value, self.described.writes, formats=True) is None

    @staticmethod
    def _named_alike(name: str, known: Mapping[str, Any]) -> list[Any]:
        """What is known under the name: `generations` asks for a `generation`."""
        return [value for one, value in known.items() if plain(name) in (plain(one), plain(one) + "s")]

    def _chooses(self, parameter: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
        """Whether a list that is not asked for the value would leave it out by the parameter's default."""
        schema = self.described.resolve(parameter.get("schema")) if "schema" in parameter else parameter
        default = schema.get("default") if isinstance(schema, dict) else None
        same = self._named_alike(parameter["name"], known)
        return default is not None and bool(same) and same[0] != default and self._takes(parameter, same[0])

    def request(
        self, operation: Operation, parameters: Mapping[str, str], body: Any, known: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The arguments of `httpx.Client.request`; what is known of a document is asked for by it."""
        path, query, headers, cookies = operation.path, [], {}, {}
        for parameter in operation.parameters:
            name, place = parameter["name"], parameter["in"]
            if place == "path":
                told = parameters.get(name) or self._parameter(parameter)
                path = path.replace("{" + name + "}", quote(told, safe=""))
            elif place == "query" and (parameter.get("required") is True or self._chooses(parameter, known)):
                same = self._named_alike(name, known)
                is_known = bool(same) and self._takes(parameter, same[0])
                query.append((name, _written(same[0]) if is_known else self._parameter(parameter)))
            elif parameter.get("required") is True and place == "header":
                headers[name] = self._parameter(parameter)
            elif parameter.get("required") is True and place == "cookie":
                cookies[name] = self._parameter(parameter)
        for name, told in parameters.items():
            path = path.replace("{" + name + "}", quote(told, safe=""))
        path = re.sub(r"\{[^{}]+\}", "judge", path)
        self._sign(operation, query, headers, cookies)
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        content = _encoded(operation.media[0], body, headers) if body is not None and operation.media else {}
        url = self.described.base + path
        return {"method": operation.method.upper(), "url": url, "params": query, "headers": headers, **content}

    def _sign(self, operation: Operation, query: list[Any], headers: dict[str, str], cookies: dict[str, str]) -> None:
        for name in next(iter(operation.security), {}):
            scheme = self.described.schemes.get(name) or {}
            kind, place = scheme.get("type"), scheme.get("in")
            if kind == "apiKey" and place == "query":
                query.append((scheme["name"], "judge-key"))
            elif kind == "apiKey" and place == "cookie":
                cookies[scheme["name"]] = "judge-key"
            elif kind == "apiKey":
                headers[str(scheme.get("name"))] = "judge-key"
            elif kind == "basic" or str(scheme.get("scheme")).lower() == "basic":
                headers["Authorization"] = "Basic anVkZ2U6a2V5"
            elif kind == "http":
                headers["Authorization"] = f"{str(scheme.get('scheme') or 'bearer').capitalize()} judge-token"
            else:
                headers["Authorization"] = "Bearer judge-token"


def _encoded(kind: str, body: Any, headers: dict[str, str]) -> dict[str, Any]:
    if "urlencoded" in kind:
        return {"data": dict(_fields(body))}
    if "multipart" in kind:
        return {"files": {name: (None, value) for name, value in _fields(body)}}
    headers["Content-Type"] = "application/json" if "*" in kind else kind
    return {"content": json.dumps(body).encode()}


def _without_empties(value: Any) -> Any:
    """The value without objects that have an empty one inside: no form can write it."""
    if not isinstance(value, dict):
        return value
    inner = {name: _without_empties(part) for name, part in value.items()}
    return {
        name: part
        for name, part in inner.items()
        if part != {} and not (isinstance(part, dict) and {} in part.values())
    }


def _fields(body: Any, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in body.items() if isinstance(body, dict) else ():
        whole = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            found += _fields(value, whole)
        elif isinstance(value, list):
            found += [(f"{whole}[]", _written(one)) for one in value]
        else:
            found.append((whole, _written(value)))
    return found


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_written, value))
    return value if isinstance(value, str) else json.dumps(value)


def _number(schema: Mapping[str, Any], number: int) -> int | float:
    low, high = schema.get("minimum"), schema.get("maximum")
    low = low + 1 if isinstance(low, int | float) and schema.get("exclusiveMinimum") is True else low
    above = schema.get("exclusiveMinimum")
    if isinstance(above, int | float) and not isinstance(above, bool):
        low = above + 1
    start = int(low) if isinstance(low, int | float) else 1
    start = 1 if start < -1_000_000 else start  # a bound of the type, and no number that anybody would send
    room = int(high) - start if isinstance(high, int | float) else 50
    step = schema.get("multipleOf") or 1
    value = start + number % (max(0, min(room, 50)) + 1)
    return value if step == 1 else int(value // step) * step or step


def _text(schema: Mapping[str, Any], name: str, number: int) -> str:
    told = schema.get("format")
    if "pattern" in schema:
        return _matching(schema, number)
    if told in _FORMATS:
        return _FORMATS[told].format(number % 9 + 1)
    text = f"{plain(name)[:12] or 'judge'}-{number % 46656:04x}"
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    text = text.ljust(least, "x")
    return text[-int(most) :] if isinstance(most, int) and most < len(text) else text


def _matching(schema: Mapping[str, Any], number: int) -> str:
    """A text that matches the pattern: the contract's own example, else one that Hypothesis makes."""
    usual = _FORMATS[schema["format"]].format(number % 9 + 1) if schema.get("format") in _FORMATS else None
    for told in (schema.get("example"), schema.get("default"), usual, f"judge{number % 46656:04x}"):
        with contextlib.suppress(re.error):  # the dialect is ECMA's
            if isinstance(told, str) and re.search(schema["pattern"], told):
                return told
    return _generated(schema["pattern"], int(schema.get("minLength", 0)), int(schema.get("maxLength", 10**6)))


@cache
def _generated(pattern: str, least: int, most: int) -> str:
    import hypothesis
    from hypothesis import strategies

    # The first that fits will do: to look for a shorter one takes minutes where a pattern nests its repetitions.
    first = (hypothesis.Phase.generate,)
    quiet = hypothesis.settings(max_examples=200, database=None, derandomize=True, phases=first)
    try:
        texts = strategies.from_regex(pattern)
        return str(hypothesis.find(texts, lambda one: least <= len(one) <= most and "\x00" not in one, settings=quiet))
    except Exception as error:
        raise UnmakeableError(f"no text for {pattern!r}") from error


def _without(made: dict[str, Any], path: list[Any]) -> bool:
    """Take out what is wrong; False where it is not there."""
    holder: Any = made
    for part in path[:-1]:
        holder = holder[part]
    if isinstance(holder, dict) and path[-1] in holder:
        del holder[path[-1]]
        return True
    return False
