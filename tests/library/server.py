"""The library on http.server: shelves that are named by who puts them, and the books on them by number."""

import json
import re
import time
from collections.abc import Collection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

TOKENS = {"mo": "mo-5d1e77", "ida": "ida-90c2f4"}
CODE, ISBN = re.compile(r"[a-z][a-z0-9-]{1,30}"), re.compile(r"[0-9]{9,13}")
Document = dict[str, Any]


class RefusedError(Exception):
    """Why a request is refused.

    Args:
        status: of the answer.
        reason: for its body.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Library:
    """All shelves and books, and the faults in what is done to them."""

    def __init__(self, faults: Collection[str] = ()) -> None:
        self.faults, self.lock = frozenset(faults), RLock()
        self.shelves: dict[str, Document] = {}
        self.doubles: list[Document] = []
        self.books: dict[int, Document] = {}
        self.gone: list[Document] = []
        self.last = 0

    def answer(self, method: str, path: str, query: dict[str, str], user: str, body: Any) -> tuple[int, Any, str]:
        """The answer to a request: status, content, and what `Link` says."""
        parts = path.strip("/").split("/")[1:]
        if not parts or parts[0] != "shelves" or len(parts) > 4 or parts[2:3] not in ([], ["books"]):
            raise RefusedError(404, "there is nothing here")
        names = {1: "shelves", 2: "shelf", 3: "books", 4: "book"}
        do = getattr(self, f"{method.lower()}_{names[len(parts)]}", None)
        if do is None:
            raise RefusedError(405, "that cannot be done to it")
        keys = [one for one in parts[1:] if one != "books"]
        with self.lock:
            return do(user, query, body, *keys)  # type: ignore[no-any-return]

    # Shelves

    def _shelf(self, user: str, code: str, fault: str = "") -> Document:
        found = self.shelves.get(code)
        if found is None or (found["keeper"] != user and fault not in self.faults):
            raise RefusedError(404, "there is no such shelf")
        return found

    def get_shelves(self, user: str, query: dict[str, str], _body: Any) -> tuple[int, Any, str]:
        """The caller's shelves."""
        everybodys = [*self.shelves.values(), *self.doubles]
        mine = [one for one in everybodys if one["keeper"] == user or "shelves_listed_of_all" in self.faults]
        return self._page(mine, query, "code", "/api/shelves")

    def get_shelf(self, user: str, _query: Any, _body: Any, code: str) -> tuple[int, Any, str]:
        """One shelf."""
        return 200, self._shelf(user, code), ""

    def put_shelf(self, user: str, _query: Any, body: Any, code: str) -> tuple[int, Any, str]:
        """Create a shelf, or replace it."""
        if CODE.fullmatch(code) is None:
            raise RefusedError(400, "code must be a word of lower-case letters")
        title, room = _text(body, "title", 1, 60), _text(body, "room", 0, 20, None)
        known = self.shelves.get(code)
        if known is not None and known["keeper"] != user and "put_takes_over" not in self.faults:
            raise RefusedError(409, "the code is taken")
        if "put_merges" in self.faults and known is not None and "room" not in body:
            room = known["room"]
        if known is not None and "put_creates_again" in self.faults:
            self.doubles.append({**known})
        if known is not None and "put_loses_books" in self.faults:
            self.books = {number: one for number, one in self.books.items() if one["shelf"] != code}
        count = sum(one["shelf"] == code for one in self.books.values())
        shelf = {"code": code, "keeper": user, "title": title, "room": room, "book_count": count}
        self.shelves[code] = shelf
        return 200 if known else 201, shelf, ""

    def delete_shelf(self, user: str, _query: Any, _body: Any, code: str) -> tuple[int, Any, str]:
        """Take a shelf away, with its books."""
        self._shelf(user, code)
        del self.shelves[code]
        if "delete_leaves_books" not in self.faults:
            self.books = {number: one for number, one in self.books.items() if one["shelf"] != code}
        return 204, None, ""

    # Books

    def _book(self, user: str, code: str, number: str, fault: str = "") -> Document:
        self._shelf(user, code, fault)
        found = self.books.get(int(number)) if number.isascii() and number.isdecimal() and len(number) < 17 else None
        if found is None or (found["shelf"] != code and "book_read_on_another_shelf" not in self.faults):
            raise RefusedError(404, "there is no such book on the shelf")
        return found

    def get_books(self, user: str, query: dict[str, str], _body: Any, code: str) -> tuple[int, Any, str]:
        """The books on a shelf."""
        if "no_shelf_no_books" in self.faults and code not in self.shelves:
            return 200, [], ""
        self._shelf(user, code, "books_listed_by_others")
        language = query.get("language")
        if language not in (None, "en", "de", "it"):
            raise RefusedError(400, "language must be en, de or it")
        there = [*self.books.values(), *(self.gone if "deleted_still_listed" in self.faults else ())]
        found = [one for one in there if one["shelf"] == code]
        forgets = "link_forgets_filter" in self.faults and "after" in query
        if language is not None and "filter_ignored" not in self.faults and not forgets:
            found = [one for one in found if one["language"] == language]
        return self._page(found, query, "number", f"/api/shelves/{code}/books")

    def post_books(self, user: str, _query: Any, body: Any, code: str) -> tuple[int, Any, str]:
        """Put a new book on a shelf."""
        shelf = self._shelf(user, code)
        book = self._read(body)
        if "isbn_twice" not in self.faults:
            self._hold_new(code, book["isbn"])
        self.last += 1
        self.books[self.last] = book = {"number": self.last, "shelf": code, **book, "version": 1, "changes": 0}
        shelf["book_count"] += 1
        return 201, _shown(book), ""

    def get_book(self, user: str, _query: Any, _body: Any, code: str, number: str) -> tuple[int, Any, str]:
        """One book."""
        book = self._book(user, code, number)
        before = [one for one in self.books.values() if one["shelf"] == code and one["number"] < book["number"]]
        if "number_of_another" in self.faults and book["changes"] > 1 and before:
            book = before[-1]
        return 200, _shown(book), ""

    def put_book(self, user: str, _query: Any, body: Any, code: str, number: str) -> tuple[int, Any, str]:
        """Replace a book of the version that is named."""
        book, new = self._book(user, code, number), self._read(body)
        version = body.get("version")
        if isinstance(version, bool) or not isinstance(version, int | float) or version != int(version):
            raise RefusedError(400, "version must be a whole number")
        stale = version != book["version"] and "version_ignored" not in self.faults
        if stale and "refused_put_changes" not in self.faults:
            raise RefusedError(409, "the version is another")
        if new["isbn"] != book["isbn"] and not self.faults & {"isbn_twice", "isbn_unchecked_by_put"}:
            self._hold_new(code, new["isbn"])
        if "versions_race" in self.faults:
            self.lock.release()
            time.sleep(0.01)
            self.lock.acquire()
        raised = 0 if "version_stays" in self.faults else 1
        book.update(new, version=book["version"] + raised, changes=book["changes"] + 1)
        if stale:
            raise RefusedError(409, "the version is another")
        return 200, _shown(book), ""

    def delete_book(self, user: str, _query: Any, _body: Any, code: str, number: str) -> tuple[int, Any, str]:
        """Take a book away."""
        if "second_delete_succeeds" in self.faults and any(str(one["number"]) == number for one in self.gone):
            return 204, None, ""
        book = self._book(user, code, number, "book_deleted_by_others")
        later = [one for one in self.books.values() if one["shelf"] == code and one["number"] > book["number"]]
        for gone in [book, *(later[:1] if "delete_takes_next" in self.faults else ())]:
            del self.books[gone["number"]]
            self.gone.append(gone)
            if "count_never_falls" not in self.faults:
                self.shelves[code]["book_count"] -= 1
        return 204, None, ""

    def _read(self, body: Any) -> Document:
        title, isbn = _text(body, "title", 1, 80), _text(body, "isbn", 0, 99)
        if isbn is None or ISBN.fullmatch(isbn) is None:
            raise RefusedError(400, "isbn must be 9 to 13 digits")
        language, pages = body.get("language", "en"), body.get("pages")
        if language not in ("en", "de", "it"):
            raise RefusedError(400, "language must be en, de or it")
        if pages is not None and (isinstance(pages, bool) or not isinstance(pages, int | float) or pages != int(pages)):
            raise RefusedError(400, "pages must be a whole number")
        if pages is not None and not 0 <= pages <= 100_000:
            raise RefusedError(400, "pages must be from 0 to 100000")
        if pages is not None:
            pages = min(int(pages), 9999 if "pages_capped" in self.faults else 100_000)
        if pages == 0 and "zero_is_null" in self.faults:
            pages = None
        title = str(title).strip() if "title_trimmed" in self.faults else title
        return {"title": title, "isbn": isbn, "language": language, "pages": pages}

    def _hold_new(self, code: str, isbn: str) -> None:
        everywhere = "isbn_unique_everywhere" in self.faults
        for one in self.books.values():
            if one["isbn"] == isbn and (one["shelf"] == code or everywhere):
                raise RefusedError(409, "the shelf has that isbn")

    def _page(self, found: list[Document], query: dict[str, str], key: str, path: str) -> tuple[int, Any, str]:
        text = query.get("per_page", "20")
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 50):
            raise RefusedError(400, "per_page must be from 1 to 50")
        size = 20 if "per_page_ignored" in self.faults else int(text)
        if len(query.get("after", "")) > 40:
            raise RefusedError(400, "after must be a text of at most 40 characters")
        start = 0
        if "after" in query:
            keys = [str(one[key]) for one in found]
            start = keys.index(query["after"]) + 1 if query["after"] in keys else len(found)
            start += ("link_skips" in self.faults) - ("link_repeats" in self.faults)
        page, link = found[start : start + size], ""
        if start + size < len(found) and page:
            following = {**query, "per_page": str(size), "after": str(page[-1][key])}
            link = f'<{path}?{urlencode(following)}>; rel="next"'
        return 200, [_shown(one) for one in page], link


