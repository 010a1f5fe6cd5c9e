"""The plain text of what contracts describe in Markdown (CommonMark) or HTML: a paragraph after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKS = re.compile(r"[*_\[\]#|<>&]|\n\s*(?:[-+]|\d+\.)\s|\n\s*\n|~~~|```")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&\w+;|&#\d+;")
_BLOCKS = {
    "p",
    "br",
    "li",
    "ul",
    "ol",
    "div",
    "tr",
    "td",
    "th",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "dd",
}
_SPACE = re.compile(r"\s+")


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs, list items and table cells of a description; code stands between backticks, blocks of it nowhere.

    Args:
        text: Markdown, HTML, or both, as OpenAPI admits in a `description`.
    """
    if not _MARKS.search(text):
        yield _SPACE.sub(" ", text).strip()
        return
    if _TAG.search(text):
        text = _without_tags(text)
    for token in _markdown().parse(text):
        if token.type == "inline":
            yield _SPACE.sub(" ", _words(token)).strip()


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _words(inline: Token) -> str:
    """The text of a paragraph, without emphasis and the addresses of links."""
    words = []
    for token in inline.children or ():
        if token.type == "code_inline":
            words.append(f"`{token.content}`")
        elif token.type in ("softbreak", "hardbreak"):
            words.append(" ")
        else:
            words.append(token.content)
    return "".join(words)


def _without_tags(text: str) -> str:
    reader = _Html()
    reader.feed(text)
    reader.close()
    return "".join(reader.words)


class _Html(HTMLParser):
    """Keeps the text, a paragraph for each block, and marks code as Markdown does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.mark(tag)

    def mark(self, tag: str) -> None:
        """Write what a tag means between words."""
        if tag in _BLOCKS:
            self.words.append("\n\n")
        elif tag in ("code", "tt"):
            self.words.append("`")

    def handle_endtag(self, tag: str) -> None:
        self.mark(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)
