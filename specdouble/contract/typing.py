"""What the schemas of a contract say of the parts of an expression: which properties there are, and of what type.

JSON has no times, and one kind of numbers; CEL has both times and durations, and does not add an integer to a double.
So each part is read as its schema means it, as Kubernetes does: a text of the format `date-time` is a timestamp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, NamedTuple

from specdouble.contract.document import Document
from specdouble.contract.expression_tree import Call, Constant, Each, Entries, Field, Has, Items, Name, Node, text_of
from specdouble.contract.properties import described, properties_of

Schema = Mapping[str, Any]
Find = Callable[[str, str], None]  # the reason and the remedy

COMPARISONS = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_ARITHMETIC = ("_+_", "_-_", "_*_", "_/_", "_%_")
_LOGIC = ("_&&_", "_||_", "!_")
_FORMATS = {"date-time": "timestamp", "date": "timestamp", "duration": "duration"}
_RESULTS = {
    "size": "integer", "int": "integer", "indexOf": "integer", "double": "number", "string": "string",
    "timestamp": "timestamp", "duration": "duration", "isoDuration": "duration", "matches": "boolean",
    "startsWith": "boolean", "endsWith": "boolean", "contains": "boolean", "@in": "boolean", "isSorted": "boolean",
    "lowerAscii": "string", "upperAscii": "string", "trim": "string", "replace": "string", "join": "string",
    "substring": "string", "split": "array",
    **dict.fromkeys([*COMPARISONS, *_LOGIC], "boolean"),
}  # fmt: skip
_DEEPEST = 20


class Typed(NamedTuple):
    """A part of an expression, as its schema means it.

    Args:
        node: the part.
        kind: a type of JSON Schema, `timestamp` or `duration`; empty where it is not known.
        schema: what is known of its value.
    """

    node: Node
    kind: str = ""
    schema: Schema | None = None


class Typing:
    """Reads expressions as the schemas of a contract mean them.

    Args:
        document: the contract's document.
        find: is told what is wrong.
    """

    def __init__(self, document: Document, find: Find) -> None:
        self._document = document
        self._find = find

    def typed(self, node: Node, names: Mapping[str, Schema | None]) -> Typed:
        """The part with conversions where its schemas ask for them.

        Args:
            node: the part.
            names: the schema of each variable.
        """
        if isinstance(node, Constant):
            return Typed(node, kind_of_value(node.value))
        if isinstance(node, Name):
            return self._converted(node, names.get(node.name))
        if isinstance(node, Field | Has):
            return self._member(node, names)
        if isinstance(node, Items):
            inside = [self.typed(one, names) for one in node.items]
            return Typed(Items(tuple(one.node for one in inside)), "array")
        if isinstance(node, Entries):
            pairs = [(self.typed(key, names).node, self.typed(value, names).node) for key, value in node.entries]
            return Typed(Entries(tuple(pairs)), "object")
        if isinstance(node, Each):
            return self._each(node, names)
        assert isinstance(node, Call)
        return self._call(node, names)

    def _member(self, node: Field | Has, names: Mapping[str, Schema | None]) -> Typed:
        holder = self._plain(node.operand, names)
        schema = self._property(holder.schema, node.name, text_of(node.operand))
        plain = replace(node, operand=holder.node)
        return Typed(plain, "boolean") if isinstance(node, Has) else self._converted(plain, schema)

    def _plain(self, node: Node, names: Mapping[str, Schema | None]) -> Typed:
        """The part unconverted: what holds others is taken as it is."""
        if isinstance(node, Name):
            return Typed(node, "", names.get(node.name))
        if isinstance(node, Field):
            holder = self._plain(node.operand, names)
            schema = self._property(holder.schema, node.name, text_of(node.operand))
            return Typed(replace(node, operand=holder.node), "", schema)
        return self.typed(node, names)

    def _property(self, schema: Schema | None, name: str, holder: str) -> Schema | None:
        if schema is None:
            return None
        known = fields_of(self._document, schema)
        if name in known:
            return known[name]
        inside = schema.get("additionalProperties")
        if isinstance(inside, dict) and inside:
            return self._described(inside)
        if known and inside is not True and not inside and "patternProperties" not in schema:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            remedy = f"write `{near[0]}`" if near else "use one of " + ", ".join(f"`{one}`" for one in known)
            self._find(f"`{holder}` has no property `{name}`", remedy)
        return None

    def _described(self, schema: Any) -> Schema | None:
        try:
            return whole(self._document, schema)
        except LookupError:
            return None

    def _converted(self, node: Node, schema: Schema | None) -> Typed:
        kind = kind_of(schema)
        converted = _conversion(node, kind, str((schema or {}).get("format")))
        if converted is not node and takes_null(schema or {}):
            plain: Node = Call("_==_", (node, Constant(None)))
            converted = Call("_?_:_", (plain, Call("dyn", (Constant(None),)), Call("dyn", (converted,))))
        return Typed(converted, kind, schema)

    def _each(self, node: Each, names: Mapping[str, Schema | None]) -> Typed:
        over = self.typed(node.over, names)
        items = over.schema.get("items") if over.schema and over.kind == "array" else None
        inside = {**names, node.variable: self._described(items) if items is not None else None}
        if over.kind == "object":
            inside[node.variable] = {"type": "string"}
        body = self.typed(node.body, inside)
        where = self.typed(node.where, inside) if node.where is not None else None
        asked = where if where is not None else (body if node.macro != "map" else None)
        if asked is not None:
            self._ask_condition(asked)
        made = replace(node, over=over.node, body=body.node, where=where.node if where else None)
        if node.macro == "filter":
            return Typed(made, over.kind, over.schema)
        return Typed(made, "array" if node.macro == "map" else "boolean")

    def _call(self, node: Call, names: Mapping[str, Schema | None]) -> Typed:
        if node.function in ("_==_", "_!=_") and Constant(None) in node.arguments:
            plain = tuple(self._plain(one, names).node for one in node.arguments)
            return Typed(replace(node, arguments=plain), "boolean")
        inside = [self.typed(one, names) for one in node.arguments]
        if node.function in _LOGIC:
            for one in inside:
                self._ask_condition(one)
        if node.function in COMPARISONS:
            self._compare(node, inside)
        if node.function in _ARITHMETIC:
            inside = _as_one_kind(inside)
        return self._result(replace(node, arguments=tuple(one.node for one in inside)), inside)

    def _result(self, node: Call, inside: list[Typed]) -> Typed:
        name, first = node.function, inside[0] if inside else None
        if name == "_[_]" and first is not None and first.schema is not None:
            key = "items" if first.kind == "array" else "additionalProperties"
            held = first.schema.get(key)
            return self._converted(node, self._described(held) if isinstance(held, dict) else None)
        if name == "_?_:_":
            return Typed(node, inside[1].kind if inside[1].kind == inside[2].kind else "")
        if name in _ARITHMETIC or name == "-_":
            kinds = {one.kind for one in inside}
            times = kinds <= {"timestamp", "duration"}
            return Typed(node, kinds.pop() if len(kinds) == 1 and not (times and name == "_-_") else "")
        return Typed(node, _RESULTS.get(name, ""))

    def _compare(self, node: Call, inside: list[Typed]) -> None:
        one, other = (_comparable(part.kind) for part in inside)
        if one and other and one != other:
            first, second = map(text_of, node.arguments)
            reason = f"`{first}` is {_article(one)} and `{second}` {_article(other)}"
            self._find(f"{reason}: they cannot be compared", "compare what is of the same type, or convert one side")

    def _ask_condition(self, part: Typed) -> None:
        if part.kind not in ("", "boolean"):
            remedy = "write a comparison, or `has(…)` to ask whether it is there"
            self._find(f"`{text_of(part.node)}` is {_article(part.kind)}, not a condition", remedy)


def _conversion(node: Node, kind: str, format: str) -> Node:
    if kind == "number":
        return Call("double", (node,))
    if kind == "duration":
        return Call("isoDuration", (node,))
    if kind == "timestamp":
        text: Node = Call("_+_", (node, Constant("T00:00:00Z"))) if format == "date" else node
        return Call("timestamp", (text,))
    return node


def _as_one_kind(inside: list[Typed]) -> list[Typed]:
    """Of a number and an integer two numbers: to JSON they are the same."""
    if {one.kind for one in inside} != {"number", "integer"}:
        return inside
    return [one if one.kind == "number" else Typed(Call("double", (one.node,)), "number") for one in inside]


def _comparable(kind: str) -> str:
    return "number" if kind == "integer" else kind


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aio" else f"a {kind}"


def kind_of_value(value: object) -> str:
    """The type of a literal; empty for null, which is compared with everything."""
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "")


def kind_of(schema: Schema | None) -> str:
    """What a schema says that values are: a type of JSON Schema, `timestamp`, `duration`; empty where it says none."""
    told = schema.get("type") if schema else None
    kinds = [one for one in (told if isinstance(told, list) else [told]) if one != "null"]
    kind = str(kinds[0]) if len(kinds) == 1 and kinds[0] else ""
    return _FORMATS.get(str(schema.get("format")), kind) if kind == "string" and schema else kind


def takes_null(schema: Schema) -> bool:
    """Whether null is among the values of a schema."""
    told = schema.get("type")
    return schema.get("nullable") is True or (isinstance(told, list) and "null" in told)


def whole(document: Document, schema: Any) -> dict[str, Any]:
    """What a schema says through `$ref` and `allOf`; of `anyOf` and `oneOf` what is left beside null, where it is one.

    Raises:
        LookupError: a `$ref` leads to nothing.
    """
    told = described(document, schema)
    for key in ("anyOf", "oneOf"):
        branches = [document.resolve(one) for one in told.get(key) or () if isinstance(one, dict)]
        others = [one for one in branches if one.get("type") != "null"]
        if "type" not in told and len(others) == 1 and len(branches) > 1:
            return {**whole(document, others[0]), "nullable": True}
    return told


def fields_of(document: Document, schema: Any) -> dict[str, dict[str, Any]]:
    """The properties of an object schema by name, those of its alternatives too."""
    found: dict[str, dict[str, Any]] = {}
    for one in _alternatives(document, schema, 0):
        for name, part, _ in properties_of(document, one, ""):
            found.setdefault(name, whole(document, part))
    return found


def _alternatives(document: Document, schema: Any, depth: int) -> Iterator[Any]:
    yield schema
    try:
        told = document.resolve(schema)
    except LookupError:
        return
    if not isinstance(told, dict) or depth > _DEEPEST:
        return
    for key in ("oneOf", "anyOf"):
        for one in told.get(key) or ():
            yield from _alternatives(document, one, depth + 1)
