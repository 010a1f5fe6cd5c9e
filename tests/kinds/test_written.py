"""What annotations say of an operation is done around a handler too: tags, keys of requests, parameters of lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.double import Double, Settings
from specdouble.verify.settings import Settings as VerifySettings
from specdouble.verify.verification import verify
from tests.kinds.others import doubled

HERE = Path(__file__).parent
TICKETS = """
from specdouble.double import AFTER, Problem, collection


def post_ticket(body):
    ticket = dict(body)
    collection("tickets").insert_one(ticket)
    return ticket, 201


def get_ticket(id):
    return _found(collection("tickets").find_one({"id": id}))


def put_ticket(id, body):
    return _found(collection("tickets").find_one_and_replace({"id": id}, body, return_document=AFTER))


def delete_ticket(id):
    _found(collection("tickets").find_one_and_delete({"id": id}))
    return None, 204


def _found(ticket):
    if ticket is None:
        raise Problem(404)
    return ticket
"""
WAITED = TICKETS.replace("def ", "async def ").replace("async def _", "def _")
WAITED = WAITED.replace(" collection(", " await collection(").replace("(collection(", "(await collection(")
WAITED = WAITED.replace("collection", "async_collection")
MESSAGES = """
from specdouble.double import collection


def list_messages():
    return {"messages": collection("messages").find(), "about": {"hits": 0}}


def list_rooms():
    return collection("rooms").find()
