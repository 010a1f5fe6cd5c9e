"""Time against size for each parser of what comes from outside: doubling the size at most doubles the time.

`python -m benchmarks.hostile` prints the table and exits 1 where a parser grows faster. Growth is judged by the lines
of Python that run, and by the instructions of the processor, which count what runs in C too; neither depends on what
else the machine does. Valgrind counts the instructions; where it is not installed, the clock is judged in their place.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks import instructions
from specdouble.contract import Contract
from specdouble.contract import read as read_contract
from specdouble.contract.pattern import matches
from specdouble.double.http.body_reader import BodyReader
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.json_text import read_json
from specdouble.double.http.negotiation import best
from specdouble.double.http.parameter import ParameterReader, Query
from specdouble.double.http.paths import Paths
from specdouble.double.http.prefer import preference
from specdouble.double.http.xml import read_xml
from specdouble.double.state.journal import Journal, recorded
from specdouble.double.state.masking import Masking
from specdouble.double.state.patch import JsonPatch
from specdouble.double.state.problem import Problem

SIZES = [1024 * 2**power for power in range(11)]  # 1 KiB to 1 MiB
SHOWN = SIZES[::2]
# Growth for a doubling. The clock, from 64 KiB on, is no judge of what is between 2 and 2.5: what is read leaves the
# caches, and others have theirs in them. Attributes of XML take 2.4 to 3.1 times as long, by 2 times the instructions.
MOST_TIME = 2.5
MOST_LINES = 2.05
MOST_INSTRUCTIONS = 2.1  # lists that grow are copied now and then
COUNTED = (64 * 1024, 128 * 1024)  # the sizes of which the lines are counted
_ROUNDS = 3
_ENTRANCES = Path(__file__).parent.parent / "tests" / "hostile" / "project" / "openapi.yaml"
_OFFERED = ("application/json", "text/csv")

Parse = Callable[[bytes], object]
Make = Callable[[int], bytes]


def repeated(unit: str, before: str = "", after: str = "") -> Make:
    """What makes a text of a size: the unit as often as it fits."""

    def make(size: int) -> bytes:
        times = max(1, (size - len(before) - len(after)) // len(unit))
        return (before + unit * times + after).encode()

    return make


def numbered(unit: str, before: str = "", after: str = "") -> Make:
    """The same, with a number in the place of `#`."""

    def make(size: int) -> bytes:
        units: list[str] = []
        length = len(before) + len(after)
        while length < size:
            units.append(unit.replace("#", str(len(units))))
            length += len(units[-1])
        return (before + "".join(units) + after).encode()

    return make


def parsers(contract: Contract) -> Iterator[tuple[str, Parse, Make]]:
    """Each parser with an input that is meant to take it long."""
    create = contract.operations["create_item"]
    assert create.body is not None
    body = BodyReader(contract, create, create.body)

    def reading(content_type: bytes) -> Parse:
        return lambda raw: body.read({b"content-type": content_type}, raw)

    yield "JSON: quotes after 101 brackets", read_json, repeated('\\"', "[" * 101)
    yield "JSON: a thousand unclosed strings", read_json, repeated('\\"', '["', "[" * 101)
    yield "JSON: brackets", read_json, repeated("[],", "[", "[]]")
    yield "JSON: nothing but opened brackets", read_json, repeated("[")
    yield "JSON: members, the last one twice", read_json, numbered('"a#":1,', "{", '"a0":1}')
    yield "JSON: objects in an array", read_json, repeated('{"a":"b:c","d":[1,null]},', "[", "{}]")
    yield "JSON: a long text", read_json, repeated("\\u00e9", '{"a":"', '"}')
    yield "JSON: digits", read_json, repeated("1", '{"a":', "}")
    yield "JSON: invalid items", reading(b"application/json"), repeated("1,", '{"name":"a","tags":[', "1]}")

    form = reading(b"application/x-www-form-urlencoded")
    yield "form: fields", form, numbered("a#=1&", "name=a&")
    yield "form: one field many times", form, repeated("tags=%C3%A9&", "name=a&")
    yield "form: a JSON object", form, repeated("%22,%22", "name=a&extra={%22a%22:[%22", "%22]}")
    multipart = reading(b"multipart/form-data; boundary=cut")
    part = '--cut\r\nContent-Disposition: form-data; name="a#"\r\n\r\nx\r\n'
    yield "multipart: parts", multipart, numbered(part, "", "--cut--")
    yield "multipart: boundaries, nearly", multipart, repeated("\r\n--cu", part.replace("x", ""), "\r\n--cut--")
    yield "multipart: a head without an end", multipart, repeated("a", "--cut\r\nContent-Disposition: ")
    yield "XML: elements", lambda raw: read_xml(contract, raw, {}), repeated("<a>1</a>", "<r>", "</r>")
    yield "XML: depth", lambda raw: read_xml(contract, raw, {}), repeated("<a>")
    yield "XML: attributes", lambda raw: read_xml(contract, raw, {}), numbered("a#='1' ", "<r ", "/>")
    yield "text: digits", lambda raw: body.read({b"content-type": raw}, b"1"), repeated("1")

    yield "Content-Type: parameters", lambda raw: body.read({b"content-type": raw}, b"{}"), repeated(';a="b"', "a/b")
    yield "Content-Type: quotes", lambda raw: body.read({b"content-type": raw}, b"{}"), repeated('\\"', 'a/b;c="')
    yield "Accept: ranges", lambda raw: best(raw.decode(), _OFFERED), repeated("text/*;q=0.1,")
    yield "Accept: quotes", lambda raw: best(raw.decode(), _OFFERED), repeated('",', "text/*;a=")
    yield "Prefer: preferences", lambda raw: preference({b"prefer": raw}, b""), repeated('a="b";c, ')
    yield "Prefer: quotes", lambda raw: preference({b"prefer": raw}, b""), repeated('\\"', 'code="')
    yield "Prefer: letters", lambda raw: preference({b"prefer": raw}, b""), repeated("a")
    yield "Cookie: cookies", lambda raw: read_cookies({b"cookie": raw}), numbered('a#="b\\"c"; ')
    yield "Cookie: quotes", lambda raw: read_cookies({b"cookie": raw}), repeated('\\"', 'a="')
    yield "query: parameters", Query.parse, numbered("a#=1&")
    yield from _parameters(contract)

    paths = Paths({"/{a}-{b}-{c}-{d}.json": 1, "/{a}{b}{c}.{d}": 2, "/{a}/{b}/{c}": 3, "/a/{b}/c": 4})
    yield "path: hyphens", lambda raw: paths.find(raw.decode()), repeated("-", "/", ".jso")
    yield "path: segments", lambda raw: list(paths.every(raw.decode())), repeated("/a")
    yield "path: parts", lambda raw: list(paths.every(raw.decode())), repeated("a-.", "/")
    yield from _journal(contract)
    yield "JSON Patch: additions", _patch, repeated('{"op":"add","path":"/a/0","value":1},', "[", "{}]")
    yield "JSON Patch: copies", _patch, repeated('{"op":"copy","from":"/a","path":"/b"},', "[", "{}]")


def _parameters(contract: Contract) -> Iterator[tuple[str, Parse, Make]]:
    readers = {one.name: ParameterReader.of(contract, one) for one in contract.operations["echo"].parameters}

    def checking(name: str) -> Parse:
        reader = readers[name]
        return lambda raw: reader.checked(contract, reader.from_query(Query.parse(raw)))

    yield "pattern: nested repeats", checking("text"), repeated("a", "text=", "!")
    yield "pattern: looks from each place", lambda raw: matches("(?=.*a)b", raw.decode()), repeated("b")
    yield "pattern: looks sixteen times", lambda raw: matches(f"^{'(?=.*b)' * 16}.", raw.decode()), repeated("b")
    yield "parameter: a list", checking("list"), repeated("list=1&")
    yield "parameter: a list between pipes", checking("piped"), repeated("a|", "piped=")
    yield "parameter: a deep object", checking("deep"), numbered("deep[a#]=1&")
    yield "parameter: JSON", checking("json"), repeated("%5B%5D,", "json=[", "1]")
    yield "parameter: digits", checking("number"), repeated("1", "number=")


def _journal(contract: Contract) -> Iterator[tuple[str, Parse, Make]]:
    """What is kept of a body and shown without credentials: its beginning, however long it is."""
    masking = Masking(contract)

    def kept_and_told(raw: bytes) -> object:
        journal = Journal()
        journal.record(
            recorded(
                time=0,
                seconds=0,
                world="default",
                method="POST",
                path="/items",
                operation="create_item",
                request_body=raw,
                status=400,
            )
        )
        return journal.shown(masking)

    yield "journal: objects that are cut", kept_and_told, repeated('{"token":')
    yield "journal: quotes", kept_and_told, repeated('\\"', '{"')
    yield "journal: names and no values", kept_and_told, repeated('{"a"')
    yield "journal: a field of a form", kept_and_told, repeated(" a   =   ")
    yield "journal: heads of parts", kept_and_told, repeated('name="a"\n')
    yield "journal: elements", kept_and_told, repeated("<a ")
    yield "journal: sections of XML", kept_and_told, repeated("<![CDATA[")
    yield "journal: tokens", kept_and_told, repeated("eyJ.")


def _patch(raw: bytes) -> object:
    return JsonPatch(read_json(raw)).applied_to({"a": ["x" * 100] * 1000}, frozenset())


def microseconds(parse: Parse, data: bytes) -> float:
    """The processor time that a parser takes: the least of some runs, for others only ever add to it."""
    costs: list[float] = []
    started = time.perf_counter()
    while len(costs) < 3 or (len(costs) < 50 and time.perf_counter() - started < 0.1):
        before = time.process_time_ns()
        with suppress(Problem):
            parse(data)
        costs.append((time.process_time_ns() - before) / 1000)
    return max(0.1, min(costs))


def lines(parse: Parse, data: bytes) -> int:
    """How many lines of Python a parser runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _told: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        with suppress(Problem):
            parse(data)
    finally:
        sys.settrace(None)
    return count


