"""XML bodies, read into the value that their schema describes and written from it (OpenAPI 3.0.3, XML Object)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import orjson

from specdouble.contract import Contract, Violation
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.pointer import fragment, tokens
from specdouble.contract.properties import types_of
from specdouble.double.http.scalar import typed
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import DEEPEST, storable

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_FIRST_PIECE = 4096  # bytes
_NO_NAME = re.compile(r"[^\w.-]")
# What XML 1.0 has no way to write, 2.2.
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_xml(contract: Contract, raw: bytes, schema: JSON) -> JSON:
    """The value of an XML document under a schema. The root's name means nothing, nor do namespaces.

    Raises:
        Problem: 400, it is not XML, declares a document type, nests deeper than 100 levels, or holds what no store
            can keep.
    """
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 (what is unsafe needs a document type)
    try:
        for piece in _pieces(raw):
            parser.feed(piece)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _problem(f"is not XML: {error}") from None
    return storable(_Reader(contract).value(root, schema, 1), contract.reserved)


def write_xml(contract: Contract, value: JSON, schema: JSON) -> bytes:
    """The value as an XML document, as its schema says."""
    root = _Writer(contract).root(value, schema)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _pieces(raw: bytes) -> Iterator[bytes]:
    """The text in pieces, each as long as all before it.

    The parser reads a piece to its end, whatever the builder refuses in it: so it goes little further than that. A tag
    that a piece cuts is read again from its beginning; with pieces of one length that would be quadratic.
    """
    start, end = 0, _FIRST_PIECE
    while start < len(raw) or not start:
        yield raw[start:end]
        start, end = end, 2 * end


class _Builder(ElementTree.TreeBuilder):
    """Refuses what is too deep before all of it is built, and document types.

    Through those come entities that grow, and files from elsewhere.
    """

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _problem(f"is nested more than {DEEPEST} levels deep")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, *_told: str | None) -> None:
        raise _problem("declares a document type")


class _Schemas:
    """What the two directions read of a schema."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def whole(self, schema: JSON, depth: int = 0) -> dict[str, JSON]:
        """The schema behind its `$ref`, with the keywords of its `allOf`."""
        behind = self.contract.resolve(schema)
        found: dict[str, JSON] = dict(behind) if isinstance(behind, dict) else {}
        if isinstance(schema, dict):
            found.update(schema)  # what stands beside a `$ref` counts
        merged: dict[str, JSON] = {}
        for part in found.get("allOf") or () if depth < DEEPEST else ():
            merged.update(self.whole(part, depth + 1))
        merged.pop("xml", None)  # it names what it stands in, and nothing that takes it in
        return {**merged, **found}

    def properties(self, schema: Schema) -> dict[str, dict[str, JSON]]:
        """The properties, those of alternatives included."""
        found: dict[str, dict[str, JSON]] = {}
        for option in _options(schema):
            found.update(self.contract.properties(option))
        return {**found, **self.contract.properties(schema)}

    def items(self, schema: Schema, name: str) -> tuple[dict[str, JSON], str]:
        """The schema of an array's items, and what each is called: by itself, else by what holds it."""
        items = self.whole(schema.get("items"))
        return items, str(_xml(items).get("name", name))

    @staticmethod
    def is_array(schema: Schema) -> bool:
        kinds = types_of(schema)
        return "array" in kinds or (kinds == {None} and "items" in schema)

    @staticmethod
    def additional(schema: Schema) -> Schema:
        """The schema of properties that have no name in it."""
        additional = schema.get("additionalProperties")
        return additional if isinstance(additional, dict) else {}


