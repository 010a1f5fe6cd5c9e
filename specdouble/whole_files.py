"""Files that are written whole or not at all: one by itself, or several together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_whole(file: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, its folder too; who reads it meanwhile sees what was there before.

    Args:
        file: where to; a link stays one, and what is no file (`/dev/stdout`) is written to as it is.
        content: a text is written in UTF-8, its line breaks as they are.

    Raises:
        OSError: it cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    if file.exists() and not file.is_file():
        file.write_bytes(data)
        return
    place = file.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        draft.write_bytes(data)
        if place.exists():
            draft.chmod(place.stat().st_mode)
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


class Files:
    """Files that are written together."""

    def __init__(self) -> None:
        self._before: dict[Path, bytes | None] = {}
        self._folders: list[Path] = []

    @property
    def written(self) -> list[Path]:
        """What was written, in its order."""
        return list(self._before)

    def write(self, file: Path, content: str | bytes) -> None:
        """Write a file whole or not at all.

        Args:
            file: where to.
            content: what it holds from now on.

        Raises:
            OSError: it cannot be written.
        """
        before = file.read_bytes() if file.is_file() else None
        self.make_folder(file.parent)
        write_whole(file, content)
        self._before.setdefault(file, before)

    def make_folder(self, folder: Path) -> None:
        """Make a folder, and those that it lies in.

        Args:
            folder: which.

        Raises:
            OSError: it cannot be made.
        """
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._folders.append(one)

    def take_back(self) -> None:
        """Leave each file as it was before, and no folder that was not there."""
        for file, before in reversed(self._before.items()):
            if before is None:
                file.unlink(missing_ok=True)
            else:
                write_whole(file, before)
        for folder in reversed(self._folders):
            with suppress(OSError):  # somebody else has put something into it
                folder.rmdir()


@contextmanager
def all_or_none() -> Iterator[Files]:
    """Files of which all are written or none: what ends the block early takes back what was written before."""
    files = Files()
    try:
        yield files
    except BaseException:
        files.take_back()
        raise