def _text(body: Any, name: str, least: int, most: int, default: Any = ...) -> Any:
    value = body.get(name, default)
    if value is None and default is None:
        return None
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise RefusedError(400, f"{name} must be a text of {least} to {most} characters")
    return value


def _shown(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "changes"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Any

    def _respond(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        link = ""
        try:
            user = self._user()
            body = self._body(content) if self.command in ("PUT", "POST") else None
            query = dict(parse_qsl(split.query, keep_blank_values=True))
            status, answer, link = self.server.library.answer(self.command, split.path, query, user, body)
        except RefusedError as refusal:
            status, answer = refusal.status, {"error": refusal.reason}
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        if link:
            self.send_header("Link", link)
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if text:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_HEAD = _respond  # noqa: N815

    def _user(self) -> str:
        sent = self.headers.get("Authorization", "")
        user = next((name for name, token in TOKENS.items() if sent == f"Bearer {token}"), None)
        if user is None:
            raise RefusedError(401, "who is there?")
        return user

    def _body(self, content: bytes) -> Any:
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(415, "the body must be JSON")
        try:
            body = json.loads(content.decode(), parse_constant=_constant)
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise RefusedError(400, "the body is no JSON") from None
        if not isinstance(body, dict):
            raise RefusedError(400, "the body must be an object")
        return body

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _constant(name: str) -> Any:
    raise ValueError(name)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    library: Library


class Server:
    """A running library: `with Server(["link_skips"]) as server: ...`."""

    def __init__(self, faults: Collection[str] = ()) -> None:
        self._server = _Http(("127.0.0.1", 0), _Handler)
        self._server.library = Library(faults)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
