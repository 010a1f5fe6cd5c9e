"""What a server may do by itself excuses nothing else: beside each excuse of the verifier, a fault that is found.

An article has a boolean and texts that the server makes of others, a count of its changes, and a state that its list
may be narrowed to. None of these is a failure. The same is, of what the client sets, or where what was sent does not
explain it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from tests.applications import serving

CHECKS = ("read_your_writes", "partial_update", "boundaries")
FAULTS = {
    "pinned is cleared": "partial_update",  # a boolean, as `is_short` is, which follows the title
    "note becomes the title": "partial_update",  # a text, as `slug` is, which is made of it
    "edition is counted up": "partial_update",  # a number that the client has set, as `version` counts by itself
    "source is another's": "partial_update",  # a text of the server's that nothing that was sent explains
    "long titles are of none": "boundaries",  # a refusal that says of the path's document that it is not there
    "the list loses one": "read_your_writes",  # it can be narrowed to a state, and new articles are in it
}
READ_ONLY = {"readOnly": True}


class Status(StrEnum):
    """How far an article is."""

    DRAFT = "draft"
    PUBLISHED = "published"


class New(BaseModel):
    """What an article is written with."""

    model_config = ConfigDict(strict=True)
    title: Annotated[str, Field(min_length=1, max_length=80)]
    note: Annotated[str, Field(max_length=80)] = ""
    pinned: bool = False
    edition: Annotated[int, Field(ge=1, le=99, strict=False)] = 1


class Change(New):
    """What is changed of an article."""

    title: Annotated[str, Field(min_length=1, max_length=80)] = "Untitled"


class Article(New):
    """An article, as it is shown."""

    id: int
    status: Annotated[Status, Field(json_schema_extra=READ_ONLY)] = Status.PUBLISHED
    version: Annotated[int, Field(json_schema_extra=READ_ONLY)] = 1
    slug: Annotated[str, Field(json_schema_extra=READ_ONLY)] = ""
    is_short: Annotated[bool, Field(json_schema_extra=READ_ONLY)] = True
    source: Annotated[str, Field(json_schema_extra=READ_ONLY)] = "the wire"


def _articles(fault: str) -> FastAPI:
    app, kept = FastAPI(), dict[int, Article]()

    def made(article: Article) -> Article:
        of_the_title = {"slug": "-".join(article.title.lower().split()), "is_short": len(article.title) % 2 == 0}
        kept[article.id] = article.model_copy(update=of_the_title)
        return kept[article.id]

    @app.get("/articles")
    def published(status: Status | None = None) -> list[Article]:
        known = [one for one in kept.values() if status in (None, one.status)]
        return known[:-1] if fault == "the list loses one" else known

    @app.post("/articles", status_code=201)
    def write(new: New) -> Article:
        return made(Article(**new.model_dump(), id=len(kept) + 1))

    @app.get("/articles/{id}", responses={404: {}})
    def article(id: int) -> Article:
        if id not in kept:
            raise HTTPException(404, "no such article")
        return kept[id]

    @app.patch("/articles/{id}", responses={404: {}})
    def change(id: int, wanted: Change) -> Article:
        before, sent = article(id), wanted.model_dump(exclude_unset=True)
        title = sent.get("title", "")
        if fault == "long titles are of none" and len(title) > 60:
            raise HTTPException(404, "the article does not exist")
        beside: dict[str, Any] = {
            "pinned is cleared": {"pinned": False}, "note becomes the title": {"note": title},
            "edition is counted up": {"edition": before.edition + 1}, "source is another's": {"source": "a rumour"},
        }.get(fault, {}) if title else {}  # fmt: skip
        return made(before.model_copy(update={**beside, **sent, "version": before.version + 1}))

    return app


def _verified(fault: str, folder: Path) -> Verdict:
    app, file = _articles(fault), folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(app.openapi(), sort_keys=False), "utf-8")
    rules = (FAULTS[fault],) if fault else CHECKS
    with serving(app) as url:
        return verify(read(file), Settings(url, yes=True, max_examples=5, phases=("rules",), rules=rules))


@pytest.mark.slow
def test_what_the_server_makes_by_itself_is_no_failure(tmp_path: Path) -> None:
    verdict = _verified("", tmp_path)
    assert [failure.sentence for failure in verdict.failures] == []
    assert {verdict.rows[name].state for name in CHECKS} == {KEPT}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_is_found_where_the_client_sets_it_or_nothing_explains_it(tmp_path: Path, fault: str) -> None:
    assert _verified(fault, tmp_path).rows[FAULTS[fault]].state == BROKEN
