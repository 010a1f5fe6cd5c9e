"""A valid request for an operation: every required parameter, a body, credentials, ids that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from specdouble.contract import Contract, Media, Operation, Parameter
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.http.alternatives import condition_of, plain_path
from specdouble.double.http.xml import write_xml

_SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
_BOUNDARY = "corpus-boundary"


@dataclass
class Request:
    """A request, ready to be sent."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def request_of(
    contract: Contract, operation: Operation, sampler: Sampler, known: Mapping[str, Any], fresh: Collection[str]
) -> Request:
    """A request that the contract calls valid.

    Args:
        contract: the contract.
        operation: what is asked.
        sampler: makes the values.
        known: values of path parameters: ids of documents that exist.
        fresh: properties of the body whose values are made, though there is an example.
    """
    request = Request(operation.method.upper(), operation.path)
    pairs: list[str] = []
    for parameter in operation.parameters:
        if parameter.location != "path" and not parameter.required:
            continue
        value = known.get(parameter.name) if parameter.location == "path" else None
        if value is None:
            value = (
                "sample"
                if parameter.slot is None
                else sampler.sample(parameter.slot, f"{operation.id} {parameter.name}")
            )
        if parameter.location == "path":
            segment = _in_path(parameter, value) or "sample"
            request.path = request.path.replace("{" + parameter.name + "}", segment)
        elif parameter.location == "query":
            pairs += _in_query(parameter, value)
        elif parameter.location == "header":
            # Of a document that is there, whatever its version (RFC 9110, 13.1.1).
            any_version = parameter.name.lower() == "if-match"
            request.headers[parameter.name.lower()] = "*" if any_version else _simple(parameter, value)
        elif parameter.location == "cookie":
            request.headers["cookie"] = f"{parameter.name}={quote(_text(value))}"
    request.path = re.sub(r"\{[^{}/]+\}", "sample", request.path)
    request.path, condition = plain_path(request.path), condition_of(operation)
    named = {one.name.lower() for one in operation.parameters}
    pairs += [f"{quote(name)}={quote(value)}" for name, value in condition.items() if name.lower() not in named]
    request.query = "&".join([*pairs, *_credentials(contract, operation, request.headers)])
    _add_body(contract, operation, sampler, request, fresh)
    return request


def _add_body(
    contract: Contract, operation: Operation, sampler: Sampler, request: Request, fresh: Collection[str]
) -> None:
    medias = list(operation.body.content.values()) if operation.body else []
    media = next((one for one in medias if "json" in one.type), next(iter(medias), None))
    if media is None:
        return
    kind = "application/json" if "*" in media.type else media.type
    request.headers["content-type"] = kind
    value = sampler.sample(media.slot, f"{operation.id} body", media.examples.values()) if media.slot else {}
    if isinstance(value, dict) and media.slot and not value.keys().isdisjoint(fresh):
        other = sampler.plain(media.slot, f"{operation.id} fresh")
        value = {**value, **{name: other[name] for name in fresh if name in value and name in other}}
    if "xml" in kind and not isinstance(value, str):
        request.body = write_xml(contract, value, media.schema)
    elif "json" in kind:
        request.body = json.dumps(value).encode()
    elif kind.startswith("application/x-www-form-urlencoded"):
        request.body = urlencode(list(_fields(value))).encode()
    elif kind.startswith("multipart/") and not isinstance(value, str):
        request.headers["content-type"] = f"{kind}; boundary={_BOUNDARY}"
        request.body = _multipart(media, value)
    else:
        request.body = value.encode() if isinstance(value, str) else json.dumps(value).encode()


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    for name, part in value.items() if isinstance(value, dict) else ():
        for one in part if isinstance(part, list) else [part]:
            yield name, _text(one)


def _multipart(_media: Media, value: Any) -> bytes:
    parts = []
    for name, part in value.items() if isinstance(value, dict) else ():
        for one in part if isinstance(part, list) else [part]:
            kind = "\r\nContent-Type: application/json" if isinstance(one, dict | list) else ""
            parts.append(
                f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{kind}\r\n\r\n{_text(one)}\r\n'
            )
    return ("".join(parts) + f"--{_BOUNDARY}--\r\n").encode()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _in_path(parameter: Parameter, value: Any) -> str:
    if parameter.style == "label":
        return "." + ("." if parameter.explode else ",").join(quote(one, safe="") for one in _parts(parameter, value))
    if parameter.style == "matrix":
        return ";" + parameter.name + "=" + ",".join(quote(one, safe="") for one in _parts(parameter, value))
    return ",".join(quote(one, safe="") for one in _parts(parameter, value))


def _simple(parameter: Parameter, value: Any) -> str:
    return _text(value) if parameter.media_type else ",".join(_parts(parameter, value))


def _parts(parameter: Parameter, value: Any) -> list[str]:
    if isinstance(value, list):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        if parameter.explode:
            return [f"{name}={_text(one)}" for name, one in value.items()]
        return [part for name, one in value.items() for part in (name, _text(one))]
    return [_text(value)]


def _in_query(parameter: Parameter, value: Any) -> Iterator[str]:
    name = quote(parameter.name, safe="[]$")
    if parameter.media_type:
        yield f"{name}={quote(_text(value), safe='')}"
    elif isinstance(value, dict) and parameter.style == "deepObject":
        pairs = [(key, one) for key, many in value.items() for one in (many if isinstance(many, list) else [many])]
        yield from (f"{name}[{quote(key, safe='')}]={quote(_text(one), safe='')}" for key, one in pairs)
    elif isinstance(value, dict) and parameter.explode:
        for key, one in value.items():
            yield f"{quote(key, safe='')}={quote(_text(one), safe='')}"
    elif isinstance(value, list) and parameter.explode:
        for one in value:
            yield f"{name}={quote(_text(one), safe='')}"
    else:
        separator = _SEPARATORS.get(parameter.style, ",")
        yield f"{name}={separator.join(quote(one, safe='') for one in _parts(parameter, value))}"


def _credentials(contract: Contract, operation: Operation, headers: dict[str, str]) -> Iterator[str]:
    """Any credential of the first alternative: without `x-identity` every well-formed one is taken."""
    for name in operation.security[0] if operation.security else ():
        scheme = contract.security_schemes.get(name) or {}
        kind, place = scheme.get("type"), scheme.get("in")
        if kind == "apiKey" and place == "query":
            yield f"{quote(scheme['name'])}=corpus-key"
        elif kind == "apiKey" and place == "cookie":
            headers["cookie"] = f"{scheme['name']}=corpus-key"
        elif kind == "apiKey":
            headers.setdefault(str(scheme.get("name", "")).lower(), "corpus-key")
        elif kind == "basic" or str(scheme.get("scheme")).lower() == "basic":
            headers["authorization"] = "Basic dXNlcjpwYXNz"
        else:
            word = str(scheme.get("scheme")) if kind == "http" else "Bearer"
            headers["authorization"] = f"{word} corpus-token"
