"""A contract as git has it: the folder that holds it, at a revision."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path


class NoGit(Exception):
    """There is no git on this machine."""


class NoRevision(Exception):
    """Git has no such revision, or knows nothing of the folder; the message is git's own."""


def unpacked(path: Path, revision: str, folder: Path) -> Path | None:
    """The file of a contract at a revision, with all that lay beside it then; None where it was not there.

    Args:
        path: the contract's file, as it lies in the working tree.
        revision: what git calls the commit.
        folder: where it is unpacked.

    Raises:
        NoGit: there is none.
        NoRevision: the file lies in no repository, or git has no such revision.
    """
    path = path.resolve()
    top = Path(_git(path.parent, "rev-parse", "--show-toplevel").decode().strip())
    _git(path.parent, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    place = path.parent.relative_to(top.resolve()).as_posix()
    tree = revision if place == "." else f"{revision}:{place}"
    try:
        # The whole folder: a contract may be of several files.
        packed = _git(top, "archive", "--format=zip", tree)
    except NoRevision:
        return None  # the folder is new
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)  # as plain files: a link is none, and leads nowhere
    found = folder / path.name
    return found if found.is_file() else None


def _git(folder: Path, *arguments: str) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise NoGit("there is no git: install it")
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NoRevision(told[0] if told else f"git has no revision {arguments[-1].removesuffix('^{commit}')}")
    return done.stdout
