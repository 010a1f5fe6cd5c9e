"""The application: which operations there are, and how a request reaches one."""

import asyncio
import json
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from . import auth, lead_management, pipelines, prompts, tokens, webhook
from .seed import Document, User
from .service import Call, Handler, RefusedError, Service, invalid

LARGEST_BODY = 1024 * 1024
DEEPEST = 64
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class Operation:
    handler: Handler
    security: Literal["token", "key", "none"] = "token"


PATHS: dict[str, dict[str, Operation]] = {
    "/api/auth/login": {"POST": Operation(auth.login, "none")},
    "/api/auth/verify-token": {"GET": Operation(auth.verify)},
    "/api/lead-management": {"POST": Operation(lead_management.create)},
    "/api/lead-management/{id}": {
        "GET": Operation(lead_management.read),
        "PUT": Operation(lead_management.update),
    },
    "/api/prompts/create": {"POST": Operation(prompts.create)},
    "/api/prompts/user": {"GET": Operation(prompts.list_own)},
    "/api/prompts/{promptId}": {"PUT": Operation(prompts.update)},
    "/api/pipelines": {
        "GET": Operation(pipelines.read),
        "POST": Operation(pipelines.save),
    },
    "/api/webhook/outreach": {"POST": Operation(webhook.outreach, "key")},
}


class Path:
    """All operations of one path."""

    def __init__(self, service: Service, operations: dict[str, Operation]) -> None:
        self.service, self.operations = service, operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self.service.delay)
        try:
            response = await self._answer(Request(scope, receive))
        except RefusedError as refusal:
            response = _refusal(refusal, self.service.faults)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        operation = self.operations.get(request.method)
        if operation is None:
            allow = ", ".join(self.operations)
            raise RefusedError(405, "Method not allowed", headers={"Allow": allow})
        faults = self.service.faults
        user = _user(request, operation, faults)
        body = await _body(request, faults)
        call = Call(user, request.path_params, request.query_params, body)
        status, content = await operation.handler(self.service, call)
        return _json(status, content, faults)


def _user(request: Request, operation: Operation, faults: frozenset[str]) -> User | None:
    header = request.headers.get("authorization")
    if operation.security == "token":
        return tokens.user_of_token(header, faults)
    if operation.security == "key":
        return tokens.user_of_key(header, faults)
    return None


async def _body(request: Request, faults: frozenset[str]) -> Document:
    if request.method == "GET":
        return {}
    raw = await _read(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and kind != "application/json":
        raise RefusedError(415, "The body must be application/json")
    try:
        body = json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        if "crash_on_malformed_json" in faults:
            raise
        raise invalid("the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise invalid("the body must be an object")
    _check_sane(body)
    return body


async def _read(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
    if size > LARGEST_BODY:
        raise RefusedError(413, "The body is larger than 1 MiB")
    return b"".join(chunks)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_sane(value: Any, depth: int = 0) -> None:
    """Refuse what a document store cannot keep."""
    if depth > DEEPEST:
        raise invalid("the body is nested too deep")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name)
            _check_sane(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_sane(item, depth + 1)
    else:
        _check_number(value)


def _check_number(value: Any) -> None:
    if isinstance(value, int) and not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
        raise invalid("an integer is larger than 64 bits")
    if isinstance(value, float) and abs(value) > sys.float_info.max:
        raise invalid("a number is too large")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise invalid("a string holds the character NUL")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise invalid("a string holds half a surrogate pair")


def _json(status: int, content: Any, faults: frozenset[str]) -> Response:
    text = json.dumps(content, ensure_ascii=False)
    if "wrong_content_type" in faults:
        return PlainTextResponse(text, status)
    return Response(text, status, media_type="application/json")


def _refusal(refusal: RefusedError, faults: frozenset[str] = frozenset()) -> Response:
    error: Document = {"error": refusal.error}
    if refusal.message:
        error["message"] = refusal.message
    if refusal.status != 401:
        error["success"] = "error_says_success" in faults
    if "error_wrong_shape" in faults:
        error = {"detail": refusal.message or refusal.error}
    response = _json(refusal.status, error, faults)
    response.headers.update(refusal.headers)
    if "challenge_missing" in faults and refusal.status == 401:
        del response.headers["www-authenticate"]
    if "errors_answer_200" in faults:
        response.status_code = 200
    return response


async def _not_found(request: Request, error: Exception) -> Response:
    return _refusal(RefusedError(404, "Not found"))


async def _crashed(request: Request, error: Exception) -> Response:
    return _refusal(RefusedError(500, "Internal server error"))


def create_app(faults: Collection[str] = (), delay: float = 0) -> Starlette:
    """The backend, with these faults, answering after so many seconds."""
    service = Service(faults, delay)
    app = Starlette(
        routes=[Route(path, Path(service, ops)) for path, ops in PATHS.items()],
        exception_handlers={404: _not_found, Exception: _crashed},
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app
