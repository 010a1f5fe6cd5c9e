"""A blog shows what is published, names a category by its slug, and makes properties of others: no fault of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import yaml
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, computed_field

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import BROKEN
from tests.applications import serving

CHECKS = ("read_your_writes", "boundaries", "partial_update", "paging")


class Status(StrEnum):
    """How far an article is."""

    DRAFT = "draft"
    PUBLISHED = "published"


class New(BaseModel):
    """What an article is written with; its category is the slug of one that there is."""

    model_config = ConfigDict(strict=True)
    title: Annotated[str, Field(min_length=1, max_length=80)]
    category: Annotated[str, Field(max_length=20)] | None = None
    version: Annotated[int | None, Field(json_schema_extra={"writeOnly": True})] = None


class Change(New):
    """What is changed of an article, and of which version."""

    title: Annotated[str, Field(min_length=1, max_length=80)] = "Untitled"


class Article(New):
    """An article, as it is shown."""

    id: int
    status: Annotated[Status, Field(json_schema_extra={"readOnly": True})] = Status.DRAFT
    version: Annotated[int, Field(json_schema_extra={"readOnly": True})] = 1

    @computed_field  # type: ignore[prop-decorator]
    @property
    def slug(self) -> str:
        """The title, as an address has it."""
        return "-".join(self.title.lower().split())

    @computed_field  # type: ignore[prop-decorator]
    @property
    def excerpt(self) -> str:
        """How the title begins."""
        return self.title if len(self.title) < 12 else f"{self.title[:12]} …"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def fills_columns(self) -> bool:
        """Whether the title's letters are as many in both columns of a line."""
        return len(self.title) % 2 == 0


def _hold(new: New) -> None:
    if new.category is not None:
        raise HTTPException(400, {"category": [f"Object with slug={new.category} does not exist."]})


def _blog() -> FastAPI:
    app, articles = FastAPI(), dict[int, Article]()

    @app.get("/articles")
    def published(status: Status | None = None, page: int = 1, page_size: int = 20) -> list[Article]:
        known = [one for one in articles.values() if one.status == Status.PUBLISHED and status in (None, one.status)]
        return known[(page - 1) * page_size : page * page_size]

    @app.post("/articles", status_code=201, responses={400: {}})
    def write(new: New) -> Article:
        _hold(new)
        article = Article(**new.model_dump(exclude={"version"}), id=len(articles) + 1)
        return articles.setdefault(article.id, article)

    @app.get("/articles/{id}", responses={404: {}})
    def article(id: int) -> Article:
        if id not in articles:
            raise HTTPException(404, "no such article")
        return articles[id]

    @app.patch("/articles/{id}", responses={400: {}, 404: {}, 409: {}})
    def change(id: int, wanted: Change) -> Article:
        before, sent = article(id), wanted.model_dump(exclude_unset=True)
        _hold(wanted)
        if sent.pop("version", None) not in (None, before.version):
            raise HTTPException(409, "it was changed meanwhile")
        articles[id] = before.model_copy(update={**sent, "version": before.version + 1})
        return articles[id]

    return app


@pytest.mark.slow
def test_drafts_that_no_list_shows_and_slugs_of_no_category_are_no_failures(tmp_path: Path) -> None:
    app, file = _blog(), tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(app.openapi(), sort_keys=False), "utf-8")
    with serving(app) as url:
        verdict = verify(read(file), Settings(url, yes=True, max_examples=5, phases=("rules",), rules=CHECKS))
    assert [(one.promise, one.expected, one.seen) for one in verdict.failures] == []
    assert BROKEN not in {verdict.rows[name].state for name in CHECKS if name in verdict.rows}
