"""What a server made and did not tell of is found by the words of the run, deleted, or listed; others' is not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Blog, version: "1"}
components:
  schemas:
    NewArticle: {type: object, required: [title], properties: {title: {type: string}, body: {type: string}}}
    Article:
      type: object
      required: [slug, title]
      properties: {slug: {type: string}, title: {type: string}, body: {type: string}}
paths:
  /articles:
    get:
      operationId: listArticles
      responses:
        "200":
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Article"}}}}
    post:
      operationId: createArticle
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/NewArticle"}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Article"}}}}
        "422": {description: refused}
  /articles/{slug}:
    parameters: [{name: slug, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readArticle
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Article"}}}}
        "404": {description: none}
    delete:
      operationId: deleteArticle
      responses: {"204": {description: gone}, "404": {description: none}}
"""


class Blog:
    """Makes every article, and refuses each third of them all the same; `deletes` is whether it deletes those."""

    def __init__(self, deletes: bool = True) -> None:
        other = {"slug": "others", "title": "specdouble is what others write about", "body": "theirs"}
        self.articles: dict[str, Any] = {"others": other}
        self.refused: set[str] = set()
        self.deletes, self.made = deletes, 0

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        slug = path.removeprefix("/articles").strip("/")
        if method == "POST":
            return self._create(sent)
        if not slug:
            return 200, list(self.articles.values())
        if slug not in self.articles:
            return 404, None
        if method == "GET":
            return 200, self.articles[slug]
        if slug in self.refused and not self.deletes:
            return 404, None
        return 204, self.articles.pop(slug) and None

    def _create(self, sent: bytes) -> tuple[int, Any]:
        try:
            body = json.loads(sent)
            title = body["title"]
        except (ValueError, TypeError, KeyError):
            return 422, None
        if not isinstance(title, str):
            return 422, None
        self.made += 1
        slug = re.sub(r"\W+", "_", title.lower()) or "_"
        self.articles[slug] = {**body, "slug": slug}
        if self.made % 3 == 0:
            self.refused.add(slug)
            return 422, None
        return 201, self.articles[slug]


def verified(blog: Blog, folder: Path) -> Verdict:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    rules = ("read_your_writes", "distinct_ids")
    with serving(blog.answer) as url:
        return verify(read(folder), Settings(url=url, phases=("rules",), rules=rules, max_examples=1))


def of_the_run(blog: Blog) -> list[str]:
    """The articles that can be told by the run's words."""
    return [slug for slug, one in blog.articles.items() if "specdouble" in one["title"] and slug != "others"]


def test_what_was_made_and_refused_is_found_in_the_list_and_deleted(tmp_path: Path) -> None:
    blog = Blog()
    verified(blog, tmp_path)
    assert blog.refused
    assert of_the_run(blog) == []
    assert "others" in blog.articles


def test_what_a_list_still_shows_is_told_though_its_delete_finds_nothing(tmp_path: Path) -> None:
    blog = Blog(deletes=False)
    verdict = verified(blog, tmp_path)
    stays = of_the_run(blog)
    assert stays
    assert [slug for slug in stays if not any(slug in line for line in verdict.left)] == []
