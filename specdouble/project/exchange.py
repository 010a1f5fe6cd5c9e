"""Exchanges that other tools have recorded, or were told: requests with their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from specdouble.contract.json_type import JSON
from specdouble.har import Entry, text_of
from specdouble.url import split_url

NOTHING = object()
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_PARAMETER, _BRACE = re.compile(r"\{[^{}]+\}"), re.compile(r"[{}]")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Args:
        method: in lower case.
        path: decoded; `{name}` is a segment that the tool itself calls a parameter.
        status: of the answer.
        query: what was asked with it.
        sent: the request's JSON; `NOTHING` where it had none.
        answered: the answer's JSON; `NOTHING` where it had none.
        base: scheme and host, where they are known.
        summary: what the tool calls it.
        is_untold: whether the tool keeps the request alone; `status` is then the usual one.
    """

    method: str
    path: str
    status: int
    query: Mapping[str, str] = field(default_factory=dict)
    sent: Any = NOTHING
    answered: Any = NOTHING
    base: str = ""
    summary: str = ""
    is_untold: bool = False


def of_har(entries: Iterable[Entry]) -> Iterator[Exchange]:
    """The exchanges of an HTTP Archive that carry JSON, or nothing."""
    for entry in entries:
        request, response = entry.request, entry.response
        text, kind = text_of(response.content), response.content.mime_type
        # Who records bodies alone says nothing of their kind.
        is_said = "json" in kind or (not kind and _parsed(text) is not NOTHING)
        is_data = not response.content.text or is_said
        found = _exchange(request.method, request.url, response.status)
        if found is None or not is_data:  # pages, scripts and pictures of a site are no part of its API
            continue
        sent = request.post_data.text if request.post_data else None
        yield Exchange(**{**vars(found), "sent": _parsed(sent), "answered": _parsed(text)})


def of_postman(data: Mapping[str, Any]) -> Iterator[Exchange]:
    """The requests of a Postman collection, with the answers that are saved as examples (Collection 2.1)."""
    variables = {str(one.get("key")): str(one.get("value", "")) for one in _list(data.get("variable"))}
    for item in _items(data):
        request = item.get("request")
        if isinstance(request, str):
            request = {"method": "GET", "url": request}
        answers = _list(item.get("response")) or [{}]
        for answer in answers:
            asked = {**_object(request), **_object(answer.get("originalRequest"))}
            url = asked.get("url")
            raw = _filled(str(_object(url).get("raw", "")) if isinstance(url, dict) else str(url or ""), variables)
            method = str(asked.get("method", "GET"))
            found = _exchange(method, raw, answer.get("code") or _usual_status(method))
            if found is not None:
                sent = _filled(str(_object(asked.get("body")).get("raw") or ""), variables)
                told = {"sent": _parsed(sent), "answered": _parsed(answer.get("body")), "summary": item.get("name", "")}
                yield Exchange(**{**vars(found), **told, "is_untold": not answer})


def _items(folder: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in _list(folder.get("item")):
        if "item" in item:
            yield from _items(item)
        elif "request" in item:
            yield item


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables; one without a value that stands for a segment is a parameter."""
    return re.sub(r"\{\{\s*([^{}]+?)\s*\}\}", lambda found: variables.get(found[1]) or f"{{{found[1]}}}", text)


def of_wiremock(data: Mapping[str, Any]) -> Iterator[Exchange]:
    """The exchanges that WireMock's mappings tell of."""
    for mapping in _list(data.get("mappings")) or [dict(data)]:
        request, response = _object(mapping.get("request")), _object(mapping.get("response"))
        found = _exchange(request.get("method"), _wiremock_url(request), response.get("status", 200))
        if found is None:
            continue
        query = {name: _told(matcher) for name, matcher in _object(request.get("queryParameters")).items()}
        sent: Any = NOTHING
        for pattern in _list(request.get("bodyPatterns")):
            told = pattern.get("equalToJson", NOTHING)
            sent = _parsed(told) if isinstance(told, str) else told if sent is NOTHING else sent
        answered = response["jsonBody"] if "jsonBody" in response else _parsed(response.get("body"))
        told = {
            "query": {**found.query, **query},
            "sent": sent,
            "answered": answered,
            "summary": mapping.get("name", ""),
        }
        yield Exchange(**{**vars(found), **told})


def _wiremock_url(request: Mapping[str, Any]) -> str:
    for name in ("urlPathTemplate", "urlPath", "url"):
        if name in request:
            return str(request[name])
    pattern = str(request.get("urlPathPattern") or request.get("urlPattern") or "")
    # What a pattern leaves open in a segment is a parameter.
    segments = re.sub(r"\\(.)", r"\1", pattern.partition("\\?")[0].partition("?")[0]).split("/")
    is_open = re.compile(r"[\[\](){}*+^$|]|\.[*+]|^d\+$")
    return "/".join("{id}" if is_open.search(one) else one for one in segments)


def _told(matcher: object) -> str:
    return str(next(iter(_object(matcher).values()), ""))


def _exchange(method: Any, url: Any, status: Any) -> Exchange | None:
    """The bare exchange; None where it is none of HTTP."""
    named = str(method or "").lower()
    named = "get" if named == "any" else named
    is_status = isinstance(status, int) and 100 <= status <= 599
    if named not in _METHODS or not isinstance(url, str) or not url or not is_status:
        return None
    base, path, query = _parts(url)
    return Exchange(named, path, status, dict(parse_qsl(query, keep_blank_values=True)), base=base)


def _parts(url: str) -> tuple[str, str, str]:
    variable = re.match(r"\{[^{}]*\}(?=/|$)", url)  # `{baseUrl}/things`
    if variable:
        url = url[variable.end() :] or "/"
    elif "://" not in url and not url.startswith("/"):
        url = f"http://{url}"  # as Postman writes it: `api.example.com/things`
    parts = split_url(url)
    path = "/".join(map(_templated, unquote(parts.path or "/").split("/")))
    return (f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""), path, parts.query


def _templated(segment: str) -> str:
    """The segment as OpenAPI writes it: `:id` is a parameter, and braces that hold no name are none."""
    if segment[:1] == ":" and len(segment) > 1:
        segment = f"{{{segment[1:]}}}"
    is_template = not _BRACE.search(_PARAMETER.sub("", segment))
    return segment if is_template else _BRACE.sub("", segment)


def _usual_status(method: str) -> int:
    return {"post": 201, "delete": 204}.get(method.lower(), 200)


def _parsed(text: object) -> Any:
    if not isinstance(text, str) or not text.strip():
        return NOTHING
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return NOTHING
    return value


def _list(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