"""


def project(folder: Path, contract: str, handlers: str) -> Path:
    (folder / "openapi.yaml").write_text((HERE / contract).read_text("utf-8"), "utf-8")
    (folder / "handlers").mkdir()
    (folder / "handlers" / "default.py").write_text(handlers, "utf-8")
    (folder / "mock_data").mkdir()
    for name in ("messages", "rooms"):
        (folder / "mock_data" / f"{name}.json").write_text("[]", "utf-8")
    return folder


# Tags and keys


@pytest.fixture(scope="module", params=[TICKETS, WAITED], ids=["plain", "async"])
def tickets(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with doubled(project(tmp_path_factory.mktemp("tickets"), "tickets.yaml", request.param)) as client:
        yield client


def create(tickets: httpx.Client, key: str = "", subject: str = "no light") -> httpx.Response:
    return tickets.post("/tickets", json={"subject": subject}, headers={"X-Request-Key": key or uuid4().hex})


def test_a_handlers_answer_tells_the_version_of_its_document(tickets: httpx.Client) -> None:
    made = create(tickets)
    path, tag = f"/tickets/{made.json()['id']}", made.headers["ETag"]
    assert tickets.get(path).headers["ETag"] == tag
    assert tickets.get(path, headers={"If-None-Match": tag}).status_code == 304
    changed = tickets.put(path, json={"subject": "light"}, headers={"If-Match": tag})
    assert changed.headers["ETag"] not in ("", tag)
    assert tickets.get(path).headers["ETag"] == changed.headers["ETag"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_handler_changes_the_version_that_the_request_names(tickets: httpx.Client, method: str) -> None:
    made = create(tickets)
    path, body = f"/tickets/{made.json()['id']}", {"subject": "light"} if method == "PUT" else None
    asked: list[dict[str, str]] = [{}, {"If-Match": '"other"'}, {"If-Match": made.headers["ETag"]}]
    answers = [tickets.request(method, path, json=body, headers=fields) for fields in asked]
    assert [one.status_code for one in answers[:2]] == [428, 412]
    assert answers[2].is_success


def test_a_document_that_is_not_there_is_for_the_handler_to_refuse(tickets: httpx.Client) -> None:
    assert tickets.delete("/tickets/unknown", headers={"If-Match": '"other"'}).status_code == 404


def test_a_handler_is_called_once_for_a_key(tickets: httpx.Client) -> None:
    key = uuid4().hex
    assert len({create(tickets, key).json()["id"] for _ in range(3)}) == 1
    assert create(tickets, key, subject="another").status_code == 422


def test_a_handler_that_asks_for_the_field_compares_by_itself(tmp_path: Path) -> None:
    own = TICKETS.replace("put_ticket(id, body)", "put_ticket(id, body, if_match)")
    with doubled(project(tmp_path, "tickets.yaml", own)) as tickets:
        path = f"/tickets/{create(tickets).json()['id']}"
        assert tickets.put(path, json={"subject": "light"}, headers={"If-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("handlers", [TICKETS, WAITED], ids=["plain", "async"])
def test_the_verifier_finds_them_kept(tmp_path: Path, handlers: str) -> None:
    folder = project(tmp_path, "tickets.yaml", handlers)
    rules = ("etag:tickets", "etag:put_ticket", "etag:delete_ticket", "idempotency:post_ticket")
    assert states(folder, rules) == dict.fromkeys(rules, "kept")


def states(folder: Path, rules: tuple[str, ...]) -> dict[str, str]:
    with doubled(folder) as client:
        settings = VerifySettings(url=str(client.base_url), rules=rules, phases=("rules",), yes=True)
        verdict = verify(read(folder), settings)
    return {key: verdict.rows[key].state for key in rules}


# Lists


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with doubled(project(tmp_path_factory.mktemp("chat"), "messages.yaml", MESSAGES)) as client:
        for volume, room in ((3, "hall"), (1, "kitchen"), (2, "hall")):
            client.post("/messages", json={"text": f"at {volume}", "room": room, "volume": volume})
        for name in "abc":
            client.post("/rooms", json={"name": name})
        yield client


@pytest.mark.parametrize(
    ("query", "volumes", "hits"),
    [
        ({}, [3, 1, 2], 3),
        ({"sheet": 2, "per_sheet": 2}, [2], 3),
        ({"arrange": "softest"}, [1, 2, 3], 3),
        ({"said_in": "hall", "per_sheet": 1}, [3], 2),
    ],
)
def test_what_a_handler_returns_is_shown_as_it_is_asked_for(
    chat: httpx.Client, query: dict[str, Any], volumes: list[int], hits: int
) -> None:
    shown = chat.get("/messages", params=query).json()
    assert ([one["volume"] for one in shown["messages"]], shown["about"]) == (volumes, {"hits": hits})


def test_the_next_page_of_a_handlers_documents_is_told(chat: httpx.Client) -> None:
    first = chat.get("/rooms", params={"stretch": 2})
    second = chat.get("/rooms", params={"stretch": 2, "bookmark": first.headers["X-Bookmark"]})
    assert [[one["name"] for one in page.json()] for page in (first, second)] == [["a", "b"], ["c"]]
    assert (first.headers["X-All"], "X-Bookmark" in second.headers) == ("3", False)


def test_the_verifier_finds_the_lists_kept(tmp_path: Path) -> None:
    rules = ("listing:list_messages", "listing:list_rooms")
    assert states(project(tmp_path, "messages.yaml", MESSAGES), rules) == dict.fromkeys(rules, "kept")


def test_a_handler_that_filters_by_itself_leaves_the_pages_to_the_double(tmp_path: Path) -> None:
    own = MESSAGES.replace("list_messages()", "list_messages(said_in=None)")
    own = own.replace('"messages").find()', '"messages").find({"room": "kitchen"})')
    with doubled(project(tmp_path, "messages.yaml", own)) as chat:
        for volume in (1, 2):
            chat.post("/messages", json={"text": "so", "room": "kitchen", "volume": volume})
        shown = chat.get("/messages", params={"said_in": "hall", "per_sheet": 1}).json()
    assert ([one["volume"] for one in shown["messages"]], shown["about"]) == ([1], {"hits": 2})


def test_a_handler_that_pages_by_itself_and_leaves_a_parameter_out_is_told(tmp_path: Path) -> None:
    own = MESSAGES.replace("list_messages()", "list_messages(sheet, per_sheet)")
    double = Double(Settings(project(tmp_path, "messages.yaml", own)))
    told = [one.reason for one in double.findings if one.file.endswith("default.py")]
    assert [name for name in ("arrange", "said_in") if any(f"`{name}`" in one for one in told)] == [
        "arrange",
        "said_in",
    ]
    assert len(told) == 2
