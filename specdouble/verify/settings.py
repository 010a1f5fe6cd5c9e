"""What a verification is told: by the project's settings, by flags, by the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from specdouble.verify.problem import WrongUse
from specdouble.verify.tables import Table, told_table

PHASES = ("rules", "examples", "coverage", "fuzzing", "stateful")
REPORTS = ("html", "json", "junit", "sarif", "har", "scripts")
STRICTNESS = ("client", "contract", "rfc")


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
class Csrf:
    """The token against forged requests that a session in a cookie comes with; what is left out is found by names.

    Args:
        page: the path of what gives it before the login; the operation with such a name, else the login's own.
        token: JSON pointer of the token in the answers of that page and of the login.
        cookie: the cookie that holds it.
        header: the header field that it is sent in, with each request that changes something.
    """

    page: str = ""
    token: str = ""
    cookie: str = ""
    header: str = ""


@dataclass(frozen=True)
class Login:
    """How a user gets a token.

    Args:
        operation: the id of the operation that is sent the user's `login`.
        token: JSON pointer of the token in its answer.
        scheme: the security scheme that takes the token; found out where there is one of bearer tokens alone.
        csrf: the token against forged requests, where the contract does not declare it.
    """

    operation: str
    token: str = "/token"  # noqa: S105 - a pointer
    scheme: str | None = None
    csrf: Csrf | None = None


@dataclass(frozen=True)
class OAuth:
    """How a user gets a token of OAuth 2.

    Args:
        flow: `password` (with each user's `username` and `password`), `client_credentials` (with each user's
            `client_id` and `client_secret`), or `authorization_code` (with what the form of the page takes).
        token_url: of the token endpoint, where it is not the contract's.
        authorize_url: of the page, where it is not the contract's.
        redirect_uri: where the code is sent to; nobody asks there.
        client_id: what the client calls itself.
        client_secret: its secret; empty where it has none.
        scope: what is asked for, separated by spaces.
        scheme: the security scheme that takes the token; found out where there is one of bearer tokens.
    """

    flow: str
    token_url: str = ""
    authorize_url: str = ""
    redirect_uri: str = "http://localhost/callback"
    client_id: str = "specdouble"
    client_secret: str = field(default="", repr=False)
    scope: str = ""
    scheme: str | None = None


@dataclass(frozen=True)
class Skip:
    """Failures that the project knows of, and does not count.

    Args:
        reason: why.
        rule: of this rule or check alone.
        check: of this check of Schemathesis' alone.
        operation: about this operation alone, by id.
    """

    reason: str
    rule: str | None = None
    check: str | None = None
    operation: str | None = None

    def __str__(self) -> str:
        parts = {"rule": self.rule, "check": self.check, "operation": self.operation}
        return ", ".join(f"{name} {value}" for name, value in parts.items() if value)


@dataclass(frozen=True)
class Settings:
    """What a verification is told.

    Args:
        url: the server's address.
        users: who calls; two of one organization and one of another unlock every check.
        login: how they get a token.
        oauth: how they get one of OAuth 2.
        signing: the secret, or the private key in PEM, that signs tokens, by security scheme: lets expired ones be
            tried, and those for another audience, of another issuer, without a scope.
        seed: what random choices start from.
        max_time: seconds until it stops and says what it found.
        grace: seconds beyond these in which what was created may still be deleted.
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
        strictness: how much counts: what breaks a client, what the contract says, or every letter of the RFCs.
        strict: the strictness of single checks, where it is another.
        skip: failures that do not count, each with a reason.
        baseline: the file of the failures that are known; those alone that are new count.
        update_baseline: write that file anew.
        changed_since: a git revision: try what the contract's change since then concerns.
        concerned: the operations that this change concerns, by id; None where all are tried.
        headers: header fields that every request carries.
        sources: the environment variables that secrets were taken from, by secret.
        owned: whether the server is one that was started for this run alone; the command says so.
    """

    url: str = ""
    users: tuple[Account, ...] = ()
    login: Login | None = None
    oauth: OAuth | None = None
    signing: Mapping[str, str] = field(default_factory=dict, repr=False)
    seed: int = 1
    max_time: float | None = None
    grace: float = 0
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
    strictness: str = "contract"
    strict: Mapping[str, str] = field(default_factory=dict)
    skip: tuple[Skip, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    changed_since: str | None = None
    concerned: tuple[str, ...] | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    owned: bool = False

    @property
    def tick(self) -> float:
        """Seconds after which the server's clock shows a later moment."""
        return max(2.5 * self.resolution, 0.003)


