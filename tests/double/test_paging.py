"""Lists page, sort, filter and search by the names that contracts have, and tell truly of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "paging.yaml"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(CONTRACT, seed=1)) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"X-Specdouble-World": uuid4().hex}, timeout=30) as client:
        yield client


def test_links_lead_through_all_pages_as_github_has_them(client: httpx.Client) -> None:
    every = [one["id"] for one in client.get("/repos").json()]
    address: str | None = "/repos?per_page=2"
    seen = []
    while address:
        answer = client.get(address)
        seen += [one["id"] for one in answer.json()]
        address = answer.links.get("next", {}).get("url")
    assert seen == every
    assert answer.links["prev"]["url"].startswith(str(client.base_url))
    assert answer.headers["x-total-count"] == str(len(every))


def test_every_server_of_the_contract_is_served_and_links_stay_on_the_one_that_was_asked(client: httpx.Client) -> None:
    answer = client.get("/beta/v1/repos?per_page=2")
    assert answer.json() == client.get("/repos?per_page=2").json()
    assert answer.links["next"]["url"].startswith(f"{client.base_url}/beta/v1/repos?")
    assert client.put("/beta/v1/repos").headers["allow"] == client.put("/repos").headers["allow"]
    assert client.get("/beta/v2/repos").status_code == 404


def test_one_page_alone_has_no_links(client: httpx.Client) -> None:
    assert "link" not in client.get("/repos").headers


def test_cursors_lead_through_all_pages_and_back_as_stripe_has_them(client: httpx.Client) -> None:
    every = [one["id"] for one in client.get("/charges").json()["data"]]
    first = client.get("/charges", params={"limit": 2}).json()
    assert first["has_more"] is True
    rest = client.get("/charges", params={"limit": 2, "starting_after": first["data"][-1]["id"]}).json()
    assert rest["has_more"] is False
    assert [one["id"] for one in [*first["data"], *rest["data"]]] == every
    back = client.get("/charges", params={"limit": 2, "ending_before": rest["data"][0]["id"]}).json()
    assert back["data"] == first["data"]


def test_a_token_leads_through_all_pages_as_kubernetes_has_it(client: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        client.post("/pods", json={"metadata": {"name": name}, "spec": {"node": name}})
    first = client.get("/pods", params={"limit": 2}).json()
    total = len(first["items"]) + first["metadata"]["remainingItemCount"]
    seen, told = [*first["items"]], first["metadata"]
    while told.get("continue"):
        page = client.get("/pods", params={"limit": 2, "continue": told["continue"]}).json()
        seen, told = [*seen, *page["items"]], page["metadata"]
    names = [one["metadata"]["name"] for one in seen]
    assert len(names) == len({*names}) == total
    assert {"a", "b", "c"} <= {*names}


def test_totals_and_links_stand_in_the_body_as_digitalocean_has_them(client: httpx.Client) -> None:
    total = client.get("/droplets").json()["meta"]["total"]
    page = client.get("/droplets", params={"per_page": 1, "page": total}).json()
    assert page["meta"]["total"] == total
    assert page["links"]["pages"].keys() == {"first", "prev", "last"}
    assert page["links"]["pages"]["prev"].endswith(f"per_page=1&page={total - 1}")


def test_json_api_pages_sorts_and_filters_what_is_in_attributes(client: httpx.Client) -> None:
    for title, author in (("b", "me"), ("c", "you"), ("a", "me")):
        data = {"type": "articles", "attributes": {"title": title, "author": author}}
        client.post("/articles", json={"data": data}, headers={"content-type": "application/vnd.api+json"})
    params: dict[str, Any] = {"filter[author]": "me", "sort": "-title", "page[size]": 1}
    first = client.get("/articles", params=params).json()
    assert [one["attributes"]["title"] for one in first["data"]] == ["b"]
    assert first["meta"]["page"] == {"number": 1, "size": 1, "total": 2}
    assert first["links"]["prev"] is None
    assert [one["attributes"]["title"] for one in client.get(first["links"]["next"]).json()["data"]] == ["a"]


def test_an_offset_is_told_with_its_neighbours(client: httpx.Client) -> None:
    count = client.get("/books").json()["count"]
    middle = client.get("/books", params={"limit": 1, "offset": 1}).json()
    assert middle["count"] == count
    assert middle["next"].endswith("limit=1&offset=2")
    assert middle["previous"].endswith("limit=1&offset=0")
    assert client.get("/books").json()["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"ordering": "-pages"}, ["b", "c", "a"]),
        ({"ordering": "pages:desc"}, ["b", "c", "a"]),
        ({"ordering": "pages,desc"}, ["b", "c", "a"]),
        ({"ordering": "pages_desc"}, ["b", "c", "a"]),
        ({"ordering": "PAGES"}, ["a", "c", "b"]),
        ({"ordering": "created"}, ["a", "b", "c"]),
        ({"ordering": "nothing"}, ["a", "b", "c"]),
    ],
)
def test_an_order_is_read_in_each_of_its_ways(client: httpx.Client, query: dict[str, str], expected: list[str]) -> None:
    for title, pages in (("a", 1), ("b", 3), ("c", 2)):
        client.post("/books", json={"title": f"mine {title}", "pages": pages})
    found = client.get("/books", params={"search": "mine", **query}).json()["results"]
    assert [one["title"][-1] for one in found] == expected


@pytest.mark.parametrize("value", ["all", "any", "*", "ALL"])
def test_a_value_that_the_property_cannot_hold_filters_nothing(client: httpx.Client, value: str) -> None:
    assert client.get("/repos", params={"visibility": value}).json() == client.get("/repos").json() != []


def test_what_is_asked_for_of_a_choice_is_shown_alone(client: httpx.Client) -> None:
    client.post("/repos", json={"name": "one", "visibility": "private"})
    found = client.get("/repos", params={"visibility": "private"}).json()
    assert [one["name"] for one in found] == ["one"]


def test_several_ids_are_asked_for_at_once(client: httpx.Client) -> None:
    ids = [one["id"] for one in client.get("/repos").json()][:2]
    found = client.get(f"/repos?ids={','.join(map(str, ids))}").json()
    assert [one["id"] for one in found] == ids


def test_words_are_sought_and_qualifiers_are_not(client: httpx.Client) -> None:
    client.post("/books", json={"title": "The long winter"})
    found = client.get("/books", params={"search": "winter long lang:en"}).json()["results"]
    assert [one["title"] for one in found] == ["The long winter"]
