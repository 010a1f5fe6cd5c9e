"""How the provider refuses: to the client, on a page of its own, or in the answer to what is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.responses import JSONResponse, RedirectResponse, Response

from specdouble.contract.json_type import JSON
from specdouble.double.provider import pages


def sent_back(to: str, asked: Mapping[str, str], error: str = "", why: str = "") -> Response:
    """What the client is told of a request that is not granted (RFC 6749, 4.1.2.1), or of one that is done."""
    from authlib.common.urls import add_params_to_uri

    told = {"error": error, "error_description": why} if error else {}
    if asked.get("state"):
        told["state"] = asked["state"]
    return RedirectResponse(add_params_to_uri(to, list(told.items())), 302)


def nowhere_page(to: str) -> Response:
    """Nobody is sent where the provider does not know that they shall be: the reason stands on its own page."""
    told = f"Users are sent back to this machine alone, not to {to[:200] or 'nowhere'}; start with --allow-redirect URL"
    return pages.message("This request cannot be answered", told, 400)


def refusal_page(error: Any) -> Response:
    return pages.message("This request cannot be answered", f"{error.error}: {error.get_error_description()}", 400)


def reason_of(response: Response) -> dict[str, JSON] | None:
    """What the answer is a refusal for, as RFC 6749 has it told: in its body, or in the address that it leads to."""
    if response.status_code >= 400 and response.headers.get("content-type") == "application/json":
        told = orjson.loads(response.body)
    else:
        told = dict(parse_qsl(urlsplit(response.headers.get("location", "")).query))
    if not isinstance(told, dict) or "error" not in told:
        return None
    return {"title": str(told["error"]), "detail": str(told.get("error_description", told["error"]))}


def error_answer(status: int, code: str, description: str) -> JSONResponse:
    """RFC 6749, 5.2."""
    told = {"error": code, "error_description": description}
    return JSONResponse(told, status, {"Cache-Control": "no-store"})


def bearer_error_answer(status: int, code: str, description: str) -> JSONResponse:
    """RFC 6750, 3."""
    answer = error_answer(status, code, description)
    answer.headers["WWW-Authenticate"] = f'Bearer error="{code}"'
    return answer
