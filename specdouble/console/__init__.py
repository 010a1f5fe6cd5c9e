"""The console: one web page over the control plane, in plain modules and without anything from elsewhere."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""The folder of the page and of what it loads."""
