"""The control plane under `/_specdouble/`: for tests and people, never part of the contract."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from html import escape

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import look_up, pointer, tokens
from specdouble.contract.servers import base_path
from specdouble.double.http.access import Access
from specdouble.double.http.administration import Administration, json_response
from specdouble.double.http.asgi import ASGIApp, Message, Receive, Scope, Send
from specdouble.double.http.aside import aside
from specdouble.double.http.console import Console
from specdouble.double.http.inspection import Inspection
from specdouble.double.http.served import Served
from specdouble.double.state.problem import Problem

PREFIX = "/_specdouble"
CONTRACT = "/openapi.json"
HEALTH = PREFIX + "/health"
DOCS = PREFIX + "/docs"

# Behind a proxy the page stands deeper than it knows: every address in it is relative to its own.
_START = """
const prefix = location.pathname.replace(/\\/_specdouble\\/docs$/, "");
// Whatever provider the contract names: on this page people sign in to the double's own.
const auth = location.origin + prefix + "/_specdouble/auth";
const endpoints = {authorizationUrl: "/authorize", tokenUrl: "/token", refreshUrl: "/token",
  openIdConnectUrl: "/.well-known/openid-configuration"};
const signIn = (holder) => {
  for (const [name, path] of Object.entries(endpoints)) if (holder && name in holder) holder[name] = auth + path;
};
// No script may set the field Cookie: for the moment of the request, the browser is given the cookie itself.
const withCookies = (request) => {
  const pairs = ((request.headers || {}).Cookie || "").split("&");
  for (const pair of pairs) if (pair) document.cookie = pair + "; path=/; max-age=5; samesite=lax";
  return request;
};
fetch(prefix + "/openapi.json").then((answer) => answer.json()).then((spec) => {
  if (spec.swagger) spec.basePath = prefix + (spec.basePath || "");
  else {
    spec.servers[0].url = prefix + spec.servers[0].url;
    spec.openapi = "3.0.3";  // of a later version this Swagger UI shows nothing, and of that one nearly all
  }
  const schemes = Object.values(spec.securityDefinitions || (spec.components || {}).securitySchemes || {});
  for (const scheme of schemes) {
    signIn(scheme);
    Object.values((scheme && scheme.flows) || {}).forEach(signIn);
  }
  const ui = SwaggerUIBundle({spec, dom_id: "#swagger-ui", deepLinking: true, showExtensions: true,
    presets: [SwaggerUIBundle.presets.apis], persistAuthorization: true,
    requestInterceptor: withCookies,
    oauth2RedirectUrl: location.origin + prefix + "/_specdouble/docs/oauth2-redirect.html"});
  ui.initOAuth({clientId: "swagger-ui", usePkceWithAuthorizationCodeGrant: true});
});
"""
_DOCS = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>{start}</script>
</body>
</html>
"""
_START_HASH = base64.b64encode(hashlib.sha256(_START.encode()).digest()).decode()

