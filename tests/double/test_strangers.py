"""What would surprise the front-end developer who serves a contract that nobody here has seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import read
from specdouble.contract.document import Document
from specdouble.contract.schema import Schemas
from specdouble.contract.source import Source
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "strangers.yaml"
SINCE_2025 = 1_735_689_600  # seconds since 1970


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(CONTRACT, seed=1)) as url:
        yield url


@pytest.fixture
def client(url: str, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"X-Specdouble-World": request.node.name[:60]}) as client:
        yield client


def test_a_list_below_its_parents_id_is_a_list_though_its_documents_stand_below_a_word_more(
    client: httpx.Client,
) -> None:
    first, second = (client.post("/tasks/web", json={"title": one}).json() for one in ("Draw", "Paint"))
    assert [one["title"] for one in client.get("/tasks/web").json()] == ["Draw", "Paint"]
    assert (first["project_id"], client.get("/tasks/other").json()) == ("web", [])
    changed = client.patch(f"/tasks/web/t/{first['id']}", json={"status": "done"}).json()
    assert changed == {**first, "status": "done"} == client.get(f"/tasks/web/t/{first['id']}").json()
    assert client.delete(f"/tasks/web/t/{first['id']}").status_code == 204
    assert client.get("/tasks/web").json() == [second]


def test_a_document_is_unwrapped_though_the_body_says_its_id_again(client: httpx.Client) -> None:
    slug = client.post("/articles", json={"article": {"title": "One", "text": "all"}}).json()["article"]["slug"]
    client.patch(f"/articles/{slug}", json={"slug": slug, "article": {"title": "Two"}})
    assert client.get(f"/articles/{slug}").json() == {"article": {"slug": slug, "title": "Two", "text": "all"}}


def test_a_path_as_routers_write_it_is_that_of_the_others(client: httpx.Client) -> None:
    slug = client.post("/articles", json={"article": {"title": "One"}}).json()["article"]["slug"]
    assert client.delete(f"/articles/{slug}").status_code == 204
    assert client.get(f"/articles/{slug}").status_code == 404


def test_a_path_as_routers_write_it_is_told_with_its_line() -> None:
    found = next(one for one in read(CONTRACT).findings if "/articles/:slug" in one.reason)
    assert CONTRACT.read_text("utf-8").splitlines()[found.line - 1] == "  /articles/:slug:"
    assert found.remedy == "write `/articles/{slug}`"


def test_what_has_a_schema_that_stands_nowhere_takes_anything_and_is_told(client: httpx.Client) -> None:
    assert client.put("/drafts/1", json={"any": "thing"}).status_code == 204
    assert any("leads to nothing: any value" in one.reason for one in read(CONTRACT).findings)


def test_a_sample_shows_what_the_path_names(client: httpx.Client) -> None:
    for one in ("mia", "tom"):
        assert client.get(f"/profiles/{one}").json()["profile"]["username"] == one
    assert client.post("/profiles/mia/follow").json()["profile"]["username"] == "mia"


def test_of_an_example_that_breaks_its_schema_is_shown_what_does_not(client: httpx.Client) -> None:
    assert client.get("/report").json() == {"success": 1, "message": "Lists fetched"}


def test_who_signs_in_where_a_cookie_is_asked_for_has_it_until_they_sign_out(client: httpx.Client) -> None:
    assert client.get("/feeds").status_code == 401
    assert "HttpOnly" in client.post("/sessions", json={"password": "secret"}).headers["Set-Cookie"]
    assert client.get("/feeds").status_code == 200
    assert client.delete("/sessions").status_code == 204
    assert client.get("/feeds").status_code == 401


def test_a_made_document_names_others_that_there_are(client: httpx.Client) -> None:
    client.cookies.set("sid", "mia")
    feeds = {one["id"] for one in client.get("/feeds").json()}
    assert {one["feed_id"] for one in client.get("/items").json()} <= feeds


def test_made_numbers_and_texts_mean_what_their_names_say(client: httpx.Client) -> None:
    client.cookies.set("sid", "mia")
    for feed in client.get("/feeds").json():
        assert feed["created_at"] > SINCE_2025
        assert float(feed["stock"]).is_integer()
    assert all(one["published_at"][:3] == "202" for one in client.get("/items").json())


def test_what_an_alternative_inside_an_alternative_demands_is_made_by_its_schema() -> None:
    def one_of(kind: str) -> dict[str, Any]:
        properties = {"kind": {"type": "string", "enum": [kind]}, "size": {"type": "integer"}}
        return {"type": "object", "required": ["kind", "size"], "properties": properties}

    item = {"nullable": True, "allOf": [{"oneOf": [one_of("file"), one_of("folder")]}, {"description": "any"}]}
    schema: dict[str, Any] = {"type": "object", "required": ["item"], "properties": {"item": item}}
    schemas = Schemas(Document(Source(Path(), "", ""), {"openapi": "3.0.3", "tested": schema}))
    slot = schemas.slot(schema, "response")
    repaired = Sampler(schemas).repaired(slot, {"item": {"kind": "file"}}, "key")
    assert isinstance(repaired["item"]["size"], int)
