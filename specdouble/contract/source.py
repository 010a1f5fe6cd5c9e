"""A file of the contract: its data, and the line on which each pointer stands."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from specdouble.contract.finding import ContractError, Finding
from specdouble.contract.lines import Lines, lines_of_json

_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader):
    """libyaml with the core schema of YAML 1.2: `on`, `yes`, `12:30` and dates stay strings."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (as the base class has it)


for _name, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("merge", r"^(?:<<)$", "<"),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), list(_first))


def _int(text: str) -> int:
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


_SCALARS = {
    _TAG + "null": lambda _text: None,
    _TAG + "bool": lambda text: text.lower() == "true",
    _TAG + "int": _int,
    _TAG + "float": float,
}


@dataclass
class Source:
    """One file of the contract.

    Args:
        path: where it lies.
        name: how messages call it.
        text: its content.
        data: what it says: mappings, sequences, strings, numbers, booleans, None.
        duplicates: for each key that stands twice in one mapping, the key and its line.
    """

    path: Path
    name: str
    text: str
    data: Any = None
    duplicates: list[tuple[str, int]] = field(default_factory=list)

    lines: Lines | None = None

    def line(self, pointer: str) -> int:
        """The line, from 1, on which the pointer's key stands (or the nearest ancestor's)."""
        if self.lines is None:
            self.lines = lines_of_json(self.text, self.data)
        return self.lines.at(pointer)


def load(path: Path, name: str) -> Source:
    """Read a YAML or JSON file.

    Raises:
        ContractError: it is missing, not UTF-8, or neither YAML nor JSON.
    """

    def refuse(line: int, reason: str, remedy: str) -> ContractError:
        return ContractError([Finding(name, line, "", reason, remedy)])

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = f"the file cannot be read: {(error.strerror or str(error)).lower()}"
        raise refuse(0, reason, "name an existing OpenAPI file, or a folder that holds openapi.yaml") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise refuse(line, "the file is not UTF-8", "save the file as UTF-8 (RFC 3629)") from None
    source = Source(path, name, text)
    try:
        source.data = _parse(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not YAML or JSON: {error.problem or error.context}"
        raise refuse(mark.line + 1 if mark else 0, reason, "mend the syntax on this line or the one before") from None
    except yaml.YAMLError as error:
        raise refuse(0, f"not YAML or JSON: {error}", "remove the character that the message names") from None
    except RecursionError:
        raise refuse(0, "nested too deep to be read", "an anchor may contain its own alias: remove it") from None
    return source


def _parse(source: Source) -> Any:
    if source.text.lstrip()[:1] == "{":
        import json

        try:
            return json.loads(source.text, object_pairs_hook=lambda pairs: _object(pairs, source))
        except ValueError:
            pass  # YAML's flow style begins with a brace too
    node = _Loader(source.text).get_single_node()
    source.lines = lines = Lines(None)
    lines.data = None if node is None else _construct(node, {}, source)
    return lines.data


def _object(pairs: list[tuple[str, Any]], source: Source) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        names = [name for name, _ in pairs]
        source.duplicates += [(name, 0) for name in mapping if names.count(name) > 1]
    return mapping


def _construct(node: yaml.Node, built: dict[int, Any], source: Source) -> Any:
    if isinstance(node, yaml.ScalarNode):
        convert = _SCALARS.get(node.tag)
        return convert(node.value) if convert else node.value
    if id(node) in built:
        if built[id(node)] is _UNDER_WAY:
            raise RecursionError
        return built[id(node)]
    built[id(node)] = _UNDER_WAY
    value = (
        _construct_sequence(node, built, source)
        if isinstance(node, yaml.SequenceNode)
        else _construct_mapping(node, built, source)
    )
    built[id(node)] = value
    return value


_UNDER_WAY = object()


def _construct_sequence(node: yaml.SequenceNode, built: dict[int, Any], source: Source) -> list[Any]:
    sequence = [_construct(item, built, source) for item in node.value]
    _note(source, sequence, [item.start_mark.line + 1 for item in node.value])
    return sequence


def _note(source: Source, container: Any, lines: list[int]) -> None:
    if source.lines is not None:
        source.lines.note(container, array("I", lines))


def _construct_mapping(node: yaml.Node, built: dict[int, Any], source: Source) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    lines: list[int] = []
    for key, value in node.value:
        constructed = _construct(value, built, source)
        if key.tag == _TAG + "merge":
            for part in constructed if isinstance(constructed, list) else [constructed]:
                merged = {**part, **merged}
            continue
        # `200:` is a number to YAML and a status to OpenAPI: keys are strings, as in JSON.
        name = key.value if isinstance(key, yaml.ScalarNode) else str(_construct(key, built, source))
        if name in mapping:
            source.duplicates.append((name, key.start_mark.line + 1))
        else:
            lines.append(key.start_mark.line + 1)
        mapping[name] = constructed
    if merged:
        mapping = {**mapping, **{name: value for name, value in merged.items() if name not in mapping}}
    _note(source, mapping, lines)
    return mapping