@dataclass(frozen=True)
class Started:
    """A server that was started for one run.

    Args:
        url: its address.
        secret: what signs the tokens of an `x-identity`.
        users: who can sign in, where the project's settings name nobody.
        signing: what signs other tokens, by security scheme.
        oauth: how they get a token, where that is by a flow of OAuth 2.
    """

    url: str
    secret: str = field(default="", repr=False)
    users: tuple[Account, ...] = ()
    signing: Mapping[str, str] = field(default_factory=dict, repr=False)
    oauth: OAuth | None = None


def load(folder: Path, environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """The settings of a project: its pyproject.toml or specdouble.toml, then what is not None in the overrides.

    Raises:
        WrongUse: the file says something that cannot be meant.
    """
    table = told_table(folder)
    try:
        settings = read(table, environment, folder)
    except WrongUse as error:
        raise WrongUse(f"{table.place}: {error}") from None
    if settings.checks is None and (folder / "tests" / "rules").is_dir():
        settings = replace(settings, checks=folder / "tests" / "rules")
    return replace(settings, **{name: value for name, value in overrides.items() if value is not None})


def read(table: Table, environment: Mapping[str, str], folder: Path) -> Settings:
    """The settings of one table, secrets taken from the environment.

    Raises:
        WrongUse: a secret is missing.
    """
    values = dict(table.values)
    strict = values.get("strictness")
    if isinstance(strict, dict):
        values["strict"] = {name: one for name, one in strict.items() if name != "default"}
        values["strictness"] = strict.get("default", Settings.strictness)
    converters = _converters(environment, folder)
    converted = {name: converters.get(name, _as_it_is)(value) for name, value in values.items()}
    return Settings(**converted, sources=dict(sources_of(values, environment)))


def _converters(environment: Mapping[str, str], folder: Path) -> dict[str, Callable[[Any], Any]]:
    """What makes a setting of the value that TOML has, by key."""

    def secrets(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: secret(one, environment) for name, one in values.items()}

    def file(name: str) -> Path:
        return folder / name

    return {
        **dict.fromkeys(("operations", "rules", "phases", "exclude"), tuple),
        **dict.fromkeys(("signing", "headers"), secrets),
        **dict.fromkeys(("checks", "leftovers", "baseline"), file),
        "users": lambda users: tuple(_account(user, environment) for user in users),
        "login": lambda login: Login(**{**login, "csrf": Csrf(**login["csrf"]) if "csrf" in login else None}),
        "oauth": lambda oauth: OAuth(**secrets(oauth)),
        "skip": lambda entries: tuple(Skip(**one) for one in entries),
        "reports": lambda files: {kind: folder / name for kind, name in files.items()},
    }


def _as_it_is(value: Any) -> Any:
    return value


def sources_of(value: Any, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each secret that the settings take from the environment, with the name of its variable."""
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name in environment:
            yield environment[name], name
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from sources_of(item, environment)


def _account(user: Mapping[str, Any], environment: Mapping[str, str]) -> Account:
    login = {key: secret(value, environment) for key, value in user.items()}
    name, tenant = login.pop("name", None), login.pop("tenant", None)
    credentials = {scheme: secret(one, environment) for scheme, one in user.get("credentials", {}).items()}
    login.pop("credentials", None)
    assert isinstance(name, str)  # the table was checked
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
