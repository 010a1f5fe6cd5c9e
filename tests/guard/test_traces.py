"""What a server made and did not tell of is found by the words of the run, deleted, or listed; others' is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict

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
        blog = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                sent = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, body = blog.answer(self.command, unquote(self.path.partition("?")[0]), sent)
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self._do
                raise AttributeError(name)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

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


@pytest.fixture
def blog(request: pytest.FixtureRequest) -> Iterator[Blog]:
    """A blog, running."""
    blog = Blog(**getattr(request, "param", {}))
    Thread(target=blog.server.serve_forever, daemon=True).start()
    yield blog
    blog.server.shutdown()
    blog.server.server_close()


def verified(blog: Blog, folder: Path) -> Verdict:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    rules = ("read_your_writes", "distinct_ids")
    return verify(read(folder), Settings(url=blog.url, phases=("rules",), rules=rules, max_examples=1))


def of_the_run(blog: Blog) -> list[str]:
    """The articles that can be told by the run's words."""
    return [slug for slug, one in blog.articles.items() if "specdouble" in one["title"] and slug != "others"]


def test_what_was_made_and_refused_is_found_in_the_list_and_deleted(blog: Blog, tmp_path: Path) -> None:
    verified(blog, tmp_path)
    assert blog.refused
    assert of_the_run(blog) == []
    assert "others" in blog.articles


@pytest.mark.parametrize("blog", [{"deletes": False}], indirect=True)
def test_what_a_list_still_shows_is_told_though_its_delete_finds_nothing(blog: Blog, tmp_path: Path) -> None:
    verdict = verified(blog, tmp_path)
    stays = of_the_run(blog)
    assert stays
    assert [slug for slug in stays if not any(slug in line for line in verdict.left)] == []
