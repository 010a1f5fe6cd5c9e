"""The secret that a project's tokens are signed with, kept from one start to the next."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

SECRET = "SPECDOUBLE_SECRET"  # noqa: S105 - the name of the variable, not its value
_SHORTEST = 32  # bytes: the key of HS256 is at least as long as its hash (RFC 7518, 3.2)
_PATIENCE = 10  # seconds for another process that makes the secret
_log = logging.getLogger("specdouble")


def secret_of(project: Path) -> str:
    """The project's secret: `SPECDOUBLE_SECRET`, else one made at the first start and kept in `.specdouble/`.

    Where it cannot be kept, a warning says so and it lasts as long as the process.

    Args:
        project: the project's folder.
    """
    given = os.environ.get(SECRET)
    if given:
        return given
    try:
        return kept_secret(project)
    except OSError as error:
        _log.warning(
            "%s cannot be written (%s): tokens are good until this process ends\n"
            "    remedy: set %s, or make the folder writable",
            _file(project),
            error.strerror or error,
            SECRET,
        )
        return secrets.token_hex(_SHORTEST)


def kept_secret(project: Path) -> str:
    """The secret in the project's `.specdouble/`, made where there is none.

    Raises:
        OSError: the folder cannot be written to.
    """
    return _read(_file(project)) or _made(_file(project))


def _file(project: Path) -> Path:
    return project / ".specdouble" / "secret"


def _read(file: Path) -> str | None:
    """The secret in the file; None where there is none, or a crash or a full disk has left a part of it."""
    try:
        if not file.is_file():
            return None
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    with suppress(OSError):  # another user's file: whoever reads it may not change its mode
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
    return secret if len(secret) >= _SHORTEST else None


def _made(file: Path) -> str:
    """Make the secret, unless another process that starts just now was first.

    Raises:
        OSError: the folder cannot be written to.
    """
    from filelock import FileLock  # most starts find the secret made

    file.parent.mkdir(exist_ok=True)
    (file.parent / ".gitignore").write_text("*\n", "utf-8")
    with FileLock(file.with_name("secret.lock"), timeout=_PATIENCE):
        secret = _read(file)
        if secret is None:
            secret = secrets.token_hex(_SHORTEST)
            write_whole(file, secret)
    return secret


def write_whole(file: Path, text: str) -> None:
    """Write the whole file, or nothing of it: a crash in between leaves what was there before.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=".secret-")  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            output.write(text)
            output.flush()
            os.fsync(output.fileno())
        Path(draft).replace(file)
    except OSError:
        with suppress(OSError):
            Path(draft).unlink()
        raise
