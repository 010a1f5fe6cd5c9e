"""What is said of an error that nobody foresaw, and where its traceback is kept."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path


def place_of(error: Exception) -> str:
    """The file and line of the code that failed."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def unforeseen(error: Exception) -> str:
    """What went wrong and where, then on a line of its own what to do; the traceback goes to a file that it names."""
    told = f"an error that nobody foresaw: {type(error).__name__}: {str(error)[:500]} ({place_of(error)})"
    return f"{told}\n    remedy: {_report(error)}"


def _report(error: Exception) -> str:
    """Where the traceback is, to be sent to whoever mends it."""
    ask = "it is a fault of specdouble; please report it as SECURITY.md or CONTRIBUTING.md say"
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="specdouble-", suffix=".txt", delete=False
        ) as file:
            file.write(f"{sys.argv}\n{sys.version}\n{''.join(traceback.format_exception(error))}")
    except OSError:
        return ask
    return f"{ask}, with {file.name}"
