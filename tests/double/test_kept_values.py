"""What a client sent stays as it was sent, and is found by what the contract's paths call it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "kept.yaml"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(CONTRACT, seed=1)) as url, httpx.Client(base_url=url) as client:
        yield client


def made(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_what_a_view_cannot_hold_is_left_out_of_it_and_never_replaced(client: httpx.Client) -> None:
    document = made(client, "/codes", {"code": "abcd", "note": "n"})
    assert document == {"id": document["id"], "code": "abcd", "note": "n"}
    assert client.get(f"/codes/{document['id']}").json() == {"id": document["id"], "note": "n"}
    assert {"id": document["id"], "note": "n"} in client.get("/codes").json()


def test_what_one_view_left_out_is_still_there_for_another(client: httpx.Client) -> None:
    document = made(client, "/codes", {"code": "abcd"})
    client.get(f"/codes/{document['id']}")
    changed = client.patch(f"/codes/{document['id']}", json={"note": "later"})
    assert changed.json() == {"id": document["id"], "code": "abcd", "note": "later"}


def test_a_parameter_that_is_called_as_the_schema_names_its_document(client: httpx.Client) -> None:
    user = made(client, "/profiles/", {"email": "ada@example.com", "bio": "b"})
    assert client.get(f"/profiles/{user['id']}/").json() == user


def test_a_post_that_takes_the_like_of_a_document_changes_it(client: httpx.Client) -> None:
    user = made(client, "/profiles/", {"email": "ada@example.com", "bio": "b"})
    assert client.post(f"/profiles/{user['id']}/", json={"email": "grace@example.com"}).status_code == 204
    assert client.get(f"/profiles/{user['id']}/").json() == {**user, "email": "grace@example.com"}


def test_a_text_in_the_path_names_a_document_by_its_name_and_not_by_its_number() -> None:
    assert read(CONTRACT).resources["repos"].id == "name"


def test_an_index_is_the_number_of_a_document(client: httpx.Client) -> None:
    issue = made(client, "/repos/mine/issues", {"title": "it breaks"})
    assert client.get(f"/repos/mine/issues/{issue['number']}").json()["title"] == "it breaks"


def test_a_parent_that_is_created_elsewhere_need_not_exist(client: httpx.Client) -> None:
    assert client.post("/repos/nobodys/issues", json={"title": "t"}).status_code == 201


def test_what_a_path_asks_behind_a_question_mark_is_read_from_the_query(client: httpx.Client) -> None:
    assert client.get("/rides?page=3").status_code == 200
    assert client.get("/rides?page=10").status_code == 400


def test_a_pattern_between_slashes_means_what_stands_between_them(client: httpx.Client) -> None:
    assert client.post("/names", json={"name": "ada"}).status_code == 204
    assert client.post("/names", json={"name": "ADA"}).status_code == 400
    told, _ = [finding for finding in read(CONTRACT).findings if finding.id == "pattern"]
    assert (told.reason, told.remedy) == (
        "`/^[a-z]+$/` fits no text: slashes are characters here",
        "write `^[a-z]+$`",
    )


def test_the_ends_of_a_text_may_be_written_in_the_dialect_of_others(client: httpx.Client) -> None:
    assert client.post("/slugs", json={"slug": "ada"}).status_code == 204
    assert client.post("/slugs", json={"slug": "ada-1"}).status_code == 400
    _, told = [finding for finding in read(CONTRACT).findings if finding.id == "pattern"]
    assert told.remedy == "write `^[a-z]+$`"


def test_what_is_created_under_a_parent_is_one_of_the_parents(client: httpx.Client) -> None:
    hook = made(client, "/integrations/slack", {"url": "u"})
    assert client.get(f"/integrations/slack/{hook['_id']}").json() == hook
    assert hook in client.get("/integrations/slack").json()
    assert client.get(f"/integrations/other/{hook['_id']}").status_code == 404


def test_where_no_value_fits_as_it_is_as_much_is_kept_as_can_be(client: httpx.Client) -> None:
    """Whatever is complete fits two of the alternatives, and only one may fit."""
    member = made(client, "/members", {"email": "ada@example.com"})
    assert member["email"] == "ada@example.com"
    assert client.get(f"/members/{member['id']}").json()["email"] == "ada@example.com"
    assert "ada@example.com" in [one.get("email") for one in client.get("/members").json()]


def test_an_id_may_stand_beside_the_document_in_its_envelope(client: httpx.Client) -> None:
    sent = {"name": "weekly", "sql": "select 1"}
    told = made(client, "/reports/", sent)
    assert told == {"id": told["id"], "result": sent}
    shown = client.get(f"/reports/{told['id']}").json()
    assert (shown["id"], shown["result"]) == (str(told["id"]), {"id": told["id"], **sent})


def test_what_is_listed_is_what_shows_most_of_a_document(client: httpx.Client) -> None:
    download = made(client, "/downloads", {"year": 2031})
    assert download in client.get("/downloads").json()["found"]


def test_a_singleton_is_there_until_it_is_deleted_though_it_can_be_made(client: httpx.Client) -> None:
    assert client.get("/files/7/mark").json()["text"]
    assert client.delete("/files/7/mark").status_code == 204
    assert client.get("/files/7/mark").status_code == 404
    assert client.put("/files/7/mark", json={"text": "mine"}).status_code == 201
    assert client.get("/files/7/mark").json() == {"text": "mine"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("size[gte]=7002", ["b", "c"]),
        ("size[gte]=7001&size[lt]=7003", ["a", "b"]),
        ("size[gte]=7000&made_min=9999-02-01", ["b", "c"]),
        ("q=the-word", ["c"]),
        ("q=known", []),
        ("q=known-id", ["b"]),
    ],
)
def test_a_list_keeps_to_ranges_and_seeks_no_words_in_ids(client: httpx.Client, query: str, found: list[str]) -> None:
    world = {"X-Specdouble-World": "ranges"}
    for number, (id, name) in enumerate([("known-1", "a"), ("known-id", "b"), ("known-3", "c")], 1):
        thing = {"id": id, "name": name, "size": 7000 + number, "made": f"9999-0{number}-01"}
        client.post("/things", json=thing | ({"name": "c the-word"} if name == "c" else {}), headers=world)
    listed = client.get(f"/things?{query}", headers=world).json()
    assert [one["name"][0] for one in listed if one["id"].startswith("known-")] == found


def test_a_sample_shows_what_was_sent_and_the_example_beside_it(client: httpx.Client) -> None:
    account = {"object": "account", "iban": "NL1"}
    paid = client.post("/payments", json={"amount": 3, "id": "mine", "unknown": 1, "source": account}).json()
    assert paid == {"id": "p1", "amount": 3, "source": account, "status": "paid"}


def test_no_answer_shows_what_is_written_alone_however_deep_it_stands(client: httpx.Client) -> None:
    example = client.post("/payments", json={}).json()
    assert example["source"] == {"object": "card", "number": "42"}
    sent = {"object": "account", "iban": "NL1", "pins": [{"name": "a", "digits": "1234"}]}
    assert client.post("/payments", json={"source": sent}).json()["source"]["pins"] == [{"name": "a"}]


def test_an_entry_that_is_shown_alone_is_shown_without_what_is_written_alone(client: httpx.Client) -> None:
    locker = f"/lockers/{made(client, '/lockers', {'room': 'a'})['id']}"
    added = made(client, f"{locker}/pins", {"name": "mine", "digits": "1234"})
    assert added["name"] == "mine"
    assert "digits" not in added
    assert added in client.get(locker).json()["pins"]


def test_a_list_that_nothing_fills_begins_with_what_its_example_shows_and_filters_it(client: httpx.Client) -> None:
    stations = client.get("/stations").json()["data"]
    assert stations[:2] == [{"id": "berlin", "country": "DE"}, {"id": "paris", "country": "FR"}]
    assert client.get("/stations", params={"country": "FR"}).json()["data"] == [stations[1]]
    assert client.get("/stations", params={"limit": 1}).json()["data"] == stations[:1]


def test_a_list_of_what_has_no_id_is_cut_into_pages_too(client: httpx.Client) -> None:
    assert [one["date"] for one in client.get("/hours").json()] == ["monday", "friday", "sunday"]
    assert client.get("/hours", params={"limit": 1}).json() == [{"date": "monday", "open": "9"}]
