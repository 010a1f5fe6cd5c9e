"""A server of somebody else (Werkzeug), whose callers prove themselves by Digest, a key in the query, or a session.

It knows nothing of this project. A *fault* makes it take what it must refuse.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PASSWORDS = {"mary": "mary-secret-2212", "tom": "tom-secret-7341"}
KEYS = {"mary-key-0c5d5b9a": "mary", "tom-key-77f1ab3e": "tom"}
REALM = 'the "quiet" shelves'


class Refused(Exception):
    """The answer to who may not."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.answer = answered(status, {"error": "refused"}, headers)


class Gate(Protocol):
    """Says who calls."""

    def __init__(self, fault: str) -> None: ...

    def caller(self, request: Request) -> str:
        """The caller's name.

        Raises:
            Refused: it is nobody.
        """


def read(request: Request) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def answered(status: int, document: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(document), status, headers, content_type="application/json")


class Digest:
    """RFC 7616 with `qop` and SHA-256, and MD5 for clients of old."""

    def __init__(self, fault: str) -> None:
        self.fault, self.nonces = fault, {secrets.token_hex(16)}

    def caller(self, request: Request) -> str:
        proof = request.authorization
        said = proof.parameters if proof is not None and proof.type == "digest" else {}
        name = said.get("username", "")
        if name not in PASSWORDS or not self._is_proof(said, request, name):
            raise Refused(401, **{"WWW-Authenticate": self._challenge()})
        return name

    def _challenge(self) -> str:
        nonce, realm = max(self.nonces), REALM.replace('"', '\\"')
        sha, md = (
            f'Digest realm="{realm}", qop="auth,auth-int", algorithm={one}, nonce="{nonce}", opaque="{nonce[:8]}"'
            for one in ("SHA-256", "MD5")
        )
        return f'Basic realm="none", Digest realm="x", nonce="n", algorithm=SHA-1024, qop="auth", {sha}, {md}'

    def _is_proof(self, said: Any, request: Request, name: str) -> bool:
        if self.fault == "any proof":
            return True
        target = request.environ["REQUEST_URI"]
        if said.get("uri") != target and self.fault != "any target":
            return False
        if said.get("nonce") not in self.nonces and self.fault != "any nonce":
            return False
        hashed = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}[said.get("algorithm", "MD5")]

        def joined(*parts: str) -> str:
            return hashed(":".join(parts).encode()).hexdigest()

        secret = joined(name, REALM, PASSWORDS[name])
        methods = ("GET", "POST", "PURGE") if self.fault == "any method" else (request.method,)
        counts = [f"{count:08x}" for count in range(500)] if self.fault == "any count" else [said["nc"]]
        return said["response"] in [
            joined(secret, said["nonce"], count, said["cnonce"], said["qop"], joined(method, said["uri"]))
            for method in methods
            for count in counts
        ]


class Query:
    """A key in the query."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def caller(self, request: Request) -> str:
        key = request.args.get("api_key", "")
        same: Callable[[str], bool] = {
            "any case": lambda known: known.lower() == key.lower(),
            "a part of a key": lambda known: bool(key) and known.startswith(key),
        }.get(self.fault, lambda known: known == key)
        found = next((name for known, name in KEYS.items() if same(known)), None)
        if found is None:
            raise Refused(401, **{"WWW-Authenticate": 'ApiKey realm="shelves"'})
        return found


class Session:
    """A session in a cookie; what changes something has to bring a token, as Django's middleware asks for it."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.sessions: dict[str, str] = {}

    def caller(self, request: Request) -> str:
        if request.method not in ("GET", "HEAD"):
            self.hold_token(request)  # before anybody is looked at
        name = self.sessions.get(request.cookies.get("sessionid", ""))
        if name is None:
            raise Refused(401, **{"WWW-Authenticate": 'Cookie realm="shelves"'})
        return name

    def hold_token(self, request: Request) -> None:
        kept, sent = request.cookies.get("csrftoken"), request.headers.get("X-CSRFToken")
        if self.fault == "no token" and not sent:
            return
        if not sent or not kept or (kept != sent and self.fault != "any token"):
            raise Refused(403)

    def page(self, request: Request) -> Response:
        answer = Response("<!doctype html><form>...</form>", content_type="text/html")
        answer.set_cookie("csrftoken", secrets.token_urlsafe(24), samesite="Lax")
        return answer

    def login(self, request: Request) -> Response:
        self.hold_token(request)
        told = read(request)
        known = {name: {"username": name, "password": password} for name, password in PASSWORDS.items()}
        if told not in known.values():
            raise Refused(401, **{"WWW-Authenticate": 'Cookie realm="shelves"'})
        key = secrets.token_urlsafe(24)
        self.sessions[key] = told["username"]
        answer = answered(200, {"user": told["username"]})
        answer.set_cookie("csrftoken", secrets.token_urlsafe(24), samesite="Lax")  # rotated, as Django does
        answer.set_cookie("sessionid", key, httponly=True, expires=4102444800)
        answer.set_cookie("lang", "en")
        return answer


GATES: dict[str, type[Gate]] = {"digest": Digest, "query": Query, "session": Session}
RULES = Map(
    [
        Rule("/login", methods=["GET"], endpoint="page"),
        Rule("/login", methods=["POST"], endpoint="login"),
        Rule("/books", methods=["GET"], endpoint="list"),
        Rule("/books", methods=["POST"], endpoint="create"),
        Rule("/books/<id>", methods=["GET"], endpoint="read"),
        Rule("/books/<id>", methods=["DELETE"], endpoint="delete"),
    ]
)


class Shelves:
    """Books, each its owner's."""

    def __init__(self, gate: str, fault: str = "") -> None:
        self.gate = GATES[gate](fault)
        self.books: dict[str, dict[str, str]] = {}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        try:
            answer = self._answer(request)
        except Refused as refused:
            answer = refused.answer
        except HTTPException as error:
            answer = answered(error.code or 500, {"error": error.name}, dict(error.get_headers()))
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        rule, values = RULES.bind_to_environ(request.environ).match()
        if rule in ("page", "login"):
            assert isinstance(self.gate, Session)
            return self.gate.page(request) if rule == "page" else self.gate.login(request)
        caller = self.gate.caller(request)
        mine = {key: book for key, book in self.books.items() if book["owner"] == caller}
        if rule == "list":
            return answered(200, list(mine.values()))
        if rule == "create":
            return self._create(request, caller)
        if values["id"] not in mine:
            return answered(404, {"error": "none"})
        if rule == "delete":
            del self.books[values["id"]]
            return Response(status=204)
        return answered(200, mine[values["id"]])

    def _create(self, request: Request, caller: str) -> Response:
        told = read(request)
        title = told.get("title") if isinstance(told, dict) and told.keys() == {"title"} else None
        if not isinstance(title, str) or not 1 <= len(title) <= 80:
            return answered(400, {"error": "no book"})
        book = {"id": secrets.token_hex(8), "title": title, "owner": caller}
        self.books[book["id"]] = book
        return answered(201, book)


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nobody reads it."""


def shelves(gate: str, fault: str = "") -> AbstractContextManager[str]:
    """The address of a server while the context lasts."""
    return served(Shelves(gate, fault))


@contextmanager
def served(app: WSGIApplication) -> Iterator[str]:
    """The address of an application of WSGI while the context lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
