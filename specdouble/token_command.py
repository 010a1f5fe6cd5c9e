"""The command `specdouble token`: a credential of a user, for the double of a contract."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.exits import WRONG_USE, fail
from specdouble.opening import known_users, opened

if TYPE_CHECKING:
    from specdouble.contract import Contract
    from specdouble.contract.security_scheme import SecurityScheme
    from specdouble.double.http.credentials import Credentials


@click.command(
    epilog=examples(
        ("specdouble token ada", "of the user ada, for the double of this folder"),
        ("specdouble token ada openapi.yaml --scope read", "good for one scope alone"),
        ("specdouble token ada --json", "header fields, query and cookies, for every scheme"),
        ('curl -H "Authorization: Bearer $(specdouble token ada)" http://localhost:4010/orders', "in a request"),
    )
)
@click.argument("user")
@contract_arguments
@click.option("--scheme", metavar="NAME", help="The security scheme.  [default: the first that takes a token]")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE",
              help="What the token is good for; repeatable.  [default: all that the user may grant]")  # fmt: skip
@click.option("--expired", is_flag=True, help="A token that is over.")
@click.option("--json", "as_json", is_flag=True, help="Print headers, query and cookies that carry it, of all schemes.")
def token(
    user: str,
    path: Path,
    allow_refs: tuple[Path, ...],
    overlays: tuple[Path, ...],
    scheme: str | None,
    scopes: tuple[str, ...],
    expired: bool,
    as_json: bool,
) -> None:
    """Print a credential of a user, named by e-mail address, another name, or id: a token, else a key or NAME:PASSWORD.

    A token is good wherever a key is. docs/sign-in.md tells who the users are.
    """
    from specdouble.double.double import Settings
    from specdouble.double.http.credentials import Credentials, Wish
    from specdouble.double.server import default_port
    from specdouble.double.state.access_tokens import PROVIDER
    from specdouble.double.state.problem import Problem

    double = opened(Settings(path, allow_refs=allow_refs, overlays=overlays, strict_auth=True))
    credentials, world = Credentials(double), double.world("default")
    chosen = _scheme(credentials, scheme)
    wish = Wish(scopes or None, expired, f"http://localhost:{default_port(double.contract)}{PROVIDER}")
    _tell_unknown_scopes(double.contract, credentials, scopes)
    try:
        if as_json:
            shown = credentials.of(world, user, (chosen.name,) if scheme else None, wish)
            click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        else:
            click.echo(credentials.credential(world, chosen, user, wish))
            _tell_missing_key(credentials.missing_key(world, chosen, user), user, chosen)
    except Problem as problem:
        if problem.status != 404:
            fail(str(problem.detail), WRONG_USE)
        fail(f"no user `{user}` in the seed\n    remedy: {known_users(double)}", WRONG_USE)


def _tell_missing_key(place: str | None, user: str, scheme: SecurityScheme) -> None:
    """Say that what is printed is no key: who asks for that of a scheme of keys may want one."""
    if place is not None:
        told = f"`{user}` has no key for `{scheme.name}`, and this is a token, which the double takes in its place"
        click.echo(f"specdouble: {told}: write a key {place}", err=True)


def _tell_unknown_scopes(contract: Contract, credentials: Credentials, scopes: Iterable[str]) -> None:
    """Warn of scopes that no operation can ask for: such a token may be wanted, and is more often a slip."""
    from specdouble.contract.kind import suggestion
    from specdouble.contract.security_scheme import scopes_of
    from specdouble.double.provider.information import SCOPES

    known = {scope for scheme in credentials.schemes.values() for scope in scopes_of(contract, scheme)}
    for scope in scopes:
        if known and scope not in known and scope not in SCOPES:
            click.echo(f"specdouble: the contract has no scope `{scope}`: {suggestion(scope, sorted(known))}", err=True)


def _scheme(credentials: Credentials, wanted: str | None) -> SecurityScheme:
    """The scheme of that name, else the first that takes a token; exits where there is none."""
    schemes = credentials.schemes
    if wanted is not None and wanted not in schemes:
        remedy = f"name one of {', '.join(schemes)}" if schemes else "leave it out: the contract has none"
        fail(f"no security scheme `{wanted}`\n    remedy: {remedy}", WRONG_USE)
    if wanted is not None:
        return schemes[wanted]
    chosen = credentials.preferred
    if chosen is None:
        fail("the contract asks nobody who they are\n    remedy: name a scheme under `security`", WRONG_USE)
    return chosen
