"""What tokens are made and known by, for all processes of a store: the secret, the keys, and what was revoked."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from specdouble.double.state.access_tokens import REVOKED, Revoked
from specdouble.double.state.secret import SECRET, kept_secret
from specdouble.double.state.signing_keys import SigningKeys
from specdouble.double.state.store import DuplicateKeyError
from specdouble.double.state.store.engine import Engine, asked, upserted

_LENGTH = 32  # bytes of the secret


def shared_secret(engine: Engine, project: Path) -> str:
    """The secret that all processes sign with: `SPECDOUBLE_SECRET`, else one that the store keeps.

    It is that of the first one's project, so that `specdouble token` prints there what all of them take.

    Args:
        engine: the store.
        project: the project's folder.
    """
    return os.environ.get(SECRET) or str(_kept(engine, "secret", _first_secret(project)))


def _first_secret(project: Path) -> str:
    try:
        return kept_secret(project)
    except OSError:
        return secrets.token_hex(_LENGTH)


class _FirstSigningKeys(SigningKeys):
    """The keys of a project's folder, which the store keeps from then on, whether or not the folder can."""

    def _warn(self, error: OSError) -> None:
        pass


class SharedSigningKeys(SigningKeys):
    """The keys of all processes, in the store: the folder of the project may be another one for each, or read alone.

    Its first ones are those of the first one's project.

    Args:
        engine: the store.
        project: the project's folder.
    """

    def __init__(self, engine: Engine, project: Path) -> None:
        super().__init__(project)
        self._engine, self._project = engine, project

    def _load(self) -> None:
        self._keys = self._read()
        if not self._keys:
            first = _FirstSigningKeys(self._project)
            made = json.dumps([key.as_dict(private=True) for key in first.all.keys])
            self._keys = self._imported(json.loads(str(_kept(self._engine, "keys", made))))

    def _read(self) -> list[Any]:
        found = asked(lambda: self._engine.shared["credentials"].find_one({"_id": "keys"}))
        return [] if found is None else self._imported(json.loads(found["value"]))

    def _write(self) -> None:
        written = {"_id": "keys", "value": json.dumps([key.as_dict(private=True) for key in self._keys])}
        upserted(lambda: self._engine.shared["credentials"].replace_one({"_id": "keys"}, written, upsert=True))


class SharedRevoked(Revoked):
    """The ids of the tokens that nobody takes any more, in whichever process they were revoked.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine, self._ids = engine, engine.shared["revoked"]

    def add(self, ids: Iterable[str]) -> None:
        """Take the tokens of these ids no longer."""
        now = time.time()
        for one in ids:
            revoked = {"_id": one, "at": now}
            upserted(lambda revoked=revoked: self._ids.replace_one({"_id": revoked["_id"]}, revoked, upsert=True))  # type: ignore[misc]
        self._engine.keep_latest(self._ids, "at", REVOKED)

    def hold_any(self, ids: Sequence[str]) -> bool:
        """Whether one of these ids is among them."""
        return asked(lambda: self._ids.find_one({"_id": {"$in": [*ids]}})) is not None


def _kept(engine: Engine, name: str, value: str) -> object:
    """What the store has under this name: the value, unless another process was first."""
    kept = engine.shared["credentials"]
    try:
        asked(lambda: kept.insert_one({"_id": name, "value": value}))
    except DuplicateKeyError:
        found = asked(lambda: kept.find_one({"_id": name}))
        return value if found is None else found["value"]
    return value