class _Reader(_Schemas):
    """Reads elements into values."""

    def value(self, element: Element, schema: JSON, depth: int) -> JSON:
        if depth > DEEPEST:
            raise _problem(f"is nested more than {DEEPEST} levels deep")
        if element.get(f"{{{_XSI}}}nil") in ("true", "1"):  # XML Schema's way to write null
            return None
        schema = self.whole(schema)
        if not len(element) and (element.text or "").strip():  # no object and no array, whatever should stand there
            return self.scalar(element.text or "", schema)
        if self.is_array(schema):
            return [self.value(child, schema.get("items"), depth + 1) for child in element]
        properties = self.properties(schema)
        if properties or len(element) or schema.get("type") == "object":
            return self.object(element, schema, properties, depth)
        return self.scalar(element.text or "", schema)

    def object(self, element: Element, schema: Schema, properties: Mapping[str, JSON], depth: int) -> dict[str, JSON]:
        """The properties that the schema names, each from where it says that they stand; then all that is left."""
        children = _by_name(element)
        attributes = {_local(name): text for name, text in element.attrib.items() if _XSI not in name}
        required = self.required(schema)
        found: dict[str, JSON] = {}
        for name, alias in properties.items():
            part = self.whole(alias)
            xml = _xml(part)
            called = str(xml.get("name", name))
            if xml.get("attribute") is True:
                if called in attributes:
                    found[name] = self.scalar(attributes.pop(called), part)
            elif self.is_array(part) and xml.get("wrapped") is not True:
                items, called = self.items(part, name)
                if called in children or name in required:  # an array without a wrapper is empty where it is not
                    found[name] = [self.value(child, items, depth + 1) for child in children.pop(called, ())]
            elif called in children:
                found[name] = self.one_or_all(children.pop(called), part, depth)
        unnamed = self.additional(schema)
        found |= {name: self.one_or_all(elements, unnamed, depth) for name, elements in children.items()}
        return found | {name: self.scalar(text, unnamed) for name, text in attributes.items()}

    def one_or_all(self, elements: list[Element], schema: JSON, depth: int) -> JSON:
        """The value of the only element; what stands several times is an array, whether it may or not."""
        values = [self.value(element, schema, depth + 1) for element in elements]
        return values[0] if len(values) == 1 else values

    def scalar(self, text: str, schema: JSON) -> JSON:
        """What a text stands for: under the schema, else under the first of its alternatives that takes it as more."""
        schema = self.whole(schema)
        if not text.strip() and schema.get("nullable") is True and schema.get("type") != "string":
            return None
        for option in (schema, *_options(schema)):
            value = typed(text.strip(), self.whole(option), self.contract.reserved)
            if not isinstance(value, str):
                return value
        return text

    def required(self, schema: Schema, depth: int = 0) -> set[str]:
        found = set(schema.get("required") or ())
        for part in schema.get("allOf") or () if depth < DEEPEST else ():
            found |= self.required(self.whole(part), depth + 1)
        return found


class _Writer(_Schemas):
    """Writes values as elements."""

    def root(self, value: JSON, schema: JSON) -> Element:
        whole = self.whole(schema)
        if not self.is_array(whole):
            return self.element(_component(schema) or "root", value, whole)
        items = whole.get("items")
        # A document has one root: an array without a name of its own is called as many of its items.
        one = str(_xml(self.whole(items)).get("name") or _component(items) or "item")
        return self.element(_component(schema) or f"{one}s", value, whole, one)

    def element(self, name: str, value: JSON, schema: Schema, item: str | None = None) -> Element:
        """An element that its schema names, or else as it is called here; `item` is what the items of it are called."""
        xml = _xml(schema)
        name = str(xml.get("name", name))
        element = Element(_tag(name, xml))
        _declare(element, xml)
        if isinstance(value, dict):
            self.fill(element, value, schema)
        elif isinstance(value, list):
            items, each = self.items(schema, item or name)
            element.extend(self.element(each, one, items) for one in value)
        elif value is None:
            element.attrib |= {"xmlns:xsi": _XSI, "xsi:nil": "true"}
        else:
            element.text = _text(value)
        return element

    def fill(self, element: Element, value: Mapping[str, JSON], schema: Schema) -> None:
        """Write the members of an object into its element."""
        properties = self.properties(schema)
        for name, member in value.items():
            part = self.whole(properties.get(name, self.additional(schema)))
            xml = _xml(part)
            if xml.get("attribute") is True:
                if member is not None:  # an attribute has no nil
                    _declare(element, xml)
                    element.set(_tag(str(xml.get("name", name)), xml), _text(member))
            elif isinstance(member, list) and xml.get("wrapped") is not True:
                items, each = self.items(part, name)
                element.extend(self.element(each, one, items) for one in member)
            else:
                element.append(self.element(name, member, part))


def _xml(schema: Schema) -> Schema:
    """How a schema says that it is written (OpenAPI's XML Object)."""
    xml = schema.get("xml")
    return xml if isinstance(xml, dict) else {}


def _options(schema: Schema) -> Iterator[JSON]:
    """The alternatives of a schema."""
    yield from schema.get("oneOf") or ()
    yield from schema.get("anyOf") or ()


def _by_name(element: Element) -> dict[str, list[Element]]:
    """The elements inside of another, by their names without namespaces."""
    found: dict[str, list[Element]] = {}
    for child in element:
        found.setdefault(_local(child.tag), []).append(child)
    return found


def _component(schema: JSON) -> str | None:
    """The name under which the contract keeps the schema; None where it stands in place."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    return tokens(fragment(reference))[-1] if isinstance(reference, str) else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _tag(name: str, xml: Schema) -> str:
    """A name of XML 1.0; the prefix needs a namespace to stand for."""
    name = _NO_NAME.sub("_", name) or "_"
    name = name if name[0].isalpha() or name[0] == "_" else f"_{name}"
    return f"{xml['prefix']}:{name}" if xml.get("prefix") and xml.get("namespace") else name


def _declare(element: Element, xml: Schema) -> None:
    if xml.get("namespace"):
        prefix = xml.get("prefix")
        element.set(f"xmlns:{prefix}" if prefix else "xmlns", str(xml["namespace"]))


def _text(value: object) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return _NO_CHARACTER.sub("\ufffd", text)


def _problem(message: str) -> Problem:
    return Problem(400, "Invalid request body", violations=[Violation("body", "", message)])
