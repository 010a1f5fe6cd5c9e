"""The file of a ledger: what a run that is killed leaves behind stands in it, line by line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from specdouble.whole_files import write_whole


class LedgerFile:
    """Entries as JSON, one a line; each is on the disk before its request is sent.

    Args:
        path: where they are kept; None keeps none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._stream = path, None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("w", encoding="utf-8")

    def note(self, entry: Mapping[str, Any]) -> None:
        """Add an entry."""
        if self._stream is not None:
            self._stream.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def close(self, left: Iterable[Mapping[str, Any]]) -> None:
        """Write what is left alone, in place of all that was noted on the way."""
        if self._stream is None or self._path is None:
            return
        self._stream.close()
        self._stream = None
        write_whole(self._path, "".join(json.dumps(one, default=str) + "\n" for one in left))