def growth_of_time(costs: list[float]) -> float:
    """By what doubling the size multiplies the time, from 64 KiB on: the slope of the line through the logarithms."""
    points = [(math.log2(size), math.log2(cost)) for size, cost in zip(SIZES, costs, strict=True) if size >= 65_536]
    slope, _ = statistics.linear_regression(*zip(*points, strict=True))
    return float(2**slope)


def growth_of_lines(parse: Parse, make: Make) -> float:
    """By what doubling the size multiplies the lines that run."""
    once, twice = (lines(parse, make(size)) for size in COUNTED)
    return twice / once


def costs_of(parse: Parse, make: Make) -> list[float]:
    """The microseconds at each size; what seems to grow too fast is measured again, and the least counts."""
    inputs = [make(size) for size in SIZES]
    costs = [math.inf] * len(SIZES)
    for _ in range(_ROUNDS):
        costs = [min(cost, microseconds(parse, data)) for cost, data in zip(costs, inputs, strict=True)]
        if growth_of_time(costs) <= MOST_TIME:
            break
    return costs


def growth_of_instructions() -> list[float]:
    """By what doubling the size multiplies the instructions, of each parser."""
    counts = instructions.counted("-m", "benchmarks.hostile", "--parse")
    return [twice / once for once, twice in zip(counts[::3], counts[1::3], strict=True)]


