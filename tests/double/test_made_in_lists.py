"""What has to be made of a document is the same wherever it is shown, whatever stands beside it or is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "made_in_lists.yaml"


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with serving(Settings(CONTRACT, seed=1)) as url, httpx.Client(base_url=url) as client:
        yield client


def created(client: httpx.Client, title: str) -> dict[str, str]:
    made: dict[str, str] = client.post("/shows", json={"title": title, "minutes": 90}).json()["data"]
    return made


def listed(client: httpx.Client) -> dict[str, dict[str, str]]:
    """The documents of the list, by their titles."""
    return {one["title"]: one for one in client.get("/shows", params={"limit": 100}).json()["data"]["items"]}


def test_a_list_shows_what_the_creation_was_answered_with(client: httpx.Client) -> None:
    made = [created(client, title) for title in ("one", "two", "three")]
    shown = listed(client)
    assert [shown[one["title"]]["created_at"] for one in made] == [one["created_at"] for one in made]


def test_a_change_of_one_document_makes_nothing_else_of_another_or_of_itself(client: httpx.Client) -> None:
    ids = {title: created(client, title)["id"] for title in ("one", "two", "three")}
    before = listed(client)
    assert client.patch(f"/shows/{ids['two']}", json={"status": "OVER"}).status_code == 200
    assert listed(client) == {**before, "two": {**before["two"], "status": "OVER"}}
    assert client.delete(f"/shows/{ids['one']}").status_code == 204
    assert listed(client)["three"] == before["three"]
