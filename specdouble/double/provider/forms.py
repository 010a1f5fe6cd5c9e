"""The forms that are sent to the provider: how they are read, and what they are held to."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON
from specdouble.double.http.json_text import read_json
from specdouble.double.state.problem import Problem

LARGEST = 65_536  # bytes of a form
MOST = 100  # fields of a form


async def fields_of(request: Request, *, takes_json: bool) -> list[tuple[str, str]]:
    """The fields of a form; none where the request brings none.

    Args:
        request: the request.
        takes_json: whether an object of texts is as good: the contract may declare its own endpoint so.

    Raises:
        Problem: it is too large, or no form.
    """
    if request.method not in ("POST", "PUT"):
        return []
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Problem(413, detail=f"the form is larger than {LARGEST} bytes")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and takes_json and kind == "application/json":
        return [(name, value) for name, value in _members(body).items() if isinstance(value, str)]
    if body and kind != "application/x-www-form-urlencoded":
        raise Problem(400, detail="the body is no form: send application/x-www-form-urlencoded (RFC 6749, 4.1.3)")
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST, errors="strict")
    except ValueError:
        raise Problem(400, detail="the body is no form that can be read") from None


def _members(body: bytes) -> dict[str, JSON]:
    found = read_json(body)
    if not isinstance(found, dict):
        raise Problem(400, detail="the body is no object")
    return found


def paths_with_json(contract: Contract) -> frozenset[str]:
    """The paths at which the contract declares that a POST takes JSON."""
    return frozenset(
        one.path for one in contract.operations.values() if one.method == "post" and one.json_body is not None
    )


def hold_to_one_client(request: Request, form: list[tuple[str, str]]) -> None:
    """Hold that a client says one name (RFC 6749, 2.3).

    Raises:
        Problem: it says another in the form than in Basic.
    """
    from authlib.oauth2.rfc6749.util import extract_basic_authorization

    name, _ = extract_basic_authorization(request.headers)
    said = dict(form).get("client_id")
    if name and said and unquote(name) != said:
        raise Problem(400, detail="the form names another client than the header field Authorization")


def chosen_in(form: list[tuple[str, str]]) -> str | None:
    """Who was chosen on the page; empty where nobody shall be, None where the form is none of the page's."""
    fields = dict(form)
    if "decision" in fields:
        return ""
    return fields.get("user") if "grant_type" not in fields else None


def hold_to_own_page(request: Request) -> None:
    """Hold that a choice was made on the page itself: no other page signs anybody in.

    Raises:
        Problem: 403, a browser says that it was another one.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_own = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if site not in (None, "same-origin", "none") or (site is None and not is_own):
        raise Problem(403, detail="a browser says that another page has made the choice")
