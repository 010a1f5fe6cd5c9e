"""Finds the operations of a path; a concrete path goes before a templated one (OpenAPI 3.0.3, Paths Object)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote

Target = TypeVar("Target")
Literals = tuple[str, ...]  # what stands before, between and after the parameters of a segment
_NAME = re.compile(r"\{([^{}]+)\}")
_PLAIN = "/%!$&'()*+,;=:@"  # what stands in a path as it is (RFC 3986, 3.3), and what is encoded already


@dataclass(slots=True)
class _Node(Generic[Target]):
    concrete: dict[str, _Node[Target]] = field(default_factory=dict)
    # Templates share a node whatever they call their parameters: what is concrete further on decides among them.
    templated: dict[Literals | None, _Node[Target]] = field(default_factory=dict)
    targets: list[tuple[tuple[str, ...], Target]] = field(default_factory=list)


class Paths(Generic[Target]):
    """A tree of path templates, by segment.

    Args:
        templates: what each path template leads to.
        reserved: a first segment that no parameter may be: what stands below it is somebody else's.
    """

    def __init__(self, templates: Mapping[str, Target], reserved: str = "") -> None:
        self._reserved = reserved
        self._root: _Node[Target] = _Node()
        self._concrete: dict[str, tuple[Target, dict[str, str]]] = {}
        self._below: dict[str, tuple[str, Target]] = {}
        for template, target in templates.items():
            if "{" not in template:
                self._concrete[template] = self._concrete[_encoded(template)] = (target, {})
            self._add(template, target)
        self._sort()
        for template, target in templates.items():
            self._shorten(template, target)

    def _add(self, template: str, target: Target) -> None:
        node = self._root
        # A path begins with a slash: what is before it is nothing.
        for segment in template.split("/")[1:]:
            names, above = _NAME.findall(segment), node
            if not names:
                node = node.concrete.setdefault(segment, _Node())
                above.concrete.setdefault(_encoded(segment), node)
                continue
            whole = segment == "{" + names[0] + "}"
            literals = None if whole else tuple(_NAME.split(segment)[::2])
            node = node.templated.setdefault(literals, _Node())
        node.targets.append((tuple(_NAME.findall(template)), target))

    def _sort(self) -> None:
        """Have the most concrete template of each segment tried first."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            node.templated = dict(sorted(node.templated.items(), key=_openness))
            waiting += [*node.concrete.values(), *node.templated.values()]

    def _shorten(self, template: str, target: Target) -> None:
        """Most templates end in their only parameter: what stands before it finds them without a walk."""
        prefix, _, last = template.rpartition("/")
        names = _NAME.findall(template)
        if len(names) != 1 or last != "{" + names[0] + "}" or (self._reserved and not prefix):
            return
        node = self._root
        for segment in prefix.split("/")[1:]:
            node = node.concrete[segment]
        if len(node.templated) == 1:  # else a literal beside the parameter decides: `{id}.json`
            self._below.setdefault(prefix, (names[0], target))

    def find(self, path: str) -> tuple[Target, dict[str, str]] | None:
        """The target of the path and its parameters' raw segments; None where no template fits.

        Args:
            path: the path as it came, still percent-encoded: an encoded slash is part of a segment.
        """
        known = self._concrete.get(path)
        if known is not None:
            return known
        prefix, _, last = path.rpartition("/")
        below = self._below.get(prefix)
        if below is not None and last:
            return below[1], {below[0]: last}
        return next(self.every(path), None)

    def every(self, path: str) -> Iterator[tuple[Target, dict[str, str]]]:
        """All whose template fits, the most concrete first: for a method that the first has not."""
        segments = path.split("/")
        is_reserved = self._reserved and segments[1:2] == [self._reserved]
        root = _Node(self._root.concrete) if is_reserved else self._root
        for names, values, target in self._every(root, segments, 1, ()):
            yield target, dict(zip(names, values, strict=True))

    def _every(
        self, node: _Node[Target], segments: list[str], at: int, found: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Target]]:
        if at == len(segments):
            yield from ((names, found, target) for names, target in node.targets)
            return
        segment = segments[at]
        if segment in node.concrete:
            yield from self._every(node.concrete[segment], segments, at + 1, found)
        for literals, child in node.templated.items() if segment else ():
            values = (segment,) if literals is None else _between(literals, segment)
            if values is not None:
                yield from self._every(child, segments, at + 1, (*found, *values))


def _encoded(literal: str) -> str:
    """What a contract writes as it is, as a client sends it: `/some path`."""
    return quote(literal, safe=_PLAIN)


def _openness(entry: tuple[Literals | None, object]) -> int:
    """`{a}.tar.gz` goes before `{a}.gz`, and both before `{a}`."""
    return 0 if entry[0] is None else -len("".join(entry[0])) - len(entry[0])


def _between(literals: Literals, segment: str) -> tuple[str, ...] | None:
    """What stands between the literals in a segment, each at least one character; None where they do not fit.

    Each literal is taken where it stands first: where that does not fit, no later place would. So the segment is read
    once, however many parameters there are. Where nothing stands between two, an extension is the second.
    """
    first, *inner, last = literals
    end = len(segment) - len(last)
    if not segment.startswith(first) or not segment.endswith(last):
        return None
    values, at = [], len(first)
    for literal in inner:
        place = segment.find(literal, at + 1, end) if literal else _extension(segment, at + 1, end)
        if place < 0:
            return None
        values.append(segment[at:place])
        at = place + len(literal)
    if at >= end:
        return None
    return (*values, segment[at:end])


def _extension(segment: str, start: int, end: int) -> int:
    """Where the file name's extension begins, of `{id}{extension}`; where one may begin, where there is none."""
    place = segment.rfind(".", start, end)
    return place if place >= 0 else start
