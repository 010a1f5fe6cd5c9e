"""A replica set that changes its primary: the writes of a request are done once or not at all, and 503 says when."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.engine.engines import Local
from tests.engine.primary import Primary, before

Serve = Callable[..., httpx.Client]


@pytest.fixture
def primary(local: Local) -> Iterator[Primary]:
    """A primary; asked for before the double, it stays until that has ended."""
    with before(local.url) as primary:
        yield primary


def _names(client: httpx.Client) -> list[str]:
    return [one["name"] for one in client.get("/boards").json()]


def test_a_write_that_was_done_as_the_primary_stepped_down_is_done_once(primary: Primary, serve: Serve) -> None:
    client = serve(store=f"{primary.url}/steps")
    client.get("/boards")  # the collection is made before
    primary.forgotten = 1
    made = client.post("/boards", json={"name": "one"})
    assert made.status_code == 201
    assert _names(client) == ["one"]
    path = f"/boards/{made.json()['id']}"
    primary.forgotten = 1
    assert client.patch(path, json={"state": "closed"}).json()["state"] == "closed"
    primary.forgotten = 1
    assert client.delete(path).status_code == 204
    assert _names(client) == []
    assert primary.forgotten < 0


@pytest.mark.slow
def test_without_a_primary_it_is_503_until_there_is_one_and_nothing_was_done(primary: Primary, serve: Serve) -> None:
    client = serve(store=f"{primary.url}/steps")
    one = client.post("/boards", json={"name": "one"}).json()["id"]
    primary.is_primary = False
    for answer in (
        client.get("/boards"),
        client.post("/boards", json={"name": "two"}),
        client.patch(f"/boards/{one}", json={"name": "x"}),
        client.delete(f"/boards/{one}"),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    primary.is_primary = True
    assert client.post("/boards", json={"name": "two"}).status_code == 201
    assert _names(client) == ["one", "two"]
