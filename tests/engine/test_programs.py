"""A random program of requests is answered as by the embedded store, by the rules that ask most of a store."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server

CONTRACT = Path(__file__).with_name("library") / "openapi.yaml"
STEPS = int(os.environ.get("SPECDOUBLE_PROGRAM_STEPS", "1000"))
FINDS_NO_ENTRIES = {"nx-27017"}  # of arrays, by equality: what should be taken out of them stays
SHELVES, LABELS = ("s1", "s2", "s3", "s4", "S1"), ("l1", "l2", "l3")


class Step(NamedTuple):
    """A request; `N` in its path is the number of a book that was seen."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] | None = None


def program(random: Random, steps: int) -> list[Step]:
    """Requests of which some are kept and some are refused."""
    return [_step(random) for _ in range(steps)]


def _step(random: Random) -> Step:
    shelf, label = random.choice(SHELVES), random.choice(LABELS)
    title = random.choice(["One", "one", "Two", "Straße", "STRASSE"])
    labels = random.sample(LABELS, random.randrange(3))
    key = {"Idempotency-Key": random.choice("abcdef")}
    book = {"title": title, "shelf": shelf, "labels": labels, "spare": random.choice([shelf, None])}
    return random.choice(
        [
            Step("POST", "/shelves", {"name": shelf}),
            Step("POST", "/shelves", {"name": shelf, "beside": random.choice(SHELVES)}),
            Step("POST", "/shelves", {"name": shelf}, key),
            Step("DELETE", f"/shelves/{shelf}"),
            Step("POST", "/labels", {"name": label}),
            Step("DELETE", f"/labels/{label}"),
            Step("POST", "/books", {**book, "copies": random.randrange(4)}),
            Step("POST", "/books", book),
            Step("POST", "/books", book),
            Step("PATCH", "/books/N", {"copies": random.randrange(4)}),
            Step("PATCH", "/books/N", {"title": title}),
            Step("PATCH", "/books/N", {"shelf": shelf, "labels": labels}),
            Step("PATCH", "/books/N", {"copies": 1}, {"If-Match": "T"}),
            Step("GET", "/books/N", None, {"If-None-Match": "T"}),
            Step("DELETE", "/books/N"),
            Step("GET", "/books"),
            Step("GET", "/shelves"),
        ]
    )


def played(client: httpx.Client, steps: list[Step]) -> list[tuple[int, str, str | None]]:
    """What each step was answered; which of the books and versions it means, the seed decides."""
    random, numbers, tags = Random(1), [0], ['"none"']
    answers = []
    for method, path, body, headers in steps:
        tag = random.choice(tags[-3:])
        sent = {name: tag if value == "T" else value for name, value in (headers or {}).items()}
        where = path.replace("N", str(random.choice(numbers[-5:])))
        answer = client.request(method, where, json=body, headers=sent)
        told = answer.headers.get("ETag")
        answers.append((answer.status_code, answer.text, told))
        tags += [told] if told else []
        if answer.status_code == 201 and path == "/books":
            numbers.append(answer.json()["number"])
    return answers


def _answers(store: str | None, steps: list[Step]) -> list[tuple[int, str, str | None]]:
    double = Double(Settings(CONTRACT, store=store, seed=7, clock="2026-05-01T09:00:00Z"))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=60) as client:
        return played(client, steps)


def assert_alike(store: str, asked: list[Step]) -> None:
    embedded, shared = _answers(None, asked), _answers(store, asked)
    differing = [(step, *both) for step, *both in zip(asked, embedded, shared, strict=True) if both[0] != both[1]]
    assert differing == []
    assert Counter(status for status, _, _ in embedded).keys() >= {200, 201, 204, 404, 409, 412, 422}


@pytest.mark.slow
def test_a_long_random_program_is_answered_as_by_the_embedded_store(store: str, request: pytest.FixtureRequest) -> None:
    asked = program(Random(STEPS), STEPS)
    if request.node.callspec.params["engine_url"] in FINDS_NO_ENTRIES:
        asked = [step for step in asked if (step.method, step.path[:7]) != ("DELETE", "/labels")]
    assert_alike(store, asked)
