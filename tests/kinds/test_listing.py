"""`x-list`: lists whose parameters are called as nobody else calls them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("messages.yaml")
MESSAGES, ROOMS = "listing:list_messages", "listing:list_rooms"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("chat")
    (folder / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (folder / "mock_data").mkdir()
    (folder / "mock_data" / "rooms.json").write_text("[]", "utf-8")
    (folder / "mock_data" / "messages.json").write_text("[]", "utf-8")
    with doubled(folder) as client:
        for volume, room in ((3, "hall"), (1, "kitchen"), (2, "hall")):
            client.post("/messages", json={"text": f"at {volume}", "room": room, "volume": volume})
        for name in "abc":
            client.post("/rooms", json={"name": name})
        yield client


def volumes(chat: httpx.Client, **query: Any) -> list[int]:
    return [one["volume"] for one in chat.get("/messages", params=query).json()["messages"]]


# The double


def test_pages_are_asked_for_by_the_parameters_that_the_contract_names(chat: httpx.Client) -> None:
    assert [volumes(chat, per_sheet=2, sheet=number) for number in (1, 2, 3)] == [[3, 1], [2], []]


def test_a_value_of_the_sorting_parameter_means_a_property_and_a_direction(chat: httpx.Client) -> None:
    assert (volumes(chat, arrange="loudest"), volumes(chat, arrange="softest")) == ([3, 2, 1], [1, 2, 3])


def test_a_filter_asks_for_another_property_than_its_name_says(chat: httpx.Client) -> None:
    assert volumes(chat, said_in="hall") == [3, 2]


def test_the_total_is_told_where_the_contract_says(chat: httpx.Client) -> None:
    assert chat.get("/messages", params={"per_sheet": 1, "said_in": "hall"}).json()["about"] == {"hits": 2}
    assert chat.get("/rooms", params={"stretch": 1}).headers["X-All"] == "3"


def test_the_next_page_is_told_where_the_contract_says_and_the_last_tells_none(chat: httpx.Client) -> None:
    first = chat.get("/rooms", params={"stretch": 2})
    second = chat.get("/rooms", params={"stretch": 2, "bookmark": first.headers["X-Bookmark"]})
    assert [[one["name"] for one in page.json()] for page in (first, second)] == [["a", "b"], ["c"]]
    assert "X-Bookmark" not in second.headers


# The annotation


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("x-list: {cursor: bookmark", "x-lists: {cursor: bookmark", "unknown annotation `x-lists`"),
        ("page: sheet\n", "page: sheets\n", "no query parameter `sheets`"),
        ("page: sheet\n", "pages: sheet\n", "has no key `pages`"),
        ("{said_in: room}", "{said_in: rooms}", "have no property `rooms`"),
        ("{said_in: room}", "{said: room}", "no query parameter `said`"),
        ("{said_in: room}", "{said_in: {a: 1}}", "have no property `{'a': 1}`"),
        ("softest: volume", "softest: loudness", "have no property `loudness`"),
        ("total: about.hits", "total: about.hit", "neither a header field nor a property `about.hit`"),
        ("next: X-Bookmark", "next: X-Next", "neither a header field nor a property `X-Next`"),
        ("x-list: {cursor: bookmark, size: stretch, next: X-Bookmark, total: X-All}", "x-list: true", "no mapping"),
        (
            "operationId: post_room\n",
            "operationId: post_room\n      x-list: {page: p}\n",
            "not known to list documents",
        ),
    ],
)
def test_lint_refuses_what_says_nothing(tmp_path: Path, written: str, instead: str, reason: str) -> None:
    assert any(reason in one for one in findings_of(CONTRACT, written, instead, tmp_path))


# The verifier


class Chat:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.messages: dict[str, dict[str, Any]] = {}
        self.rooms: dict[str, dict[str, Any]] = {}
        self.app = FastAPI()
        self.app.get("/messages")(self.list_messages)
        self.app.get("/rooms")(self.list_rooms)
        for kind, documents in (("messages", self.messages), ("rooms", self.rooms)):
            self.serve(kind, documents)

    def serve(self, kind: str, documents: dict[str, dict[str, Any]]) -> None:
        async def post(request: Request) -> Response:
            document = {"id": uuid4().hex, **await request.json()}
            documents[document["id"]] = document
            return JSONResponse(document, 201)

        async def get(id: str) -> Response:
            return JSONResponse(documents[id]) if id in documents else Response(status_code=404)

        async def delete(id: str) -> Response:
            return Response(status_code=404 if documents.pop(id, None) is None else 204)

        self.app.post(f"/{kind}")(post)
        self.app.get(f"/{kind}/{{id}}")(get)
        self.app.delete(f"/{kind}/{{id}}")(delete)

    def list_messages(self, sheet: int = 1, per_sheet: int = 20, arrange: str = "", said_in: str = "") -> Any:
        found = [one for one in self.messages.values() if said_in in ("", one["room"])]
        if self.fault == "any room":
            found = [*self.messages.values()]
        if arrange:
            up = arrange == "softest" or self.fault == "one order"
            found = sorted(found, key=lambda one: one["volume"] if up else -one["volume"])
        size = 20 if self.fault == "any size" else per_sheet
        begin = 0 if self.fault == "first page" else (sheet - 1) * size
        shown = found[begin : begin + size]
        hits = len(shown) if self.fault == "counts the page" else len(found)
        return {"messages": shown, "about": {"hits": hits}}

    def list_rooms(self, bookmark: str = "", stretch: int = 20) -> Response:
        ids = [*self.rooms]
        begin = ids.index(bookmark) + 1 if bookmark in ids else 0
        if self.fault == "no bookmark":
            begin = 0
        shown = ids[begin : begin + stretch]
        headers = {"X-All": str(len(ids))}
        if begin + stretch < len(ids):
            headers["X-Bookmark"] = ids[begin + stretch] if self.fault == "leaves one out" else shown[-1]
        return JSONResponse([self.rooms[one] for one in shown], 200, headers)


def test_a_server_that_does_what_its_parameters_say_is_found_to_keep_it() -> None:
    verdict = verdict_of(Chat().app, CONTRACT, (MESSAGES, ROOMS))
    assert ([verdict.rows[one].state for one in (MESSAGES, ROOMS)], verdict.failures) == (["kept", "kept"], [])


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("any room", MESSAGES),
        ("one order", MESSAGES),
        ("any size", MESSAGES),
        ("first page", MESSAGES),
        ("counts the page", MESSAGES),
        ("no bookmark", ROOMS),
        ("leaves one out", ROOMS),
    ],
)
def test_a_server_that_does_not_is_found_to_break_it(fault: str, rule: str) -> None:
    assert rule in verdict_of(Chat(fault).app, CONTRACT, (rule,)).broken


@pytest.mark.slow
def test_the_verifier_kills_each_mutant() -> None:
    assert survivors(CONTRACT, "listing") == []
