"""Values for a schema: plausible ones, ones that break careless code, ones just past a bound, ones that do not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from specdouble.verify.patterns import matching
from specdouble.verify.privilege import empowers, grants, mildest

Schema = dict[str, Any]
Resolve = Callable[[Any], Any]

_FORMATS = {
    "email": "probe{0}@example.com", "idn-email": "probe{0}@example.com", "date-time": "2026-03-04T05:06:07.089Z",
    "date": "2026-03-04", "time": "05:06:07Z", "duration": "P3D",
    "uri": "https://example.com/{0}", "url": "https://example.com/{0}", "uri-reference": "/{0}", "iri": "https://example.com/{0}",
    "hostname": "h{0}.example.com", "ipv4": "192.0.2.17", "ipv6": "2001:db8::17", "byte": "cHJvYmU=",
    "json-pointer": "/probe", "regex": "^probe$",
}  # fmt: skip

# Text that careless code trims, cuts, escapes, folds, evaluates or takes for something else.
TEXTS = (
    "Zażółć gęślą jaźń — 価格 ¥100",
    "👩🏽‍🚀 emoji 🦊",
    "<b>Tom & \"Jerry\"</b> 'quoted' &amp; %20 \\ back/slash",
    "  outer spaces  ",
    "line one\nline two\ttabbed",
    "line one\r\nline two",
    "{{firstName}} ${HOME} %s {0} $1",
    "0",
    "false",
    "null",
    "007",
    "1e3",
    "2026-01-01",
    "x" * 256 + " end",
    "lorem ipsum " * 170 + "end",
    "MiXeD CaSe",
    "two  inner   spaces",
    "e\u0301 decomposed",
    "Robert'); DROP TABLE leads;--",
    "",
)
# Moments and days that careless code moves: of another zone, with fractions of a second, at the end of a month.
_TIMES = {
    "date-time": ("2026-03-04T05:06:07+05:30", "2026-07-31T23:59:59.250-08:00"),
    "date": ("2024-02-29", "2026-01-01"),
}
NUMBERS = (0, 1, 0.125, 4.5, 12345.678901, 0.1, 1e-7, 2**31 + 1, 2**53 - 1, 99.99, 1e15, -1, -0.5)
LARGEST_INT32 = 2**31 - 1
MOST_VARIED = 4  # texts of a pattern
FAR = 2**53 - 1  # a number that no document has yet; the last that JSON's numbers hold for sure (RFC 8259, 6)
OWN_IDS = ("_id", "id")  # of an object within a document: the server gives it one, where the contract asks for none
INTEGERS = (0, 1, 7, 2**31 + 1, 2**53 - 1, -1, 100)


def merged(schema: Any, resolve: Resolve) -> Schema:
    """The schema with `$ref`, `allOf` and the first of `oneOf` or `anyOf` folded in."""
    schema = resolve(schema)
    if not isinstance(schema, dict):
        return {}
    parts = [*(schema.get("allOf") or ()), *(schema.get("oneOf") or schema.get("anyOf") or ())[:1]]
    whole: Schema = {}
    for part in parts:
        whole = _joined(whole, merged(part, resolve))
    whole = _joined(whole, {key: value for key, value in schema.items() if key not in ("allOf", "oneOf", "anyOf")})
    return {**whole, "enum": _choices(whole["enum"])} if isinstance(whole.get("enum"), list) else whole


def _choices(values: list[Any]) -> list[Any]:
    """The values that mean something: `STATE_UNSPECIFIED` says in Protocol Buffers that none was chosen (AIP-126)."""
    return [one for one in values if not (isinstance(one, str) and one.endswith("_UNSPECIFIED"))] or values


def _joined(one: Schema, other: Schema) -> Schema:
    joined = {**one, **other}
    for key, join in (("properties", dict), ("required", list)):
        if key in one and key in other:
            joined[key] = {**one[key], **other[key]} if join is dict else [*one[key], *other[key]]
    return joined


def kind(schema: Schema) -> str:
    """The JSON type that a schema asks for first; guessed where it does not say."""
    told = schema.get("type")
    told = next((one for one in told if one != "null"), "null") if isinstance(told, list) else told
    if isinstance(told, str):
        return told
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    first = next(iter(schema.get("enum") or ()), "")
    return {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}.get(type(first), "string")


def plausible(schema: Any, resolve: Resolve, word: str, depth: int = 0, name: str = "") -> Any:
    """An everyday value of the schema, told apart from others by the word.

    Args:
        schema: what it must fit.
        resolve: follows a `$ref`.
        word: what tells it apart.
        depth: how deep within a document it stands.
        name: the property that it is for: who is created is not given more rights than must be.
    """
    schema = merged(schema, resolve)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _choice(schema, name)
    what = kind(schema)
    if what == "boolean":
        return _flag(schema, depth, name)
    if what in ("integer", "number"):
        return _number(schema, what)
    if what == "array":
        count = max(int(schema.get("minItems", 0)), 1 if depth < 3 else 0)
        return [plausible(schema.get("items"), resolve, f"{word}{n or ''}", depth + 1, name) for n in range(count)]
    if what == "object":
        return _document(schema, resolve, word, depth)
    return _text(schema, word) if what == "string" else None


def _flag(schema: Schema, depth: int, name: str) -> bool:
    if empowers(name):  # `isAdmin`
        return False
    # Within an object the default is the mild one: a matcher that is negated matches all of others' documents.
    return schema["default"] is True if depth and "default" in schema else schema.get("default") is not True


def _document(schema: Schema, resolve: Resolve, word: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    values = schema.get("additionalProperties")
    if not properties and isinstance(values, dict) and values and depth < 3:
        return {"probe": plausible(values, resolve, word, depth + 1)}
    wanted = properties if depth < 3 else {n: properties[n] for n in schema.get("required", ()) if n in properties}
    return {
        name: plausible(part, resolve, word, depth + 1, name)
        for name, part in wanted.items()
        if is_sent_within(schema, name, resolve(part) or {})
    }


def is_sent_within(schema: Schema, name: str, part: Schema) -> bool:
    """Whether an object within a document is sent with the property: not what the server sets, an id where it must."""
    return not part.get("readOnly") and (name not in OWN_IDS or name in schema.get("required", ()))


def _choice(schema: Schema, name: str) -> Any:
    """One of the values of an enum: another than the default, but where it says what somebody may do."""
    known = [value for value in schema["enum"] if value is not None] or schema["enum"]
    if grants(name):
        examples = schema.get("examples")
        shown = (schema.get("default"), schema.get("example"), *(examples if isinstance(examples, list) else ()))
        return mildest(known, shown)
    return next((value for value in known if value != schema.get("default", ...)), known[0])


def within(schema: Schema, number: int) -> float:
    """A number that the schema takes, another one for each that is given as long as there are such.

    Args:
        schema: that of a number.
        number: a large one.
    """
    low, high = _range(schema)
    step = schema.get("multipleOf") or 1
    first = 0 if low is None else math.ceil(low / step)
    last = max(first, number) if high is None else math.floor(high / step)
    if first > last:
        return _number(schema, kind(schema))  # there is no whole one
    place = number if first <= number <= last else first + number % (last - first + 1)
    found = place * step
    return int(found) if found == int(found) else found


def takes_few(schema: Schema, most: int) -> bool:
    """Whether a schema is of a number, and its bounds are no further apart than that."""
    if kind(schema) not in ("integer", "number"):
        return False
    low, high = _range(schema)
    return low is not None and high is not None and high - low <= most


def _range(schema: Schema) -> tuple[float | None, float | None]:
    """The least and the greatest number that a schema takes, where there are such."""
    unit = 1 if kind(schema) == "integer" else 0.25
    low, high = schema.get("minimum"), schema.get("maximum")
    exclusive_low, exclusive_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(exclusive_low, int | float) and not isinstance(exclusive_low, bool):
        low = exclusive_low + unit
    elif exclusive_low is True and low is not None:
        low += unit
    if isinstance(exclusive_high, int | float) and not isinstance(exclusive_high, bool):
        high = exclusive_high - unit
    elif exclusive_high is True and high is not None:
        high -= unit
    if schema.get("format") == "int32":
        high = LARGEST_INT32 if high is None else min(high, LARGEST_INT32)
    return low, high


def _number(schema: Schema, what: str) -> float:
    low, high = _range(schema)
    step = schema.get("multipleOf")
    usual = 7 if what == "integer" else 7.25
    value = usual if low is None else max(low, usual)
    if high is not None and value > high:
        value = (low + high) / 2 if low is not None else high
    if step:
        value = round(value / step) * step
    return int(value) if what == "integer" else value


def _text(schema: Schema, word: str) -> str:
    if schema.get("format") == "uuid":
        return str(uuid5(NAMESPACE_URL, word))
    shape = _FORMATS.get(str(schema.get("format")))
    plain = "".join(char for char in word if char.isascii() and char.isalnum())
    text = shape.format(plain) if shape else f"Text {word}"
    if "pattern" in schema and not shape:
        text = _of_pattern(schema)
    text = text.ljust(int(schema.get("minLength", 0)), "x")
    return text[: schema["maxLength"]] if "maxLength" in schema else text


def _of_pattern(schema: Schema) -> str:
    """A text that matches, of a length that the schema takes: `^[0-9]*$` is matched by the empty one too."""
    return next(iter(_of_patterns(schema, 1)), next(iter(matching(str(schema["pattern"]), 0)), "x"))


def _of_patterns(schema: Schema, count: int) -> list[str]:
    """So many texts that match, where there are so many: no two alike, in another case either."""
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    found = {text.casefold(): text for text in reversed(matching(str(schema["pattern"]), 0))}
    fitting = (text for text in reversed(found.values()) if least <= len(text) and (most is None or len(text) <= most))
    return list(islice(fitting, count))


def catalogue(schema: Any, resolve: Resolve) -> list[Any]:
    """Values that a careless server would not keep as they are; some may not fit the schema."""
    schema = merged(schema, resolve)
    what = kind(schema)
    if schema.get("enum"):
        return list(schema["enum"])
    if what == "boolean":
        return [True, False]
    if what == "integer":
        return [*INTEGERS, *_bounds(schema), *_beyond_doubles(schema)]
    if what == "number":
        return [*NUMBERS, *_bounds(schema)]
    if what == "string":
        return _texts(schema)
    if what == "array":
        one = plausible(schema, resolve, "one")
        return [one, [], one * 3, _items(schema, resolve, 3)] if isinstance(one, list) else []
    one = plausible(schema, resolve, "one")
    is_named_by_clients = not schema.get("properties") and isinstance(one, dict)
    members = list(one.values())[:1] if is_named_by_clients else []
    return [one, *({"Mixed Case-1": value} for value in members)]


def _texts(schema: Schema) -> list[Any]:
    if schema.get("format") == "email":
        return ["First.Last+tag@Sub.Example.com", "o'hara_1@example.co.uk"]
    if "pattern" in schema:
        return [*TEXTS, *_varied(schema["pattern"])]
    return list(_TIMES.get(str(schema.get("format")), ())) if schema.get("format") else list(TEXTS)


def _varied(pattern: str) -> list[str]:
    """A few texts that match a pattern, of as many characters as there are."""
    return sorted(matching(pattern, 0), key=lambda text: (-len({*text}), text))[:MOST_VARIED]


def _beyond_doubles(schema: Schema) -> list[int]:
    """An integer that no double holds (RFC 8259, 6), where the contract names larger ones as 64 bits (`int64`)."""
    most = schema.get("maximum")
    names_larger = schema.get("format") == "int64" and isinstance(most, int) and most > FAR
    return [FAR + 2] if names_larger else []


def _bounds(schema: Schema) -> list[float]:
    return [schema[name] for name in ("minimum", "maximum") if isinstance(schema.get(name), int | float)]


def edges(schema: Any, resolve: Resolve) -> Iterator[tuple[str, Any]]:
    """Values on both sides of each bound, and large ones where there is none; each with what it is."""
    schema = merged(schema, resolve)
    what = kind(schema)
    if schema.get("enum"):
        return
    if what in ("integer", "number"):
        yield from _number_edges(schema, what)
    elif what == "string" and not schema.get("format") and "pattern" not in schema:
        yield from _length_edges(schema, "minLength", "maxLength", lambda size: "n" * size, (1, 256, 2000))
        most = schema.get("maxLength")
        if isinstance(most, int) and 0 < most <= 100_000:  # JSON Schema counts characters (RFC 8259, 7)
            yield f"{most} characters of two bytes, the most", "é" * most
            yield f"{most} characters of two UTF-16 units, the most", "🦊" * most
    elif what == "array":
        yield from _length_edges(schema, "minItems", "maxItems", partial(_items, schema, resolve), (0, 1, 30))
        if schema.get("uniqueItems") is True:
            yield "an item twice", _items(schema, resolve, 1) * 2


def _items(schema: Schema, resolve: Resolve, count: int) -> list[Any]:
    """So many items, from the last to the first, no two alike where there are so many values."""
    items = merged(schema.get("items"), resolve)
    options = items.get("enum") or []
    made = options[:count] or [plausible(items, resolve, f"{count - number}") for number in range(count)]
    if kind(items) in ("integer", "number") and not options:
        made = [within(items, count - number + _whole(items.get("minimum", 0))) for number in range(count)]
    elif "pattern" in items and not options:
        made = [*reversed(_of_patterns(items, count))] or made
    return (made * (count // len(made) + 1))[:count] if made else []


def _whole(bound: object) -> int:
    return math.ceil(bound) if isinstance(bound, int | float) else 0


def _number_edges(schema: Schema, what: str) -> Iterator[tuple[str, Any]]:
    steps = (1,) if what == "integer" else (1, 0.01, 1e-9)
    yield from _beside_bound(schema, "minimum", -1, steps)
    yield from _beside_bound(schema, "maximum", 1, steps)
    if "maximum" not in schema:
        for large in (100_000, 2**31, 2**31 + 1, 2**40):
            yield "a large number", large
    if "minimum" not in schema:
        yield "a negative number", -1
    if schema.get("multipleOf"):
        yield "no multiple", schema["multipleOf"] * 1.5


def _beside_bound(schema: Schema, name: str, sign: int, steps: tuple[float, ...]) -> Iterator[tuple[str, Any]]:
    bound = schema.get(name)
    if isinstance(bound, int | float):
        yield f"the {name} {bound}", bound
        for step in steps:
            yield f"{step} past the {name}", bound + sign * step
            yield f"{step} inside the {name}", bound - sign * step
        yield f"far past the {name}", bound + sign * 1_000_000
    exclusive = schema.get("exclusive" + name.title())
    if isinstance(exclusive, int | float) and not isinstance(exclusive, bool):
        yield f"the exclusive {name} {exclusive}", exclusive
        yield f"1 inside the exclusive {name}", exclusive - sign


def _length_edges(
    schema: Schema, least: str, most: str, make: Callable[[int], Any], free: tuple[int, ...]
) -> Iterator[tuple[str, Any]]:
    unit = "characters" if least == "minLength" else "items"
    low, high = schema.get(least), schema.get(most)
    if isinstance(low, int) and low > 0:
        yield f"{low} {unit}, the least", make(low)
        yield f"{low - 1} {unit}, too few", make(low - 1)
    if isinstance(high, int) and high <= 100_000:
        yield f"{high} {unit}, the most", make(high)
        yield f"{high + 1} {unit}, too many", make(high + 1)
        yield f"{2 * high + 1} {unit}, far too many", make(2 * high + 1)
    else:
        for size in free:
            if size >= (low or 0):
                yield f"{size} {unit}", make(size)


def unlike(known: Any) -> Any:
    """An id of the same form that hardly any document has: its first character, or the number, is another."""
    if isinstance(known, str):
        return ("0" if known[:1] != "0" else "1") + known[1:]
    return known + 98_765


def unlike_but_fitting(known: object, fits: Callable[[Any], bool]) -> Any:
    """An id that hardly any document has, as a parameter takes it: `crs_7h2k` keeps its beginning.

    Args:
        known: the id of a document.
        fits: whether the parameter takes a value.
    """
    if not isinstance(known, str):
        return FAR if fits(FAR) else unlike(known)
    others = (known[:at] + char + known[at + 1 :] for at in range(len(known)) for char in "01ab" if known[at] != char)
    return next((one for one in (unlike(known), *others) if fits(one)), unlike(known))


def other_than(known: object, value: object, fits: Callable[[Any], bool]) -> Any:
    """The value, or where it is the known one a value beside it: the other truth, the next number."""
    if value != known:
        return value
    beside: list[Any] = []
    if isinstance(known, bool):
        beside = [not known]
    elif isinstance(known, int | float):
        beside = [known + 1, known - 1]
    return next((one for one in beside if fits(one)), value)


def unfitting(schema: Any, resolve: Resolve) -> list[Any]:
    """Values that hardly fit the schema: of each other type, outside of the enum, ill-formed."""
    schema = merged(schema, resolve)
    what = kind(schema)
    by_kind: dict[str, list[Any]] = {
        "string": [17, True, [], {}, None, ["text"]],
        "integer": ["7", 1.5, True, "", None, []],
        "number": ["4.5", "", True, None, [], {}],
        "boolean": ["true", "false", "", 0, 1, None, "yes"],
        "array": ["text", {}, None, 3],
        "object": ["text", [], None, 3],
    }
    others = list(by_kind.get(what, []))
    if schema.get("enum") and what == "string":
        first = str(schema["enum"][0])
        others += ["nonsense", "", first.upper() if first.upper() != first else first.lower(), first + " ", f" {first}"]
    if schema.get("format") in ("email", "date-time", "date", "uuid", "uri", "ipv4"):
        others += ["nonsense", "", "no @ sign"]
    if "pattern" in schema:
        others += ["\u0001", ""]
    return others
