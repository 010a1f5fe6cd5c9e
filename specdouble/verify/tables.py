"""The table of a project's settings: where it stands, and what its keys and values may be."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from specdouble.verify.problem import WrongUse

Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(min_length=1)]
Strictness = Literal["client", "contract", "rfc"]
Phase = Literal["rules", "examples", "coverage", "fuzzing", "stateful"]
CHOICES = {"strictness": get_args(Strictness), "phases": get_args(Phase)}


class CsrfTable(Struct, forbid_unknown_fields=True):
    """`login.csrf`."""

    page: Name | UnsetType = UNSET
    token: Name | UnsetType = UNSET
    cookie: Name | UnsetType = UNSET
    header: Name | UnsetType = UNSET


class LoginTable(Struct, forbid_unknown_fields=True):
    """`login`."""

    operation: Name
    token: str | UnsetType = UNSET
    scheme: Name | UnsetType = UNSET
    csrf: CsrfTable | UnsetType = UNSET


class OAuthTable(Struct, forbid_unknown_fields=True):
    """`oauth`."""

    flow: Literal["password", "client_credentials", "authorization_code"]
    token_url: Name | UnsetType = UNSET
    authorize_url: Name | UnsetType = UNSET
    redirect_uri: Name | UnsetType = UNSET
    client_id: Name | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    scheme: Name | UnsetType = UNSET


class SkipTable(Struct, forbid_unknown_fields=True):
    """An entry of `skip`."""

    reason: Annotated[str, Meta(pattern=r"\S")]
    rule: Name | UnsetType = UNSET
    check: Name | UnsetType = UNSET
    operation: Name | UnsetType = UNSET


class UserTable(Struct):
    """An entry of `users`; every other key is sent to the login."""

    name: Name
    tenant: str | UnsetType = UNSET
    credentials: dict[str, str] | UnsetType = UNSET


class ReportsTable(Struct, forbid_unknown_fields=True):
    """`reports`."""

    junit: Name | UnsetType = UNSET
    json: Name | UnsetType = UNSET
    har: Name | UnsetType = UNSET
    html: Name | UnsetType = UNSET
    scripts: Name | UnsetType = UNSET


class VerifyTable(Struct, forbid_unknown_fields=True):
    """`[tool.specdouble.verify]`, key by key."""

    url: str | UnsetType = UNSET
    users: list[UserTable] | UnsetType = UNSET
    login: LoginTable | UnsetType = UNSET
    oauth: OAuthTable | UnsetType = UNSET
    signing: dict[str, str] | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    max_time: Seconds | UnsetType = UNSET
    max_failures: Count | UnsetType = UNSET
    require_all: bool | UnsetType = UNSET
    wait_for_server: Seconds | UnsetType = UNSET
    max_examples: Count | UnsetType = UNSET
    operations: list[Name] | UnsetType = UNSET
    rules: list[Name] | UnsetType = UNSET
    workers: Annotated[int, Meta(ge=1, le=64)] | UnsetType = UNSET
    reports: ReportsTable | UnsetType = UNSET
    phases: list[Phase] | UnsetType = UNSET
    checks: Name | UnsetType = UNSET
    timeout: Annotated[float, Meta(gt=0)] | UnsetType = UNSET
    clock_skew: Seconds | UnsetType = UNSET
    resolution: Seconds | UnsetType = UNSET
    consistency: Seconds | UnsetType = UNSET
    prefix: str | UnsetType = UNSET
    yes: bool | UnsetType = UNSET
    exclude: list[Name] | UnsetType = UNSET
    allow_destructive: bool | UnsetType = UNSET
    leftovers: Name | UnsetType = UNSET
    strictness: Strictness | dict[str, Strictness] | UnsetType = UNSET
    skip: list[SkipTable] | UnsetType = UNSET
    baseline: Name | UnsetType = UNSET
    changed_since: Name | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET


@dataclass(frozen=True)
class Table:
    """The settings as a file holds them.

    Args:
        place: the file and the table in it, for messages.
        values: by key, hyphens as underscores.
    """

    place: str = "[tool.specdouble.verify]"
    values: Mapping[str, Any] = field(default_factory=dict)


def told_table(folder: Path) -> Table:
    """The table of a project: `[verify]` of specdouble.toml, or `[tool.specdouble.verify]` of pyproject.toml.

    Raises:
        WrongUse: a file is no TOML, both hold the table, or a key or a value cannot be meant.
    """
    from specdouble.contract.settings import KEYS

    own, shared = folder / "specdouble.toml", folder / "pyproject.toml"
    tables = []
    if own.is_file():
        data = _toml(own)
        _known(data, ("verify", *KEYS), own.name)
        if "verify" in data:
            tables.append(_checked(data["verify"], f"{own.name}, [verify]"))
    if shared.is_file():
        tool = _toml(shared).get("tool", {}).get("specdouble", {})
        _known(tool, ("verify", *KEYS), f"{shared.name}, [tool.specdouble]")
        if "verify" in tool:
            tables.append(_checked(tool["verify"], f"{shared.name}, [tool.specdouble.verify]"))
    if len(tables) > 1:
        raise WrongUse(f"both {tables[0].place} and {tables[1].place} hold the settings: keep one of them")
    return tables[0] if tables else Table()


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path.name} is not TOML: {error}") from None


def _checked(table: object, place: str) -> Table:
    """The table, its keys and values held to what they may be."""
    if not isinstance(table, dict):
        raise WrongUse(f"{place} is not a table")
    values = {key.replace("-", "_"): value for key, value in table.items()}
    _hold_keys(values, place)
    try:
        msgspec.convert(values, VerifyTable)
    except msgspec.ValidationError as error:
        raise WrongUse(f"{place}: {_told(error)}") from None
    for number, one in enumerate(values.get("skip", ())):
        if not {"rule", "check", "operation"} & one.keys():
            raise WrongUse(f"{place}: `skip[{number}]` names no `rule`, `check` or `operation`")
    return Table(place, values)


def _hold_keys(values: Mapping[str, Any], place: str) -> None:
    """Hold that each key, of nested tables too, is one that there is."""
    _known(values, VerifyTable.__struct_fields__, place)
    for name, table in (("login", LoginTable), ("oauth", OAuthTable), ("reports", ReportsTable), ("skip", SkipTable)):
        held = values.get(name, ())
        for entry in held if isinstance(held, list) else [held]:
            if isinstance(entry, dict):
                _known(entry, table.__struct_fields__, f"{place}, `{name}`")


def _known(table: Mapping[str, Any], known: Collection[str], place: str) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            advice = f"write `{near[0]}`" if near else f"there are {', '.join(known)}"
            raise WrongUse(f"{place} has no key `{key}`: {advice}")


def _told(error: msgspec.ValidationError) -> str:
    """What msgspec says, the key first."""
    message, _, path = str(error).partition(" - at ")
    key = path.strip("`").removeprefix("$.")
    choices = CHOICES.get(key.partition("[")[0]) if message.startswith("Invalid enum") else None
    advice = f": write one of {', '.join(choices)}" if choices else ""
    return f"`{key}`: {message}{advice}" if key else message


__all__ = ["Table", "told_table"]
