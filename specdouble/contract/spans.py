"""Where the entries of a YAML or JSON text stand in it: to take some out, and leave the rest as its author wrote it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import yaml

from specdouble.contract.pointer import pointer, tokens

# JSON writes what is beyond 16 bits as two halves, which YAML takes for no characters.
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass
class Span:
    """A value in a text.

    Args:
        start: the index of its first character.
        end: the index after its last.
        is_mapping: whether it is one.
        is_flow: whether it is written in brackets.
        entries: of a mapping or sequence: the start, the name or index, and the value of each.
    """

    start: int
    end: int
    is_mapping: bool = False
    is_flow: bool = True
    entries: list[tuple[int, str, Span]] = field(default_factory=list)


def spans(text: str) -> Span:
    """The span of the whole value of a text, with those of all that is in it.

    Raises:
        yaml.YAMLError: it is none that libyaml takes.
    """
    root = Span(0, 0)
    open_ones = [root]
    key: list[tuple[int, str] | None] = [None]
    for event in yaml.parse(_HALF.sub(r"\\u0020", text), Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            done = open_ones.pop()
            key.pop()
            # A block ends where the next thing begins: that is after the comments in between.
            done.end = _index(event.end_mark) if done.is_flow or not done.entries else done.entries[-1][2].end
        elif isinstance(event, yaml.NodeEvent):
            start, top = _index(event.start_mark), open_ones[-1]
            if top.is_mapping and key[-1] is None:
                key[-1] = (_before(text, start), event.value if isinstance(event, yaml.ScalarEvent) else "")
                continue
            span = Span(start, _index(event.end_mark))
            named = key[-1] or (start, str(len(top.entries)))
            key[-1] = None
            top.entries.append((*named, span))
            if isinstance(event, yaml.CollectionStartEvent):
                span.is_mapping, span.is_flow = isinstance(event, yaml.MappingStartEvent), bool(event.flow_style)
                open_ones.append(span)
                key.append(None)
    return root.entries[0][2]


def without(text: str, pointers: Collection[str]) -> str:
    """The text without the entries at these pointers."""
    gone: dict[str, set[str]] = {}
    for at in pointers:
        gone.setdefault(at.rpartition("/")[0], set()).add(tokens(at)[-1])
    cuts = sorted(_cuts(text, spans(text), "", gone), reverse=True)
    for start, end, instead in cuts:
        text = text[:start] + instead + text[end:]
    return text


def _cuts(text: str, span: Span, at: str, gone: dict[str, set[str]]) -> Iterator[tuple[int, int, str]]:
    """What is cut out of a text, and what is written in its place."""
    names = gone.get(at, set()) if span.is_mapping else set()
    left = [entry for entry in span.entries if entry[1] not in names]
    if names and not left:
        yield span.entries[0][0], span.entries[-1][2].end, "" if span.is_flow else "{}"
    elif len(left) < len(span.entries):
        yield from _runs(text, span, names)
    for _, name, inside in left:
        if inside.entries:
            yield from _cuts(text, inside, at + pointer(name), gone)


def _runs(text: str, span: Span, names: set[str]) -> Iterator[tuple[int, int, str]]:
    """One cut for each run of entries that follow one another."""
    before: int | None = None
    runs = [(is_gone, list(run)) for is_gone, run in groupby(span.entries, lambda entry: entry[1] in names)]
    for index, (is_gone, run) in enumerate(runs):
        start, end = run[0][0], run[-1][2].end
        after = runs[index + 1][1][0][0] if index + 1 < len(runs) else None
        line = text.rfind("\n", 0, start) + 1
        if not is_gone:
            before = end
        elif not span.is_flow and not text[line:start].strip():
            yield line, _next_line(text, end), ""
        elif after is not None:
            yield start, after, ""
        elif before is not None:
            yield before, end, ""


def _before(text: str, start: int) -> int:
    """Where the entry of a key begins: with the `?` of a key that is written out."""
    before = text[text.rfind("\n", 0, start) + 1 : start].rstrip(" ")
    is_written_out = before[-1:] == "?" and before[-2:-1] in ("", " ", "{", ",")
    return text.rfind("?", 0, start) if is_written_out else start


def _next_line(text: str, index: int) -> int:
    """Where the line after the one that ends at or holds the index begins."""
    if text[index - 1 : index] == "\n":
        return index
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _index(mark: object) -> int:
    return int(getattr(mark, "index", 0))
