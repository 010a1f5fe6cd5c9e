"""The requests: good, broken and hostile ones, the same on every run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from random import Random
from typing import Any

from specdouble.contract import Contract

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Case:
    """One request."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.target} {self.headers} {self.body[:120]!r}"


def root_cases(contract: Contract, token: str) -> Iterator[Case]:
    """Requests for every operation of a contract: its examples, and each of them broken in every property."""
    for operation in contract.operations.values():
        path = re.sub(r"\{.*?\}", "69f46b906f0be283d47ae916", operation.path)
        media = operation.body.content["application/json"] if operation.body else None
        bodies = [example for one in media.examples.values() for example in _broken(one)] if media else [None]
        for index, body in enumerate(bodies):
            # A wrong caller with every fifth body: who asks is looked at before what is sent.
            callers = [token] if index % 5 else [token, token + "x", None]
            for caller in callers:
                fields = {"Authorization": f"Bearer {caller}"} if caller else {}
                content = b"" if body is None else json.dumps(body).encode()
                yield Case(operation.method.upper(), path, {**fields, **(JSON if content else {})}, content)


def _broken(example: dict[str, Any]) -> Iterator[Any]:
    yield example
    for name in example:
        yield {key: value for key, value in example.items() if key != name}
        wrong: list[Any] = [None, [], {}, "", -1, True]
        yield from ({**example, name: value} for value in wrong)
    yield from ([example], "text", {})


def cases() -> list[Case]:
    """All requests for the small contract."""
    return [*_paths(), *_queries(), *_required(), *_bodies(), *_forms(), *_callers(), *_results(), *_nowhere()]


def _paths() -> Iterator[Case]:
    odd = ["..%2e", "123", "null", "x" * 12, "x" * 13, "%", "%zz", "a;b=1", "~a"]
    texts = ["a", "A%20b", "%C3%BC", "a%2Fb", "a+b", *odd]
    numbers = ["1", "-5", "-6", "0", "1.5", "1e3", "one", "%31", "9999999999", "+1", "01"]
    for text, number in product(texts, numbers):
        yield Case("GET", f"/path/{text}/{number}/a")
    for values in ["a,b", "a", "a,b,c", "a,b,c,d", "a%2Cb", ",", "a,,b", "1,2"]:
        yield Case("GET", f"/path/t/1/{values}")


def _queries() -> Iterator[Case]:
    values = {
        "text": ["abc", "ABC", "a%62c", "", "a+b", "%C3%BC", "abc%0A", "a&text=b"],
        "integer": ["1", "9", "10", "-1", "1.0", "1.5", "x", "", "1e1", "0x1", "%201", "1&integer=2"],
        "number": ["1", "1.5", "-0.5", "1e3", "x", "", ".5", "NaN", "Infinity", "1_0"],
        "flag": ["true", "false", "True", "1", "yes", "", "TRUE"],
        "choice": ["one", "two", "three", "", "ONE"],
        "exploded": ["1", "1&exploded=2", "x", "1&exploded=x", "", "1,2"],
        "joined": ["1", "1,2", "1,x", "", "1%2C2", "1,2,3"],
        "piped": ["a", "a|b", "a%7Cb", "a,b"],
        "spaced": ["a", "a%20b", "a+b", "a,b"],
        "unknown": ["1", ""],
    }
    for name, each in values.items():
        yield from (Case("GET", f"/query?{name}={value}") for value in each)
    deep = ["/deep", "/deep?deep[a]=1", "/deep?deep%5Ba%5D=1&deep[b]=2"]
    for target in ["/query", "/query?", "/query?&", "/query?=1", "/query?a", *deep]:
        yield Case("GET", target)
    random = Random(4)
    for _ in range(420):
        some = random.sample(sorted(values), random.randint(2, 4))
        yield Case("GET", "/query?" + "&".join(f"{name}={random.choice(values[name])}" for name in some))


