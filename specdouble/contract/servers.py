"""Where the servers of a contract stand: the paths that its own paths begin with (OpenAPI 3.0.3, Server Object)."""

from __future__ import annotations

import functools
import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping

from specdouble.contract.json_type import JSON
from specdouble.contract.path_expression import path_expression

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_AUTHORITY = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*"
    # Without a protocol it is a relative path by the letter, and a host in what people mean.
    r"|([\w-]+\.)+[A-Za-z]{2,}(:\d+)?(?=[/?#]|$)|[\w-]+:\d+(?=[/?#]|$)"
)
_MOST = 100  # bases of one server: the values of its variables multiply


def base_path(data: Mapping[str, JSON]) -> str:
    """The path of the first server (Swagger 2.0: `basePath`), its variables at their defaults; or nothing."""
    if "swagger" in data:
        return str(data.get("basePath") or "").rstrip("/")
    servers = data.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    return next(_bases(first), "")


def other_bases(data: Mapping[str, JSON]) -> list[re.Pattern[str]]:
    """What paths may begin with on the other servers, those of a path or operation included; the longest first.

    A variable with an `enum` stands for each of its values, any other for a segment.
    """
    known = {base_path(data)}
    found: dict[str, None] = {}
    for server in _servers(data):
        for base in itertools.islice(_bases(server), _MOST):
            if base not in known:
                found[base] = None
    longest_first = sorted(found, key=lambda base: (-base.count("/"), -len(base)))
    # A variable that is left in a base stands for a segment.
    return [path_expression(_VARIABLE.split(base)[::2], "(?=/|$)") for base in longest_first]


def _servers(data: Mapping[str, JSON]) -> Iterator[JSON]:
    """The servers of the whole, then those that paths and operations have to themselves."""
    yield from _listed(data)
    paths = data.get("paths")
    for item in paths.values() if isinstance(paths, dict) else ():
        yield from _listed(item)
        for operation in item.values() if isinstance(item, dict) else ():
            yield from _listed(operation)


def _listed(holder: JSON) -> Iterator[JSON]:
    servers = holder.get("servers") if isinstance(holder, dict) else None
    yield from servers if isinstance(servers, list) else ()


def _bases(server: JSON) -> Iterator[str]:
    """The path of a server for each choice of its variables: first that of their defaults."""
    if not isinstance(server, dict):
        return
    url = str(server.get("url") or "")
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    choices = [_values(server.get("variables"), name) for name in names]
    if choices and url.startswith("{"):  # it may hold the host too, and is no segment
        choices[0] = [value for value in choices[0] if not _VARIABLE.fullmatch(value)] or choices[0]
    for values in itertools.product(*choices):
        chosen = dict(zip(names, values, strict=True))
        yield _path(_VARIABLE.sub(functools.partial(_chosen, chosen), url))


def _chosen(values: Mapping[str, str], variable: re.Match[str]) -> str:
    return values[variable[1]]


def _values(variables: JSON, name: str) -> list[str]:
    """The values of a variable, its default first; where it may be anything, itself in braces among them."""
    variable = variables.get(name) if isinstance(variables, dict) else None
    if not isinstance(variable, dict):
        return ["{" + name + "}"]
    listed = variable.get("enum")
    others = [str(value) for value in listed] if isinstance(listed, list) and listed else ["{" + name + "}"]
    return list(dict.fromkeys([str(variable.get("default", "")), *others]))


def _path(url: str) -> str:
    """The path of a URL, or of one that is relative to where the contract stands."""
    authority = _AUTHORITY.match(url)
    path = url[authority.end() if authority else 0 :].partition("?")[0].partition("#")[0]
    plain = posixpath.normpath("/" + path.lstrip("/"))
    return "" if plain == "/" else plain
