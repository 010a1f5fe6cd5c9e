"""The verdict as one HTML page: it needs no network, runs no script but its own, and takes every text for text."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from specdouble.printable import printable
from specdouble.verify.verdict import BROKEN, KEPT, KNOWN, NOT_EXERCISED, SKIPPED, STATES

FOLDER = Path(__file__).parent
SIGNS = {KEPT: "✓", BROKEN: "✗", KNOWN: "≈", SKIPPED: "–", NOT_EXERCISED: "·"}
ORDER = (BROKEN, NOT_EXERCISED, KNOWN, SKIPPED, KEPT)  # of the rules: what asks for something comes first
WEIGHTS = {"client": "breaks a client", "contract": "against the contract", "rfc": "against the letter of an RFC"}


def page(told: Mapping[str, Any]) -> str:
    """The page.

    Args:
        told: the verdict as plain data, secrets masked.
    """
    style, script = (FOLDER / "page.css").read_text("utf-8"), (FOLDER / "page.js").read_text("utf-8")
    rules = sorted(told["rules"], key=lambda rule: ORDER.index(rule["state"]))
    text: str = (
        _environment()
        .get_template("page.html")
        .render(
            told=told,
            rules=rules,
            states=[state for state in STATES if told["counts"][state] or state in (KEPT, BROKEN, NOT_EXERCISED)],
            failures={failure["id"]: number for number, failure in enumerate(told["failures"], 1)},
            style=style,
            script=script,
            policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
        )
    )
    return text


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"signs": SIGNS, "weights": WEIGHTS}
    environment.filters["laid_out"] = _laid_out
    return environment


def _inert(value: Any) -> Any:
    """Text without characters that hide or turn it; what is markup already is our own."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _digest(text: str) -> str:
    """How a content security policy names a style or script that stands in the page (CSP 3, 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _laid_out(text: str) -> str:
    """A body with the members of its JSON on lines of their own."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