def _required() -> Iterator[Case]:
    headers: list[dict[str, str]] = [{"X-Here": "1"}, {"X-Here": "x"}, {"X-Here": "-1"}, {}]
    crumbs = [{"Cookie": "crumb=a; other=1"}, {"Cookie": "other=1; crumb=b"}, {"Cookie": "crumb=c"}, {}]
    for here, header, crumb in product(["here=1", "here=", "", "there=1"], headers, crumbs):
        yield Case("GET", f"/required?{here}", header | crumb)


def _bodies() -> Iterator[Case]:
    values: dict[str, list[Any]] = {
        "name": ["a", "x" * 10, "x" * 11, "", 1, None, ["a"], "ü😀", "a\nb"],
        "count": [0, 99, 100, -1, 1.0, 1.5, "1", True, None, 10**18],
        "price": [0, 0.5, 1.5, 0.25, 7, -3.5, "1"],
        "kind": ["a", "b", None, "c", 1],
        "tags": [[], ["a"], ["a", "a"], ["a", "b", "c", "d"], "a", [1], {}, None],
        "inner": [{"deep": True}, {"deep": 1}, {}, [], None, {"deep": False, "more": 1}],
        "either": ["a", 1, True, None, 1.5, []],
        "open": [{}, {"a": 1}, {"a": "x"}, {"a": 1, "b": None}],
        "unknown": [1],
    }
    for name, each in values.items():
        yield from (_json({"name": "good", name: value}) for value in each)
    random = Random(5)
    for _ in range(420):
        some = random.sample(sorted(values), random.randint(1, 5))
        yield _json({name: random.choice(values[name]) for name in some})
    broken = [b"{", b"{'name':'a'}", b'{"name":"a",}', b"\xff", b'{"name":"a"} x']
    for raw in [b"", b" ", b"[]", b"null", b"1", b'"a"', *broken]:
        yield Case("POST", "/json", JSON, raw)
        yield Case("POST", "/optional", JSON, raw)
    good = json.dumps({"name": "good"}).encode()
    for media in ["text/plain", "application/xml", "application/json; charset=utf-8", "APPLICATION/JSON", "", "none"]:
        yield Case("POST", "/json", {"Content-Type": media}, good)
        yield Case("POST", "/optional", {"Content-Type": media}, good)
    yield Case("POST", "/optional")


def _json(value: Any) -> Case:
    return Case("POST", "/json", JSON, json.dumps(value).encode())


def _forms() -> Iterator[Case]:
    names, counts = ["name=a", "name=", "name=a+b", "name=%C3%BC", ""], ["count=1", "count=x", ""]
    for parts in product(names, counts, ["tags=a&tags=b", "tags=a", ""]):
        yield Case("POST", "/form", FORM, "&".join(part for part in parts if part).encode())
    yield Case("POST", "/form", JSON, b'{"name":"a"}')


def _callers() -> Iterator[Case]:
    credentials: list[dict[str, str]] = [
        {}, {"Authorization": "Bearer abc"}, {"Authorization": "bearer abc"}, {"Authorization": "Bearer"},
        {"Authorization": "Bearer "}, {"Authorization": "Basic YTpi"}, {"Authorization": "Basic !"},
        {"Authorization": "Basic YWI="}, {"Authorization": "Token abc"}, {"Authorization": ""}, {"X-Key": "k"},
        {"X-Key": ""}, {"X-Key": "k", "Authorization": "Bearer abc"}, {"X-Key": "k", "Authorization": "Basic YTpi"},
        {"Authorization": "BasicYTpi"}, {"Authorization": "Basic YTpi "},
    ]  # fmt: skip
    for path, headers in product(["/bearer", "/key", "/basic", "/either", "/both", "/maybe"], credentials):
        yield Case("GET", path, headers)


def _results() -> Iterator[Case]:
    yield from (Case("GET", f"/result?which={number}") for number in range(14))


def _nowhere() -> Iterator[Case]:
    paths = ["/", "/nowhere", "/json/", "/path", "/path/a/1", "/path//1/a", "//query", "/Query", "/query/x"]
    for method, path in product(["GET", "POST", "PUT", "DELETE", "PATCH"], [*paths, "/query", "/json"]):
        yield Case(method, path, JSON if method == "POST" else {}, b'{"name":"a"}' if method == "POST" else b"")
