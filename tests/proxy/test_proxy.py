"""A proxy hands on what passes, tells what breaks the contract, and lets the double fill in."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from specdouble import har
from specdouble.double.double import Double, Settings
from specdouble.proxy.gateway import Policy
from specdouble.proxy.proxy import Proxy
from specdouble.proxy.recorder import Recorder
from tests.proxy.backend import Orders, listening

CONTRACT = Path(__file__).parent / "orders.yaml"
LIMIT = 1024 * 1024
ORDER = {"name": "tea", "quantity": 2}


class Passed:
    """A client of a proxy in front of a backend, and what the proxy says of it."""

    def __init__(self, client: httpx.Client, proxy: Proxy, backend: Orders, url: str) -> None:
        self.client, self.proxy, self.backend, self.url = client, proxy, backend, url
        self._asked = 0
        client.event_hooks["request"] = [self._count]

    def _count(self, request: httpx.Request) -> None:
        self._asked += request.method != "OPTIONS"  # what a browser asks before, no journal keeps

    def wait(self) -> None:
        """Until the last exchange has been told: that comes after its answer."""
        end = time.monotonic() + 10
        while self.proxy.double.journal.recorded < self._asked and time.monotonic() < end:
            time.sleep(0.005)

    @property
    def explanation(self) -> dict[str, Any]:
        """What is told of the last exchange."""
        self.wait()
        (entry,) = self.proxy.double.journal.since(self.proxy.double.journal.recorded - 1)
        return entry.explained() or {}

    @property
    def told(self) -> list[str]:
        """What the last exchange broke."""
        return [one["told"] for one in self.explanation["violations"]]


@contextmanager
def proxied(policy: Policy, record: Path | None = None) -> Iterator[Passed]:
    """A proxy in front of a new backend."""
    backend, double = Orders(), Double(Settings(CONTRACT, takes_foreign=True, body_limit=policy.limit))
    with listening(backend.app) as url:
        recorder = Recorder(record, double.contract, url) if record else None
        proxy = Proxy(double, url, policy, recorder)
        with (
            proxy.server("127.0.0.1", 0).running() as address,
            httpx.Client(base_url=address, timeout=60) as client,
        ):
            yield Passed(client, proxy, backend, url)
        for _ in recorder.close() if recorder else ():
            pass


@pytest.fixture(scope="module")
def telling() -> Iterator[Passed]:
    with proxied(Policy(LIMIT)) as passed:
        yield passed


@pytest.fixture(scope="module")
def refusing() -> Iterator[Passed]:
    with proxied(Policy(LIMIT, refuses=True)) as passed:
        yield passed


# Telling


def test_the_faults_that_one_exchange_shows_are_told_and_the_answer_is_the_backends(telling: Passed) -> None:
    created = telling.client.post("/orders", json=ORDER)
    assert created.status_code == 201
    assert created.json()["total"] == 3
    assert [one.partition("[")[2] for one in telling.told] == ["default:orders.status]", "computed:orders.total]"]


def test_two_documents_of_a_list_that_share_a_name_are_told(telling: Passed) -> None:
    for _ in range(2):
        telling.client.post("/orders", json={**ORDER, "name": "twice"})
    telling.client.get("/orders")
    assert any("another document has 'twice' too  [unique:orders.name]" in one for one in telling.told)


def test_a_request_that_breaks_the_contract_is_told_and_so_is_that_it_was_taken(telling: Passed) -> None:
    answer = telling.client.post("/orders", json={"name": "bad", "quantity": 0})
    assert answer.status_code == 201
    assert telling.told[0] == "request body/quantity: 0 is less than the minimum of 1"
    assert "answer: a request that breaks the contract was taken (201)" in telling.told


def test_a_refusal_that_the_contract_declares_breaks_nothing(telling: Passed) -> None:
    assert telling.client.get("/orders/nobody").json() == {"error": "no such order"}
    assert telling.told == []


def test_a_path_that_the_contract_does_not_have_is_told_where_the_backend_answers_it(telling: Passed) -> None:
    telling.client.get("/hidden")
    assert telling.told == ["request: the contract has no GET /hidden"]
    telling.client.get("/nowhere")
    assert telling.told == []


def test_a_redirection_within_the_backend_leads_to_the_proxy(telling: Passed) -> None:
    location = telling.client.get("/moved", follow_redirects=False).headers["location"]
    assert location == f"{telling.client.base_url}".rstrip("/") + "/orders"


def test_the_backend_hears_who_asked_and_by_which_way(telling: Passed) -> None:
    telling.client.get("/orders?a=%2F", headers={"X-Own": "1", "Connection": "keep-alive, X-Hop", "X-Hop": "1"})
    request = telling.backend.asked[-1]
    assert request.url.query == "a=%2F"
    assert request.headers["host"] == telling.url.removeprefix("http://")
    assert request.headers["x-forwarded-host"] == telling.client.base_url.netloc.decode()
    assert request.headers["via"] == "1.1 specdouble"
    assert request.headers["x-own"] == "1"
    assert "x-hop" not in request.headers  # RFC 9110, 7.6.1


@pytest.mark.parametrize("coding", ["xchunked", "gzip, chunked", "identity"])
def test_what_a_body_cannot_be_told_the_end_of_never_reaches_the_backend(telling: Passed, coding: str) -> None:
    asked = len(telling.backend.asked)
    url = telling.client.base_url
    head = f"POST /orders HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n0\r\n\r\n"
    with socket.create_connection((url.host, url.port), 10) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.split()[1] in (b"400", b"501")
    assert len(telling.backend.asked) == asked


# Filling in


def test_what_the_backend_does_not_have_the_double_answers_and_remembers(telling: Passed) -> None:
    created = telling.client.post("/notes", json={"text": "hello"})
    assert created.status_code == 201
    assert created.json() in telling.client.get("/notes").json()


def test_a_method_that_the_backend_does_not_have_is_the_doubles(telling: Passed) -> None:
    telling.wait()
    before = telling.proxy.answered_by_double
    assert telling.client.delete("/orders/nobody").status_code == 404  # 405 from the backend
    assert telling.proxy.answered_by_double == before + 1


def test_a_document_that_is_missing_is_no_operation_that_is(telling: Passed) -> None:
    telling.wait()
    before = telling.proxy.answered_by_double
    assert telling.client.get("/orders/nobody").json() == {"error": "no such order"}
    telling.wait()
    assert telling.proxy.answered_by_double == before


def test_a_request_that_prefers_a_sample_is_the_doubles(telling: Passed) -> None:
    answer = telling.client.get("/orders/o1", headers={"Prefer": "code=404"})
    assert answer.status_code == 404
    assert answer.headers["preference-applied"] == "code=404"


def test_without_the_double_the_answer_is_the_backends() -> None:
    with proxied(Policy(LIMIT, fills_in=False)) as passed:
        assert passed.client.get("/notes").text == "Not Found"
        assert any("one of the statuses 200" in one for one in passed.told)


def test_a_backend_that_is_not_there_is_a_bad_gateway_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    proxy = Proxy(Double(Settings(CONTRACT)), f"http://127.0.0.1:{port}", Policy(LIMIT))
    with proxy.server("127.0.0.1", 0).running() as address:
        answer = httpx.get(f"{address}/orders")
    assert answer.status_code == 502
    assert proxy.tally.of["answer"] == 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert f"127.0.0.1:{port}" in answer.json()["detail"]


def test_a_backend_that_is_late_is_told_with_the_time_that_was_waited() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        proxy = Proxy(Double(Settings(CONTRACT)), url, Policy(LIMIT), timeout=0.2)
        with proxy.server("127.0.0.1", 0).running() as address:
            answer = httpx.get(f"{address}/orders")
            (told,) = httpx.get(f"{address}/_specdouble/journal").json()
    assert (answer.status_code, told["status"]) == (504, 504)
    assert told["milliseconds"] >= 200


# Browsers


def test_a_page_of_another_origin_may_read_what_the_backend_says_nothing_of(telling: Passed) -> None:
    origin = {"Origin": "http://app.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = telling.client.options("/orders", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "http://app.example"
    answer = telling.client.get("/orders", headers=origin)
    assert answer.headers.get_list("access-control-allow-origin") == ["http://app.example"]


# Refusing


def test_a_request_that_breaks_the_contract_never_reaches_a_backend_that_is_guarded(refusing: Passed) -> None:
    asked = len(refusing.backend.asked)
    answer = refusing.client.post("/orders", json={"name": "bad", "quantity": 0})
    assert answer.status_code == 400
    assert len(refusing.backend.asked) == asked


def test_an_answer_that_breaks_the_contract_never_reaches_a_client_that_is_guarded(refusing: Passed) -> None:
    answer = refusing.client.post("/orders", json=ORDER)
    assert answer.status_code == 502
    assert [one["pointer"] for one in answer.json()["violations"]] == ["/status", "/total"]


def test_what_keeps_the_contract_passes_a_guard_as_it_is(refusing: Passed) -> None:
    refusing.backend.stored.clear()
    answer = refusing.client.get("/orders")
    assert (answer.status_code, answer.json()) == (200, [])


# Bodies


def test_a_body_beyond_the_limit_passes_unseen_and_whole() -> None:
    size = 3 * 1024 * 1024 + 1
    with proxied(Policy(1024)) as passed:
        answer = passed.client.put("/files", content=b"y" * size, headers={"Content-Type": "application/octet-stream"})
        assert len(answer.content) == size
        assert passed.told == []


def test_a_body_in_chunks_is_handed_on_in_chunks(telling: Passed) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a" * 10
        yield b"b" * 5

    answer = telling.client.put("/files", content=pieces(), headers={"Content-Type": "application/octet-stream"})
    assert len(answer.content) == 15


# Recording


def test_what_passes_is_an_archive_a_seed_and_examples(tmp_path: Path) -> None:
    order = {"id": "o9", "name": "tea", "price": 1, "quantity": 2, "total": 2, "status": "open"}
    with proxied(Policy(LIMIT), tmp_path) as passed:
        passed.backend.stored["o9"] = order
        token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
        passed.client.get("/orders", headers={"Authorization": f"Bearer {token}", "X-Api-Key": "key-of-ada"})
        passed.client.post("/orders", json=ORDER)
        passed.wait()
    read, created = har.read(tmp_path / "traffic.har")
    sent = {one.name: one.value for one in read.request.headers}
    assert sent["authorization"] == "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.unsigned"
    assert "key-of-ada" not in (tmp_path / "traffic.har").read_text("utf-8")
    assert read.comment == ""
    assert "computed:orders.total" in created.comment
    assert '"name": "tea"' in (tmp_path / "mock_data" / "orders.json").read_text("utf-8")
    with_examples = Double(Settings(CONTRACT, overlays=(tmp_path / "examples.overlay.yaml",)))
    declared = with_examples.contract.operations["listOrders"].responses["200"].content["application/json"]
    assert declared.examples == {"example": [order]}


def test_an_answer_that_is_compressed_is_looked_into() -> None:
    from specdouble.proxy.exchange import Copy, Exchange

    content = Copy(100)
    content.add(gzip.compress(b"[]"))
    exchange = Exchange("GET", "/", b"", [], 0, Copy(1), content, 200, [(b"content-encoding", b"gzip")])
    assert exchange.body == b"[]"


def test_a_backend_that_says_without_end_that_nothing_is_there_holds_up_nobody() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"nothing " * 8192
            await asyncio.sleep(0)

    async def nowhere(request: Request) -> Response:
        is_asked_by_proxy = request.url.path.startswith("/specdouble-")
        return StreamingResponse(endless(), 404) if is_asked_by_proxy else JSONResponse({"error": "none"}, 404)

    double = Double(Settings(CONTRACT, takes_foreign=True, body_limit=LIMIT))
    with (
        listening(Starlette(routes=[Route("/{path:path}", nowhere)])) as url,
        Proxy(double, url, Policy(limit=LIMIT)).server("127.0.0.1", 0).running() as address,
    ):
        assert httpx.get(f"{address}/notes", timeout=10).json() == {"error": "none"}
