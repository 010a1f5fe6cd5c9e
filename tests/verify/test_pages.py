"""HTML is the server's own where an operation, or a status, has nothing else; else another's answer."""

from __future__ import annotations

from pathlib import Path

from specdouble.contract import read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.pages import Pages

ONE, OTHER = list(read(Path("tests/library")).operations.values())[:2]


def _seen(pages: Pages, call: Call, status: int, media: str, times: int) -> None:
    fields, content = {"content-type": media}, b"<p>" if media == "text/html" else b"{}"
    for _ in range(times):
        pages.trouble(Exchange(call, "GET", "http://127.0.0.1/", {}, None, status, fields, content, 0.0, 0.0))


def test_an_operation_that_answers_with_nothing_but_pages_answers_for_itself() -> None:
    pages = Pages()
    _seen(pages, Call(OTHER, None), 200, "application/json", 5)
    _seen(pages, Call(OTHER, None), 404, "application/json", 1)
    _seen(pages, Call(ONE, None), 404, "text/html", 3)
    assert pages.is_own(404, ONE.id)
    assert not pages.is_own(404, OTHER.id)


def test_a_page_of_an_operation_that_answers_otherwise_too_is_anothers() -> None:
    pages = Pages()
    _seen(pages, Call(ONE, None), 200, "application/json", 5)
    _seen(pages, Call(ONE, None), 404, "application/json", 1)
    _seen(pages, Call(ONE, None), 404, "text/html", 3)
    assert not pages.is_own(404, ONE.id)


def test_a_page_with_the_status_of_a_proxy_is_never_the_servers() -> None:
    pages = Pages()
    _seen(pages, Call(OTHER, None), 200, "application/json", 5)
    _seen(pages, Call(ONE, None), 403, "text/html", 5)
    assert not pages.is_own(403, ONE.id)
