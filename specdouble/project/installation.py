"""How this specdouble came to be installed."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path


def requirement(extra: str) -> str | None:
    """What installs this very specdouble elsewhere, where it came from a file or a repository (PEP 508).

    Args:
        extra: what is wanted beside it.

    Returns:
        None where it came from an index, and its name is enough.
    """
    try:
        origin = distribution("specdouble").read_text("direct_url.json")  # PEP 610
    except PackageNotFoundError:
        return None
    if origin is None:
        return None
    told = json.loads(origin)
    repository = told.get("vcs_info")
    url = f"{repository['vcs']}+{told['url']}@{repository['commit_id']}" if repository else told["url"]
    return f"specdouble[{extra}] @ {url}"


def is_at_hand() -> bool:
    """Whether `python3` of the shell is the one that runs this, and has pytest."""
    found = shutil.which("python3")
    return found is not None and Path(found).parent == Path(sys.executable).parent and find_spec("pytest") is not None
