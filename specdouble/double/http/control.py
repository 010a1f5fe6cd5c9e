"""The control plane under `/_specdouble/`: for tests and people, never part of the contract."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles

from specdouble import __version__
from specdouble.contract import Contract
from specdouble.contract.pointer import look_up, pointer, tokens

if TYPE_CHECKING:
    from specdouble.double.double import Double

PREFIX = "/_specdouble"
CONTRACT = "/openapi.json"

_DOCS = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{prefix}/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{prefix}/docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{url: "{contract}", dom_id: "#swagger-ui", deepLinking: true, showExtensions: true,
  presets: [SwaggerUIBundle.presets.apis], persistAuthorization: true}});
</script>
</body>
</html>
"""


class Control:
    """An ASGI application that tells about a double, and commands it. It answers loopback addresses alone.

    Args:
        double: the double.
    """

    def __init__(self, double: Double) -> None:
        self._double = double
        self._contract = orjson.dumps(_with_rules(_with_local_server(double.contract.data), double.contract))
        self._router = Router(
            [
                Route(CONTRACT, self._openapi, methods=["GET"]),
                Route(PREFIX + "/health", self._health, methods=["GET"]),
                Route(PREFIX + "/reset", self._reset, methods=["POST"]),
                Route(PREFIX + "/journal", self._journal, methods=["GET"]),
                Route(PREFIX + "/docs", self._docs, methods=["GET"]),
                Mount(PREFIX + "/docs", StaticFiles(directory=_swagger_ui(), check_dir=False)),
            ]
        )

    def serves(self, path: str) -> bool:
        """Whether the path is the control plane's."""
        return path == CONTRACT or path.startswith(PREFIX + "/")

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer a request to the control plane."""
        if not _is_loopback(scope.get("client")):
            answer = _json({"title": "Forbidden", "detail": "the control plane answers loopback addresses alone"}, 403)
            await answer(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    async def _openapi(self, _request: Request) -> Response:
        return Response(self._contract, media_type="application/json")

    async def _health(self, _request: Request) -> Response:
        contract = self._double.contract
        told = {
            "status": "ok",
            "contract": contract.title,
            "version": __version__,
            "worlds": sorted(self._double.worlds),
        }
        return _json(told)

    async def _reset(self, request: Request) -> Response:
        name = request.headers.get("x-specdouble-world")
        if name is None:
            self._double.reset()
        elif name in self._double.worlds:
            self._double.worlds[name].reset()
        return Response(status_code=204)

    async def _journal(self, _request: Request) -> Response:
        return _json(self._double.journal.told())

    async def _docs(self, request: Request) -> Response:
        if request.url.path.endswith("/"):
            return RedirectResponse(PREFIX + "/docs")
        title = self._double.contract.title.replace("&", "&amp;").replace("<", "&lt;")
        return HTMLResponse(_DOCS.format(title=title, prefix=PREFIX, contract=CONTRACT))


def _with_local_server(data: dict[str, Any]) -> dict[str, Any]:
    """The contract with this server first: the page's "Try it out" asks the double."""
    if "swagger" in data:
        return {key: value for key, value in data.items() if key not in ("host", "schemes")}
    from specdouble.contract.operation import base_path

    here = {"url": base_path(data) or "/", "description": "this double"}
    return {**data, "servers": [here, *(data.get("servers") or [])]}


def _with_rules(data: dict[str, Any], contract: Contract) -> dict[str, Any]:
    """The contract with each rule as a sentence at its property: the page shows it beside the schema."""
    for rule in contract.rules.values():
        place = pointer(*tokens(rule.pointer)[:-1])
        if "/properties/" not in place or place.endswith("/properties") or rule.kind == "readOnly":
            continue
        try:
            schema = look_up(data, place)
        except LookupError:
            continue
        if isinstance(schema, dict) and "$ref" not in schema:
            told = f"{schema.get('description', '')}\n\n**Rule**: {rule} (`{rule.id}`).".strip()
            data = _replaced(data, tokens(place), {**schema, "description": told})
    return data


def _replaced(value: Any, path: list[str], leaf: Any) -> Any:
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


def _is_loopback(client: Any) -> bool:
    try:
        return client is None or ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")
