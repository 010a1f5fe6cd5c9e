"""XML bodies, read into the value that their schema describes and written from it (OpenAPI 3.0.3, XML Object)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import orjson

from specdouble.contract import Contract, Violation
from specdouble.contract.pointer import fragment, tokens
from specdouble.double.http.scalar import typed
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import DEEPEST, storable

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NO_NAME = re.compile(r"[^\w.-]")
# What XML 1.0 has no way to write, 2.2.
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Schema = Mapping[str, Any]


def read_xml(contract: Contract, raw: bytes, schema: Any) -> Any:
    """The value of an XML document under a schema. The root's name means nothing, nor do namespaces.

    Raises:
        Problem: 400, it is not XML, declares a document type, nests deeper than 100 levels, or holds what no store
            can keep.
    """
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 (what is unsafe needs a document type)
    try:
        parser.feed(raw)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _problem(f"is not XML: {error}") from None
    return storable(_Reader(contract).value(root, schema, 1), contract.reserved)


def write_xml(contract: Contract, value: Any, schema: Any) -> bytes:
    """The value as an XML document, as its schema says."""
    root = _Writer(contract).root(value, schema)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


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

    def whole(self, schema: Any, depth: int = 0) -> dict[str, Any]:
        """The schema behind its `$ref`, with the keywords of its `allOf`."""
        behind = self.contract.resolve(schema)
        beside = schema if isinstance(schema, dict) else {}
        found = {**(behind if isinstance(behind, dict) else {}), **beside}
        merged: dict[str, Any] = {}
        for part in found.get("allOf") or () if depth < DEEPEST else ():
            merged.update(self.whole(part, depth + 1))
        merged.pop("xml", None)  # it names what it stands in, and nothing that takes it in
        return {**merged, **found}

    def properties(self, schema: Schema) -> dict[str, dict[str, Any]]:
        """The properties, those of alternatives included."""
        found: dict[str, dict[str, Any]] = {}
        for option in (*(schema.get("oneOf") or ()), *(schema.get("anyOf") or ())):
            found.update(self.contract.properties(option))
        return {**found, **self.contract.properties(schema)}

    def items(self, schema: Schema, name: str) -> tuple[dict[str, Any], str]:
        """The schema of an array's items, and what each is called: by itself, else by what holds it."""
        items = self.whole(schema.get("items"))
        return items, str(_xml(items).get("name", name))

    @staticmethod
    def is_array(schema: Schema) -> bool:
        kinds = schema.get("type")
        return "array" in (kinds if isinstance(kinds, list) else [kinds]) or (kinds is None and "items" in schema)

    @staticmethod
    def additional(schema: Schema) -> Any:
        """The schema of properties that have no name in it."""
        told = schema.get("additionalProperties")
        return told if isinstance(told, dict) else {}


class _Reader(_Schemas):
    def value(self, element: Element, schema: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise _problem(f"is nested more than {DEEPEST} levels deep")
        if element.get(f"{{{_XSI}}}nil") in ("true", "1"):
            return None
        schema = self.whole(schema)
        if self.is_array(schema):
            return [self.value(child, schema.get("items"), depth + 1) for child in element]
        properties = self.properties(schema)
        if properties or len(element) or schema.get("type") == "object":
            return self.object(element, schema, properties, depth)
        return self.scalar(element.text or "", schema)

    def object(self, element: Element, schema: Schema, properties: Mapping[str, Any], depth: int) -> dict[str, Any]:
        children: dict[str, list[Element]] = {}
        for child in element:
            children.setdefault(_local(child.tag), []).append(child)
        attributes = {_local(name): text for name, text in element.attrib.items() if _XSI not in name}
        required = self.required(schema)
        found: dict[str, Any] = {}
        for name, part in properties.items():
            part = self.whole(part)
            xml, called = _xml(part), str(_xml(part).get("name", name))
            if xml.get("attribute") is True:
                if called in attributes:
                    found[name] = self.scalar(attributes.pop(called), part)
            elif self.is_array(part) and xml.get("wrapped") is not True:
                items, called = self.items(part, name)
                if called in children or name in required:  # an array without a wrapper is empty where it is not
                    found[name] = [self.value(child, items, depth + 1) for child in children.pop(called, ())]
            elif called in children:
                found[name] = self.one_or_all(children.pop(called), part, depth)
        for name, elements in children.items():
            found[name] = self.one_or_all(elements, self.additional(schema), depth)
        return found | {name: self.scalar(text, self.additional(schema)) for name, text in attributes.items()}

    def one_or_all(self, elements: list[Element], schema: Any, depth: int) -> Any:
        """The value of the only element; what stands several times is an array, whether it may or not."""
        values = [self.value(element, schema, depth + 1) for element in elements]
        return values[0] if len(values) == 1 else values

    def scalar(self, text: str, schema: Any) -> Any:
        schema = self.whole(schema)
        if not text.strip() and schema.get("nullable") is True and schema.get("type") != "string":
            return None
        for option in (schema, *(schema.get("oneOf") or ()), *(schema.get("anyOf") or ())):
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
    def root(self, value: Any, schema: Any) -> Element:
        whole = self.whole(schema)
        if not self.is_array(whole):
            return self.element(_component(schema) or "root", value, whole)
        items = whole.get("items")
        one = str(_xml(self.whole(items)).get("name") or _component(items) or "item")
        return self.element(_component(schema) or f"{one}s", value, whole, one)

    def element(self, name: str, value: Any, schema: Schema, item: str | None = None) -> Element:
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

    def fill(self, element: Element, value: Mapping[str, Any], schema: Schema) -> None:
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
    told = schema.get("xml")
    return told if isinstance(told, dict) else {}


def _component(schema: Any) -> str | None:
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


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return _NO_CHARACTER.sub("\ufffd", text)


def _problem(message: str) -> Problem:
    return Problem(400, "Invalid request body", violations=[Violation("body", "", message)])
