"""What a verification is told: by `[tool.specdouble.verify]` in pyproject.toml, by flags, by the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from specdouble.verify.problem import WrongUse

PHASES = ("rules", "examples", "coverage", "fuzzing", "stateful")
REPORTS = ("junit", "json", "har", "html")


@dataclass(frozen=True)
class Account:
    """A user of the server, by name.

    Args:
        name: how output calls the user.
        login: what the login operation is sent, `email` and `password` for instance.
        credentials: a token or key for each security scheme that takes one.
        tenant: any word that users of one organization share; found out from tokens where left out.
    """

    name: str
    login: Mapping[str, Any] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str | None = None


@dataclass(frozen=True)
class Login:
    """How a user gets a token.

    Args:
        operation: the id of the operation that is sent the user's `login`.
        token: JSON pointer of the token in its answer.
        scheme: the security scheme that takes the token; found out where there is one of bearer tokens alone.
    """

    operation: str
    token: str = "/token"  # noqa: S105 - a pointer
    scheme: str | None = None


@dataclass(frozen=True)
class Settings:
    """What a verification is told.

    Args:
        url: the server's address.
        users: who calls; two of one organization and one of another unlock every check.
        login: how they get a token.
        signing: the secret that signs tokens, by security scheme: lets expired tokens be tried.
        seed: what random choices start from.
        max_time: seconds until it stops and says what it found.
        wait_for_server: seconds that the server may take to start.
        require_all: fail where a rule or check is not exercised.
        max_failures: stop once so many were found; every one is looked for where left out.
        max_examples: how many random cases each property and operation gets.
        operations: check these alone, by id.
        rules: check these rules and checks alone, by id.
        workers: how many cases run at once; chosen by the server's speed where left out.
        reports: the file of each report, by kind.
        phases: which parts run.
        checks: the folder of the project's own checks.
        timeout: seconds to wait for an answer.
        clock_skew: seconds by which the server's clock may differ.
        resolution: seconds between two timestamps that the server tells apart.
        consistency: seconds until a write is seen by every read.
        prefix: what names and texts begin with, to be found again on a server that cannot delete.
        yes: write to a server without asking.
        exclude: leave out these operations, by id; no request of theirs is sent.
        allow_destructive: try operations that may change or delete what this run did not create.
        leftovers: the file that holds what was created, kept as it is created.
        parameters: the values of parameters that no document gives, by name.
        owned: whether the server is one that was started for this run alone; the command says so.
    """

    url: str = ""
    users: tuple[Account, ...] = ()
    login: Login | None = None
    signing: Mapping[str, str] = field(default_factory=dict, repr=False)
    seed: int = 1
    max_time: float | None = None
    max_failures: int | None = None
    require_all: bool = False
    wait_for_server: float = 0
    max_examples: int = 15
    operations: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    workers: int | None = None
    reports: Mapping[str, Path] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    checks: Path | None = None
    timeout: float = 10
    clock_skew: float = 300
    resolution: float = 0.001
    consistency: float = 0
    prefix: str = "specdouble"
    yes: bool = False
    exclude: tuple[str, ...] = ()
    allow_destructive: bool = False
    leftovers: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    owned: bool = False


def load(folder: Path, environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """The settings of a project: its pyproject.toml, then what is not None in the overrides.

    Raises:
        WrongUse: the file says something that cannot be meant.
    """
    table = _table(folder / "pyproject.toml")
    settings = read(table, environment, folder)
    if settings.checks is None and (folder / "tests" / "rules").is_dir():
        settings = replace(settings, checks=folder / "tests" / "rules")
    return replace(settings, **{name: value for name, value in overrides.items() if value is not None})


def _table(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path.name} is not TOML: {error}") from None
    table = data.get("tool", {}).get("specdouble", {}).get("verify", {})
    return table if isinstance(table, dict) else {}


def read(table: Mapping[str, Any], environment: Mapping[str, str], folder: Path) -> Settings:
    """The settings of one table, secrets taken from the environment.

    Raises:
        WrongUse: a key or a value cannot be meant.
    """
    known = {one.name for one in fields(Settings)} - {"owned"}
    values: dict[str, Any] = {}
    for raw, value in table.items():
        key = raw.replace("-", "_")
        if key not in known:
            near = get_close_matches(key, known, n=1)
            raise WrongUse(f"[tool.specdouble.verify] has no key `{raw}`" + (f": write `{near[0]}`" if near else ""))
        values[key] = value
    try:
        return Settings(**_converted(values, environment, folder))
    except (TypeError, ValueError, AttributeError) as error:
        raise WrongUse(f"[tool.specdouble.verify] cannot be read: {error}") from None


def _converted(values: dict[str, Any], environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    converted = dict(values)
    for name in ("operations", "rules", "phases", "exclude"):
        if name in values:
            converted[name] = tuple(values[name])
    if "users" in values:
        converted["users"] = tuple(_account(user, environment) for user in values["users"])
    if "login" in values:
        converted["login"] = Login(**values["login"])
    if "signing" in values:
        converted["signing"] = {name: secret(one, environment) for name, one in values["signing"].items()}
    if "reports" in values:
        converted["reports"] = {kind: folder / file for kind, file in values["reports"].items()}
    for name in ("checks", "leftovers"):
        if name in values:
            converted[name] = folder / values[name]
    return converted


def _account(user: Mapping[str, Any], environment: Mapping[str, str]) -> Account:
    login = {key: secret(value, environment) for key, value in user.items()}
    name, tenant = login.pop("name", None), login.pop("tenant", None)
    credentials = {scheme: secret(one, environment) for scheme, one in user.get("credentials", {}).items()}
    login.pop("credentials", None)
    if not isinstance(name, str) or not name:
        raise WrongUse("[tool.specdouble.verify] a user has no `name`")
    return Account(name, login, credentials, tenant)


def secret(value: Any, environment: Mapping[str, str]) -> Any:
    """The value itself, or what the environment holds for `env:NAME`; of an object, each of its values.

    Raises:
        WrongUse: the environment holds nothing of that name.
    """
    if isinstance(value, dict):
        return {name: secret(one, environment) for name, one in value.items()}
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in environment:
        raise WrongUse(f"the environment variable {name} is not set: the settings take a secret from it")
    return environment[name]