# A contract may be anybody's: what stands in it runs no script on the page, and nobody frames it.
_POLICY = (
    f"default-src 'self'; script-src 'self' 'sha256-{_START_HASH}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src *; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# What another origin must not have, were it asked for in a way that no browser marks; and no cache keeps it.
_GUARDS = (
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


class Control:
    """An ASGI application that tells about a double, and commands it.

    Args:
        double: the double.
        operations: what answers requests to the contract's operations.
    """

    def __init__(self, double: Served, operations: ASGIApp) -> None:
        self._double = double
        self._access = Access(double.settings.hosts, double.settings.control_token)
        described = _with_rules(_with_local_server(double.contract.data), double.contract)
        # Not by orjson: a contract's integers may be beyond 64 bits.
        self._contract = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()
        self.routes = [
            Route(CONTRACT, self._openapi, methods=["GET"]),
            Route(HEALTH, self._health, methods=["GET"]),
            Route(PREFIX + "/reset", self._reset, methods=["POST"]),
            Route("/", _to_console, methods=["GET"]),
            Route(DOCS, self._docs, methods=["GET"]),
            *Administration(double, PREFIX).routes,
            *Console(double, PREFIX).routes,
            *Inspection(double, PREFIX, operations).routes,
            Mount(DOCS, StaticFiles(directory=_swagger_ui(), check_dir=False)),
        ]
        handlers = {HTTPException: _not_answered, Problem: _refused}
        self._application = Starlette(routes=self.routes, exception_handlers=handlers)
        self._application.router.redirect_slashes = False

    def serves(self, path: str) -> bool:
        """Whether the path is the control plane's; whoever opens the address alone is led to the console."""
        return path in (CONTRACT, PREFIX, "/") or path.startswith(PREFIX + "/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the control plane, or refuse it; that it lives is told to everybody."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._double.keep()
                message["headers"] = [*message["headers"], *_GUARDS]
            await send(message)

        refused = None if scope["path"] == HEALTH else self._access.refusal(scope)
        if refused is None and self._double.waits and scope["method"] == "GET" and scope["path"] != HEALTH:
            refused = await self._gathered()
        answer = self._application if refused is None else _told(refused)
        await answer(self._double.address.seen(scope), receive, guarded)

    async def _gathered(self) -> Problem | None:
        """Have at hand what other processes have told; gives why it cannot be had."""
        try:
            await asyncio.to_thread(self._double.gather)
        except Problem as problem:
            return problem
        return None

    async def _openapi(self, _request: Request) -> Response:
        return Response(self._contract, media_type="application/json")

    async def _health(self, _request: Request) -> Response:
        if await asyncio.to_thread(self._double.is_able):
            return json_response({"status": "ok"})
        return json_response({"status": "the store is away"}, 503)

    async def _reset(self, request: Request) -> Response:
        name = request.headers.get("x-specdouble-world")
        if name is None:
            await aside(self._double, self._double.reset)
        else:
            await aside(self._double, lambda: self._double.worlds.reset_one(name))
        return Response(status_code=204)

    async def _docs(self, _request: Request) -> Response:
        page = _DOCS.format(title=escape(self._double.contract.title), start=_START)
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


async def _to_console(_request: Request) -> Response:
    return RedirectResponse(PREFIX.removeprefix("/") + "/")  # relative, for a proxy may have put a prefix before it


def _with_local_server(data: dict[str, JSON]) -> dict[str, JSON]:
    """The contract with this server first: the page's "Try it out" asks the double."""
    if "swagger" in data:
        return {key: value for key, value in data.items() if key not in ("host", "schemes")}
    here = {"url": base_path(data) or "/", "description": "this double"}
    return {**data, "servers": [here, *(data.get("servers") or [])]}


def _with_rules(data: dict[str, JSON], contract: Contract) -> dict[str, JSON]:
    """The contract with each rule as a sentence where its annotation stands: the page shows it there."""
    for rule in contract.rules.values():
        *above, keyword = tokens(rule.pointer)
        place = pointer(*above)
        if not keyword.startswith("x-"):  # OpenAPI's own, which the page shows anyway, or a key of an annotation
            continue
        try:
            schema = look_up(data, place)
        except LookupError:
            continue
        if isinstance(schema, dict) and "$ref" not in schema:
            description = f"{schema.get('description', '')}\n\n**Rule**: {rule} (`{rule.id}`).".strip()
            data = _replaced(data, tokens(place), {**schema, "description": description})
    return data


def _replaced(value: JSON, path: list[str], leaf: JSON) -> JSON:
    """A copy of the value with another leaf; what is not on the way to it is shared."""
    if not path:
        return leaf
    if isinstance(value, list):
        index = int(path[0])
        return [*value[:index], _replaced(value[index], path[1:], leaf), *value[index + 1 :]]
    return {**value, path[0]: _replaced(value[path[0]], path[1:], leaf)}


def _swagger_ui() -> str:
    from swagger_ui_bundle import swagger_ui_path

    return str(swagger_ui_path)


async def _not_answered(request: Request, error: Exception) -> Response:
    """A path or a method that the control plane has not."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers.setdefault("Allow", "GET, HEAD")  # of the page's files, which name none
        detail = f"the path allows {headers['Allow']}"
    else:
        detail = f"the control plane has no {request.url.path}"
    return _told(Problem(error.status_code, detail=detail, headers=headers))


async def _refused(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return _told(problem)


def _told(problem: Problem) -> Response:
    """RFC 9457, section 3."""
    body = {"type": "about:blank", "title": problem.words, "status": problem.status, "detail": problem.detail}
    return Response(orjson.dumps(body), problem.status, problem.headers, media_type="application/problem+json")
