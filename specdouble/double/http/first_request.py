"""A first request to a double, to be copied: it asks what needs no further knowledge, and signs in where it has to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote

from specdouble.contract import Operation
from specdouble.contract.json_type import JSON
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.double.http.credentials import Credentials
from specdouble.double.http.exports import carried, with_query
from specdouble.double.http.served import Served
from specdouble.double.state.problem import Problem

_TRIED = 20  # users, until one has what an operation asks for


class _Asked(NamedTuple):
    """A request that needs no further knowledge.

    Args:
        operation: what is asked.
        path: its path, parameters filled in.
        body: what is sent; None where nothing is.
    """

    operation: Operation
    path: str
    body: JSON = None

    def words(self) -> list[str]:
        """What of the command line says what is sent."""
        if self.body is None:
            return []
        return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(self.body, ensure_ascii=False))}"]


def first_request(double: Served, url: str) -> str | None:
    """A command line, after the name of whom it signs in; None where every operation asks for more than that.

    A read that names nothing, else a read of a document that there is, else a create of one.

    Args:
        double: what is asked.
        url: where it serves.
    """
    asked = chain(_plain_reads(double), _reads_of_one(double), _creates(double))
    return next((command for one in asked if (command := _command(double, one, url)) is not None), None)


def _plain_reads(double: Served) -> Iterator[_Asked]:
    for operation in double.contract.operations.values():
        is_known = "{" not in operation.path and not any(one.required for one in operation.parameters)
        if operation.method == "get" and is_known:
            yield _Asked(operation, operation.path)


def _reads_of_one(double: Served) -> Iterator[_Asked]:
    """Reads of documents that are nobody's own, each by the id of the first one."""
    contract, world = double.contract, double.world("default")
    for operation in contract.operations.values():
        action = contract.actions.get(operation.id)
        if operation.method != "get" or action is None or action.id is None or action.does != "read":
            continue
        resource = contract.resources[action.collection]
        asked = [one for one in operation.parameters if one.required]
        is_of_somebody = resource.owner or resource.tenant or resource.single
        if is_of_somebody or any(one.location != "path" for one in asked):
            continue
        document = world.collection(resource.collection, None).find_one() or {}
        values = {name: document.get(to) for name, to in (*action.scope, (action.id, resource.id))}
        if None not in values.values() and all(one.name in values for one in asked):
            path = operation.path
            for name, value in values.items():
                path = path.replace("{" + name + "}", quote(str(value), safe=""))
            yield _Asked(operation, path)


def _creates(double: Served) -> Iterator[_Asked]:
    """What creates documents, before all else that is posted."""
    contract = double.contract
    posts = [one for one in contract.operations.values() if one.method == "post" and "{" not in one.path]
    for operation in sorted(posts, key=lambda one: one.id not in contract.actions):
        media = operation.json_body
        if media is None or any(one.required for one in operation.parameters):
            continue
        body = double.example(media, operation.id)
        if body is not None:
            yield _Asked(operation, operation.path, body)


def _command(double: Served, asked: _Asked, url: str) -> str | None:
    known, operation = security_schemes(double.contract), asked.operation
    named = [known[name] for name in min(operation.security, key=len, default=()) if name in known]
    schemes = [one for one in named if one.kind != "mutualTLS"]  # shown when the connection is made
    if not schemes:
        return f"  {' '.join(['curl', shlex.quote(url + asked.path), *asked.words()])}"
    world = double.world("default")
    for account in double.accounts.all(world)[:_TRIED]:
        try:
            return f"  as {account.name}:\n  {_signed(double, asked, url, account.name, schemes)}"
        except Problem:  # a user without a password, or without a key
            continue
    return None


def _signed(double: Served, asked: _Asked, url: str, who: str, schemes: list[SecurityScheme]) -> str:
    """The command of one user.

    Raises:
        Problem: the user has no credential of a scheme.
    """
    world, credentials = double.world("default"), Credentials(double)
    pairs = [one for one in schemes if one.kind in ("basic", "digest")]
    placed = credentials.of(world, who, [one.name for one in schemes if one not in pairs])
    words = [f"curl {shlex.quote(url + with_query(asked.path, placed))}"]
    for one in pairs:
        pair = shlex.quote(credentials.credential(world, one, who))
        words.append(f"--digest -u {pair}" if one.kind == "digest" else f"-u {pair}")
    return " ".join([*words, *carried(placed["headers"], placed["cookies"]), *asked.words()])
