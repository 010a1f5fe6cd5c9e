"""Contracts as ordinary teams write them: verbs in paths, schemas written out twice, parts that are sent bare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "teams.yaml"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(CONTRACT, seed=1)) as url:
        yield url


@pytest.fixture
def client(url: str, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"X-Specdouble-World": request.node.name[:60]}) as client:
        yield client


def test_a_verb_in_a_path_says_what_elsewhere_the_method_says(client: httpx.Client) -> None:
    task = client.post("/task/create", json={"title": "Draw", "code": "d-1"}).json()
    assert task in client.get("/task/list").json()
    assert client.get(f"/task/details/{task['id']}").json() == task
    assert client.post(f"/task/{task['id']}/update", json={"title": "Paint"}).json() == {**task, "title": "Paint"}
    assert client.delete(f"/task/deleteTask/{task['id']}").status_code == 200
    assert client.get(f"/task/details/{task['id']}").status_code == 404


def test_another_property_in_a_path_finds_the_document_that_has_it(client: httpx.Client) -> None:
    tasks = [client.post("/task/create", json={"title": one, "code": one}).json() for one in ("first", "second")]
    assert client.get("/task/findByCode/second").json() == tasks[1]
    assert client.get("/task/findByCode/third").status_code == 404


def test_what_is_made_at_one_path_shows_at_another_that_writes_its_schema_out_again(client: httpx.Client) -> None:
    made = client.post("/admin/product", json={"name": "Kite", "price": 12}).json()["product"]
    listed = client.get("/products").json()
    assert made in listed["products"]
    assert listed["totalProducts"] == len(listed["products"])
    client.delete(f"/admin/product/{made['_id']}")
    assert made not in client.get("/products").json()["products"]


def test_what_no_operation_reads_is_kept_for_those_that_change_it(client: httpx.Client) -> None:
    made = client.post("/water", json={"amount": 250}).json()["data"]
    assert client.patch(f"/water/{made['_id']}", json={"amount": 300}).json()["data"] == {**made, "amount": 300}
    assert client.delete(f"/water/{made['_id']}").status_code == 204
    assert client.patch(f"/water/{made['_id']}", json={"amount": 1}).status_code == 404


def test_what_is_sent_bare_stands_in_the_part_that_has_it(client: httpx.Client) -> None:
    made = client.post("/jobs", json={"jobRequest": {"role": "reader", "prefix": "a/"}}).json()
    assert made["definition"] == {"role": "reader", "prefix": "a/"}
    client.patch(f"/jobs/{made['id']}", json={"role": "writer"})
    assert client.get(f"/jobs/{made['id']}").json() == {**made, "definition": {"role": "writer", "prefix": "a/"}}


def test_an_id_may_stand_in_one_part_of_what_is_sent_in_two(client: httpx.Client) -> None:
    link = client.post("/links", json={"network": "n-1", "transport": "t-1"}).json()["link"]
    assert (link["core"]["network"], link["transport"]) == ("n-1", "t-1")
    assert client.get(f"/links/{link['core']['linkId']}").json()["link"] == link


def test_a_copy_is_another_document(client: httpx.Client) -> None:
    design = client.post("/designs", json={"name": "One", "html": "<p>"}).json()
    copy = client.post(f"/designs/{design['id']}", json={"name": "Two"}).json()
    assert copy == {**design, "id": copy["id"], "name": "Two"}
    assert copy["id"] != design["id"]
    assert client.get(f"/designs/{design['id']}").json() == design


def test_a_made_id_fits_the_patterns_of_its_schema_and_of_its_path(client: httpx.Client) -> None:
    ids = [client.post("/stations", json={"name": f"s{one}"}).json()["id"] for one in range(8)]
    assert [client.get(f"/stations/{one}").status_code for one in ids] == [200] * 8


def test_who_signs_up_is_whom_the_sign_in_shows_in_a_schema_of_its_own(client: httpx.Client) -> None:
    client.post("/accounts/register", json={"firstName": "Zoe", "email": "zoe@example.com", "password": "right"})
    wrong = client.post("/accounts/authenticate", json={"email": "zoe@example.com", "password": "wrong"})
    signed_in = client.post("/accounts/authenticate", json={"email": "zoe@example.com", "password": "right"}).json()
    assert (wrong.status_code, signed_in["firstName"]) == (400, "Zoe")
    renewed = client.post("/accounts/refresh-token").json()
    for shown in (signed_in, renewed):
        headers = {"Authorization": f"Bearer {shown['jwtToken']}"}
        account = client.get(f"/accounts/{shown['id']}", headers=headers).json()
        assert (account["email"], account["firstName"]) == ("zoe@example.com", "Zoe")


def test_a_time_without_an_offset_is_that_time(client: httpx.Client) -> None:
    made = client.post("/water", json={"amount": 250, "time": "2024-11-24T07:00"}).json()["data"]
    assert made["time"] == "2024-11-24T07:00:00Z"
    assert client.patch(f"/water/{made['_id']}", json={"amount": 1}).json()["data"] == {**made, "amount": 1}


def test_of_paths_that_differ_in_the_names_of_parameters_alone_the_value_says_which_is_meant(
    client: httpx.Client,
) -> None:
    by_id = client.get("/files/0b9b2c1e-7c3b-4c56-8a3e-0f2d7f0e4a11").json()
    by_name = client.get("/files/plan.pdf").json()
    assert (by_id.keys(), by_name.keys()) == ({"byId"}, {"byName"})


def test_a_path_with_a_value_that_another_names_has_that_ones_methods_too(client: httpx.Client) -> None:
    answers = [client.request(method, "/services/slack") for method in ("PUT", "GET", "DELETE")]
    assert [one.status_code for one in answers] == [204, 200, 405]


def test_a_made_list_below_a_parent_holds_what_the_path_names(client: httpx.Client) -> None:
    assert {one["ownerId"] for one in client.get("/owners/7/orders").json()} == {7}
