"""A first request to a double, to be copied: it asks what needs no further knowledge, and signs in where it has to."""

from __future__ import annotations

import shlex

from specdouble.contract import Operation
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.double.http.credentials import Credentials
from specdouble.double.http.exports import carried, with_query
from specdouble.double.http.served import Served
from specdouble.double.state.problem import Problem

_TRIED = 20  # users, until one has what an operation asks for


def first_request(double: Served, url: str) -> str | None:
    """A command line, after the name of whom it signs in; None where every operation asks for more than that.

    Args:
        double: what is asked.
        url: where it serves.
    """
    for operation in double.contract.operations.values():
        is_known = "{" not in operation.path and not any(one.required for one in operation.parameters)
        if operation.method == "get" and is_known:
            command = _command(double, operation, url)
            if command is not None:
                return command
    return None


def _command(double: Served, operation: Operation, url: str) -> str | None:
    known = security_schemes(double.contract)
    asked = [known[name] for name in min(operation.security, key=len, default=()) if name in known]
    schemes = [one for one in asked if one.kind != "mutualTLS"]  # shown when the connection is made
    if not schemes:
        return f"  curl {shlex.quote(url + operation.path)}"
    world = double.world("default")
    for account in double.accounts.all(world)[:_TRIED]:
        try:
            return f"  as {account.name}:\n  {_signed(double, operation, url, account.name, schemes)}"
        except Problem:  # a user without a password, or without a key
            continue
    return None


def _signed(double: Served, operation: Operation, url: str, who: str, schemes: list[SecurityScheme]) -> str:
    """The command of one user.

    Raises:
        Problem: the user has no credential of a scheme.
    """
    world, credentials = double.world("default"), Credentials(double)
    pairs = [one for one in schemes if one.kind in ("basic", "digest")]
    placed = credentials.of(world, who, [one.name for one in schemes if one not in pairs])
    words = [f"curl {shlex.quote(url + with_query(operation.path, placed))}"]
    for one in pairs:
        pair = shlex.quote(credentials.credential(world, one, who))
        words.append(f"--digest -u {pair}" if one.kind == "digest" else f"-u {pair}")
    return " ".join([*words, *carried(placed["headers"], placed["cookies"])])
