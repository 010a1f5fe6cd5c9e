"""A request chooses its answer: `Prefer`, or the same in the query."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from specdouble.double.http.prefer import preference
from specdouble.double.state.preference import Preference
from specdouble.double.state.problem import Problem
from tests.contracts import client_of

CREDENTIALS = {"email": "ada@tether.example", "password": "ada-password"}
LOGIN = "/api/auth/login"


@pytest.fixture(scope="module")
def shop() -> Iterator[httpx.Client]:
    with client_of("petstore") as client:
        yield client


def test_a_code_is_answered_whoever_would_answer(world: httpx.Client, shop: httpx.Client) -> None:
    answer = world.post(LOGIN, json=CREDENTIALS, headers={"Prefer": "code=401"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (401, "code=401")
    assert shop.get("/store/inventory?__code=200").status_code == 200
    assert shop.get("/pet/10?__code=404").status_code == 404


def test_an_example_is_answered_by_its_name(world: httpx.Client) -> None:
    answer = world.post(LOGIN, json=CREDENTIALS, headers={"Prefer": "example=ada"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "example=ada")


def test_dynamic_answers_differ_and_conform(shop: httpx.Client) -> None:
    bodies = [shop.get("/pet/10", headers={"Prefer": "dynamic=true"}).json() for _ in range(3)]
    assert len({str(body) for body in bodies}) == 3
    assert all({"name", "photoUrls"} <= body.keys() for body in bodies)


def test_a_delay_is_kept_and_the_answer_stays(shop: httpx.Client) -> None:
    started = time.perf_counter()
    answer = shop.get("/pet/10", headers={"Prefer": "delay=200"})
    assert time.perf_counter() - started >= 0.2
    assert (answer.json()["id"], answer.headers["Preference-Applied"]) == (10, "delay=200")


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ("code=418", "not 418"),
        ("example=nobody", "not nobody"),
        ("code=abc", "is no number"),
        ("delay=-1", "is no number"),
    ],
)
def test_what_the_operation_has_not_is_a_clear_400(shop: httpx.Client, wish: str, told: str) -> None:
    answer = shop.get("/pet/10", headers={"Prefer": wish})
    assert answer.status_code == 400
    assert told in answer.text
    assert "Preference-Applied" not in answer.headers


def test_a_request_must_be_valid_whatever_it_prefers(shop: httpx.Client) -> None:
    assert shop.get("/pet/abc", headers={"Prefer": "code=200"}).status_code == 400


def test_a_preference_changes_nothing(shop: httpx.Client) -> None:
    before = shop.get("/pet/findByStatus", params={"status": "available"}).json()
    shop.post("/pet", json={"name": "Bo", "photoUrls": []}, headers={"Prefer": "code=201"})
    assert shop.get("/pet/findByStatus", params={"status": "available"}).json() == before


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ('code=404, example="a b"', "", Preference(code=404, example="a b")),
        ("respond-async, wait=10", "", None),
        ("Code=404; foo=bar", "", Preference(code=404)),
        ("dynamic", "", Preference(dynamic=True)),
        ("", "a=1&__code=201&__delay=5", Preference(code=201, delay=5)),
        ("code=404", "__code=201", Preference(code=201)),
        ("", "__typename=x", None),
    ],
)
def test_preferences_are_read_as_rfc_7240_writes_them(header: str, query: str, expected: Preference | None) -> None:
    assert preference({b"prefer": header.encode()} if header else {}, query.encode()) == expected


def test_a_status_beyond_http_is_refused() -> None:
    with pytest.raises(Problem):
        preference({b"prefer": b"code=999"}, b"")
