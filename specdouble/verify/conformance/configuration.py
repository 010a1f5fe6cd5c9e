"""What Schemathesis is told before it runs: the project's own configuration, ours, and the credentials."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import schemathesis
from requests.auth import HTTPDigestAuth
from schemathesis.config import SchemathesisConfig
from schemathesis.config._error import ConfigError

from specdouble.contract import Contract, Operation
from specdouble.contract.servers import base_path
from specdouble.verify.checks.authentication import takes_whoever_asks
from specdouble.verify.exchange import Call
from specdouble.verify.identity import User
from specdouble.verify.problem import WrongUse
from specdouble.verify.session import Session

PHASES = ("examples", "coverage", "fuzzing", "stateful")


def configuration(session: Session, folder: Path) -> SchemathesisConfig:
    """Schemathesis' configuration: the project's own, and what this run asks for.

    Raises:
        WrongUse: the project's own cannot be read.
    """
    settings = session.settings
    told = _merged(_defaults(session), _own(folder))
    placed = urlsplit(session.client.url).path  # an address with a path of its own holds the base path already
    told["base-url"] = session.client.url if placed else session.client.url + base_path(session.contract.data)
    told["seed"] = settings.seed
    for phase in PHASES:
        if phase not in settings.phases:
            told.setdefault("phases", {}).setdefault(phase, {})["enabled"] = False
    told["operations"] = [*told.get("operations", []), *_open_to_all(session)]
    return _read(told, folder)


def _open_to_all(session: Session) -> Iterator[dict[str, Any]]:
    """The operations that are not asked with wrong credentials after each answer: nothing says that any are wrong.

    Each would be a failure that is no failure, and Schemathesis tries all again after one.
    """
    for operation in session.contract.operations.values():
        if takes_whoever_asks(session, operation):
            yield {
                "include-name": label_of(session.contract, operation),
                "checks": {"ignored_auth": {"enabled": False}},
            }


def _own(folder: Path) -> dict[str, Any]:
    """What the project's own `schemathesis.toml` says; nothing where there is none."""
    path = folder / "schemathesis.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(f"schemathesis.toml is not TOML: {error}") from None


def _read(told: dict[str, Any], folder: Path) -> SchemathesisConfig:
    try:
        return SchemathesisConfig.from_dict(told, base_dir=str(folder))
    except ConfigError as error:
        raise WrongUse(f"schemathesis.toml cannot be read: {error}") from None


def _defaults(session: Session) -> dict[str, Any]:
    settings = session.settings
    return {
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "request-timeout": settings.timeout,
        "request-retries": 0,  # the adapter tries again, and knows when the time is over
        "headers": dict(settings.headers),
        "workers": settings.workers or 1,
        "generation": {
            "database": "none", "allow-x00": False, "codec": "utf-8", "with-security-parameters": False,
            "max-examples": settings.max_examples,
        },
        "phases": {
            "stateful": {"max-steps": 6},
            # A method that the contract does not declare may be a delete of everything: it is tried on our own alone.
            **({} if session.guard.is_open else {"coverage": {"unexpected-methods": ["options", "trace"]}}),
        },
    }  # fmt: skip


def _merged(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The project's own configuration over the defaults."""
    whole = dict(defaults)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(whole.get(key), dict)
        whole[key] = _merged(whole[key], value) if both else value
    return whole


def switched_off(contract: Contract, folder: Path) -> list[str]:
    """The ids of the operations that the project's `schemathesis.toml` switches off.

    Raises:
        WrongUse: the file cannot be read.
    """
    own = _own(folder)
    if not own:
        return []
    config = _read({key: own[key] for key in ("operations", "projects") if key in own}, folder)
    schema: Any = schemathesis.openapi.from_dict(contract.data, config=config)
    offered = {result.ok().label for result in schema.get_all_operations() if hasattr(result, "ok")}
    return [one.id for one in contract.operations.values() if label_of(contract, one) not in offered]


def authentication(session: Session, by_label: Mapping[str, Operation]) -> type:
    """What gives each request the credentials of a user who may ask for it."""

    class Credentials:
        def get(self, _case: object, context: Any) -> Any:
            operation = by_label.get(context.operation.label)
            user = session.crowd.who((operation.id,)) if operation is not None else User("")
            if operation is None or not user.name:
                return None
            call = Call(operation, user.name)
            return *session.crowd.authorize(call), session.crowd.proved_by(call)

        def set(self, case: Any, data: Any, _context: Any) -> None:
            headers, query, proved = data
            if proved is not None:
                case._auth = HTTPDigestAuth(*proved.partition(":")[::2])  # it answers the challenge by itself
            case.headers = {**(case.headers or {}), **headers}
            if query:
                case.query = {**(case.query or {}), **query}

    return Credentials


def label_of(contract: Contract, operation: Operation) -> str:
    """How Schemathesis calls the operation."""
    return f"{operation.method.upper()} {operation.path.removeprefix(base_path(contract.data))}"