def _parse_between_marks() -> None:
    """Parse once and twice as much with each parser, for who counts instructions."""
    for _, parse, make in parsers(read_contract(_ENTRANCES)):
        inputs = [make(size) for size in COUNTED]
        with suppress(Problem):
            parse(make(SIZES[0]))  # what is made with the first input is no part of reading it
        gc.collect()
        instructions.mark()
        for data in inputs:
            with suppress(Problem):
                parse(data)
            instructions.mark()


def _measure() -> int:
    """Print the table; how many parsers are too slow."""
    counted = growth_of_instructions() if instructions.is_possible else None
    sizes = "".join(f"{size // 1024:>8} KiB" for size in SHOWN)
    print(f"microseconds of processor time{sizes}  doubled  its lines  its instructions")
    slow = 0
    for number, (name, parse, make) in enumerate(parsers(read_contract(_ENTRANCES))):
        costs = costs_of(parse, make)
        time_grown, lines_grown = growth_of_time(costs), growth_of_lines(parse, make)
        is_slow = lines_grown > MOST_LINES
        is_slow |= time_grown > MOST_TIME if counted is None else counted[number] > MOST_INSTRUCTIONS
        slow += is_slow
        told = "".join(f"{cost:12,.1f}" for size, cost in zip(SIZES, costs, strict=True) if size in SHOWN)
        run = "" if counted is None else f"{counted[number]:17.2f}x"
        print(
            f"{name:30.30}{told}{time_grown:8.2f}x{lines_grown:10.2f}x{run}{'  TOO SLOW' if is_slow else ''}",
            flush=True,
        )
    return slow


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--parse", action="store_true", help=argparse.SUPPRESS)  # in the process that is counted
    is_counted = parser.parse_args().parse
    # As the server does: garbage is not looked for in what lives as long as the process.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
    if is_counted:
        _parse_between_marks()
        return 0
    return 1 if _measure() else 0


if __name__ == "__main__":
    sys.exit(main())
