"""Conditional and repeated requests to a double whose contract declares their header fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from tests.tracker.score import FOLDER

HOTELS = Path(__file__).parents[1] / "prove" / "contracts" / "hotels"
PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A caller of the tracker's double."""
    server = Server(Double(Settings(FOLDER)), "127.0.0.1", 0)
    with server.running() as url, httpx.Client(headers={"X-Api-Key": "any"}) as caller:
        caller.base_url = httpx.URL(f"{url.removesuffix('/v1')}/v1")
        yield caller


def _created(client: httpx.Client, name: str, **headers: str) -> httpx.Response:
    return client.post("/projects", json={"name": name, "code": "AB"}, headers=headers)


def test_a_change_of_another_version_is_refused_and_one_of_this_version_is_done(client: httpx.Client) -> None:
    created = _created(client, "Versions")
    place, tag = f"/projects/{created.json()['id']}", created.headers["etag"]
    assert client.get(place).headers["etag"] == tag
    changed = client.patch(place, content='{"description": "new"}', headers={**PATCH, "If-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    stale = client.patch(place, content='{"description": "newer"}', headers={**PATCH, "If-Match": tag})
    assert stale.status_code == 412
    assert client.get(place).json()["description"] == "new"
    assert client.delete(place, headers={"If-Match": tag}).status_code == 412
    assert client.delete(place, headers={"If-Match": changed.headers["etag"]}).status_code == 204


def test_who_has_the_version_is_told_so_and_who_has_another_gets_the_document(client: httpx.Client) -> None:
    place = f"/projects/{_created(client, 'Known').json()['id']}"
    tag = client.get(place).headers["etag"]
    assert client.get(place, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(place, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_same_create_with_the_same_key_is_done_once(client: httpx.Client) -> None:
    first = _created(client, "Once", **{"Idempotency-Key": "k1"})
    again = _created(client, "Once", **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert _created(client, "Other", **{"Idempotency-Key": "k1"}).status_code == 422
    assert _created(client, "Other", **{"Idempotency-Key": "k2"}).status_code == 201


def test_a_put_under_the_condition_that_nothing_is_there_creates_and_replaces_nothing() -> None:
    server = Server(Double(Settings(HOTELS)), "127.0.0.1", 0)
    with server.running() as url, httpx.Client(base_url=url) as caller:
        new = {"If-None-Match": "*"}
        answers = [
            caller.put("/hotels/ritz", json={"name": name}, headers=new).status_code for name in ("Ritz", "Hilton")
        ]
        shown = caller.get("/hotels/ritz", headers=new)
    assert (answers, shown.status_code, shown.json()["name"]) == ([201, 412], 200, "Ritz")
