"""State that is right or not there, for the shapes that contracts of others have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "shapes.yaml"


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with serving(Settings(CONTRACT, seed=1)) as url, httpx.Client(base_url=url) as client:
        yield client


def pod(name: str, image: str) -> dict[str, object]:
    return {"kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}}, "spec": {"image": image}}


def test_an_id_may_stand_inside_the_document(client: httpx.Client) -> None:
    for space in ("one", "two"):
        assert client.post(f"/namespaces/{space}/pods", json=pod("web", f"{space}:1")).status_code == 201
    assert client.get("/namespaces/two/pods/web").json() == pod("web", "two:1")
    changed = client.put("/namespaces/two/pods/web", json=pod("other", "two:2"))
    assert changed.json() == pod("web", "two:2")
    assert pod("web", "two:2") in client.get("/namespaces/two/pods").json()["items"]
    assert client.delete("/namespaces/two/pods/web").status_code == 200
    assert client.get("/namespaces/two/pods/web").status_code == 404
    assert client.get("/namespaces/one/pods/web").json() == pod("web", "one:1")


def test_a_made_id_is_put_inside(client: httpx.Client) -> None:
    made = client.post("/namespaces/one/pods", json={"kind": "Pod", "metadata": {}, "spec": {"image": "a"}}).json()
    assert client.get(f"/namespaces/one/pods/{made['metadata']['name']}").json() == made


def test_one_of_the_alternatives_of_an_answer_is_the_document(client: httpx.Client) -> None:
    made = client.post("/customers", data={"name": "Ada"}).json()
    assert client.get(f"/customers/{made['id']}").json() == made
    assert client.delete(f"/customers/{made['id']}").json()["deleted"] is True
    assert client.get(f"/customers/{made['id']}").status_code == 404


def test_a_post_to_a_document_that_shows_it_changes_it(client: httpx.Client) -> None:
    made = client.post("/customers", data={"name": "Ada", "address[city]": "Oslo"}).json()
    assert client.post(f"/customers/{made['id']}", data={"name": "Grace"}).json()["name"] == "Grace"
    shown = client.get(f"/customers/{made['id']}").json()
    assert (shown["name"], shown["address"]) == ("Grace", {"city": "Oslo"})


def test_fields_in_parts_make_objects_and_arrays(client: httpx.Client) -> None:
    fields = {"name": "Ada", "address[city]": "Oslo", "tags[]": ["a", "b"], "prices[0][amount]": "1", "since": "20"}
    made = client.post("/customers", data=fields).json()
    assert made["address"] == {"city": "Oslo"}
    assert (made["tags"], made["prices"], made["since"]) == (["a", "b"], [{"amount": 1}], 20)


def test_a_field_that_no_property_has_stays_a_name(client: httpx.Client) -> None:
    refused = client.post("/customers", data={"name": "Ada", "address[city][": "Oslo"})
    assert refused.status_code == 400


def test_a_property_that_is_sent_in_another_case_is_the_documents_own(client: httpx.Client) -> None:
    made = client.post("/calls", data={"FriendlyName": "First"}).json()
    assert made["friendly_name"] == "First"
    assert client.get(f"/calls/{made['sid']}").json()["friendly_name"] == "First"


def test_a_collection_that_no_operation_fills_has_the_document_that_is_asked_for(client: httpx.Client) -> None:
    asked = client.get("/rooms/atrium").json()
    assert asked["slug"] == "atrium"
    assert client.get("/rooms/atrium").json() == asked
    assert client.patch("/rooms/atrium", json={"seats": 77}).json() == {**asked, "seats": 77}
    assert client.get("/rooms/atrium").json()["seats"] == 77
    assert client.delete("/rooms/atrium").status_code == 204
    assert client.get("/rooms/atrium").status_code == 404


def test_nobody_has_to_make_a_parent_that_no_operation_makes(client: httpx.Client) -> None:
    made = client.post("/rooms/nowhere/bookings", json={"by": "Ada"})
    assert made.status_code == 201
    assert client.get(f"/rooms/nowhere/bookings/{made.json()['id']}").json() == made.json()


def test_a_put_creates_where_nothing_else_does_and_replaces(client: httpx.Client) -> None:
    assert client.put("/flags/dark", json={"on": True, "note": "for the night"}).status_code == 200
    assert client.put("/flags/dark", json={"on": False}).json() == {"key": "dark", "on": False}
    assert client.get("/flags/dark").json() == {"key": "dark", "on": False}


def test_a_new_document_is_in_the_list_that_asks_for_nothing(client: httpx.Client) -> None:
    made = client.post("/rooms/atrium/bookings", json={"by": "Ada"}).json()
    listed = client.get("/rooms/atrium/bookings").json()
    assert made["state"] == "open"
    assert made in listed
    assert made not in client.get("/rooms/atrium/bookings", params={"state": "closed"}).json()


def test_a_value_that_the_property_cannot_hold_filters_nothing(client: httpx.Client) -> None:
    made = client.post("/rooms/atrium/bookings", json={"by": "Ada"}).json()
    assert made in client.get("/rooms/atrium/bookings", params={"state": "all"}).json()


def test_what_is_write_only_is_never_shown(client: httpx.Client) -> None:
    made = client.post("/rooms/atrium/bookings", json={"by": "Ada", "pin": "1234"}).json()
    assert "pin" not in made
    assert "pin" not in client.get(f"/rooms/atrium/bookings/{made['id']}").json()


def test_a_post_that_shows_nothing_changes_what_it_takes(client: httpx.Client) -> None:
    made = client.post("/bridges", json={"pin": "1"}).json()
    assert client.post(f"/bridges/{made['id']}", json={"pin": "2"}).status_code == 204
    assert client.get(f"/bridges/{made['id']}").json() == {**made, "pin": "2"}


def test_where_the_path_knows_few_ids_a_new_document_has_one_of_them(client: httpx.Client) -> None:
    made = [client.post("/bridges", json={"pin": str(number)}).json() for number in range(3)]
    assert {one["id"] for one in made} == {1, 2}
    assert client.get(f"/bridges/{made[2]['id']}").json() == made[2]


def test_a_summary_shows_the_document_under_shorter_names(client: httpx.Client) -> None:
    made = client.post("/assets", json={"name": "Pump"}).json()
    assert made["assetName"] == "Pump"
    assert {"id": made["assetId"], "name": "Pump"}.items() <= client.get("/assets").json()[-1].items()


def test_json_with_an_example_alone_has_the_schema_of_any_type(client: httpx.Client) -> None:
    made = client.post("/assets", json={"name": "Pump"}).json()
    assert client.get(f"/assets/{made['assetId']}").json() == made
