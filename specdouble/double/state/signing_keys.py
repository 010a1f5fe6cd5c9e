"""The keys that access tokens and ID tokens are signed with, kept from one start to the next.

They are RSA keys, as JSON Web Keys (RFC 7517). The library is imported with the first token: most doubles need none.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specdouble.double.state.secret import write_whole

if TYPE_CHECKING:
    from joserfc.jwk import KeySet, RSAKey

_BITS = 2048
_KEPT = 3  # the one that signs, and those whose tokens are still good
_PATIENCE = 10  # seconds for another process that makes a key
_log = logging.getLogger("specdouble")


class SigningKeys:
    """The keys of a project, in `.specdouble/keys.json`.

    Args:
        project: the project's folder.
    """

    def __init__(self, project: Path) -> None:
        self._file = project / ".specdouble" / "keys.json"
        self._keys: list[RSAKey] = []

    @property
    def current(self) -> RSAKey:
        """The key that signs; it is made when it is asked for first."""
        if not self._keys:
            self._load()
        return self._keys[0]

    @property
    def all(self) -> KeySet:
        """Every key whose tokens are good."""
        from joserfc.jwk import KeySet

        return KeySet([self.current, *self._keys[1:]])

    def public(self) -> dict[str, Any]:
        """The public halves, as a JSON Web Key Set (RFC 7517, 5)."""
        return {"keys": [key.as_dict(private=False) for key in self.all.keys]}

    def pem(self) -> str:
        """The private key that signs, in PEM."""
        return self.current.as_pem(private=True).decode()

    def rotate(self) -> str:
        """Sign with a new key from now on; gives its id. What the two before it have signed stays good."""
        self._keys = [_made(), self.current, *self._keys[1:]][:_KEPT]
        self._keep()
        return str(self._keys[0].kid)

    def look_again(self) -> None:
        """Read the file anew: another process may have made a key."""
        self._keys = self._read() or self._keys

    def _load(self) -> None:
        self._keys = self._read()
        if self._keys:
            return
        from filelock import FileLock

        try:
            self._file.parent.mkdir(exist_ok=True)
            with FileLock(self._file.with_name("keys.lock"), timeout=_PATIENCE):
                self._keys = self._read()
                if not self._keys:
                    self._keys = self._made_first()
                    self._write()
        except OSError as error:
            self._keys = self._keys or self._made_first()
            self._warn(error)

    def _keep(self) -> None:
        try:
            self._write()
        except OSError as error:
            self._warn(error)

    def _write(self) -> None:
        keys = [key.as_dict(private=True) for key in self._keys]
        (self._file.parent / ".gitignore").write_text("*\n", "utf-8")
        write_whole(self._file, json.dumps({"keys": keys}))

    def _warn(self, error: OSError) -> None:
        _log.warning(
            "%s cannot be written (%s): OAuth tokens are good until this process ends\n"
            "    remedy: make the folder writable",
            self._file,
            error.strerror or error,
        )

    def _read(self) -> list[RSAKey]:
        """The keys in the file; none where there is none, or a crash or a full disk has left a part of it."""
        try:
            return self._imported(json.loads(self._file.read_text("utf-8"))["keys"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return []

    @staticmethod
    def _imported(kept: list[dict[str, Any]]) -> list[RSAKey]:
        """The keys as objects; none where one of them cannot sign."""
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        try:
            keys = [RSAKey.import_key(key) for key in kept]
        except (ValueError, TypeError, JoseError):
            return []
        return keys if all(key.is_private and key.kid for key in keys) else []

    @staticmethod
    def _made_first() -> list[RSAKey]:
        return [_made()]


def _made() -> RSAKey:
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(_BITS, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)
