"""What a discovery found, written: the overlay with its evidence, a document in JSON, a page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from specdouble.discover.discovery import Discovery
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import MEANINGS, STATES, UNDECIDED, Outcome
from specdouble.discover.supposition import overlay_text
from specdouble.verify.report.masking import masked_document
from specdouble.whole_files import write_whole

MARK = "# Discovered by specdouble"  # how an overlay of ours is known again: that one may be written anew
WIDE = 110  # characters of a comment


def ordered(discovery: Discovery) -> list[Outcome]:
    """The outcomes: what asks for something first, then by what they stand on."""
    return sorted(discovery.outcomes, key=lambda one: (STATES.index(one.state), one.hypothesis.pointer))


def overlay(discovery: Discovery) -> str:
    """The overlay: each rule that holds, with what shows it as a comment; what is undecided as comments alone."""
    holding = {one.hypothesis: one for one in discovery.outcomes if one.holds}
    asked = f" at {discovery.settings.url}" if discovery.settings.url else "; no server was asked, nothing is proved"
    head = f"{MARK}{asked}: {len(holding)} annotations. docs/discover.md tells what the comments mean.\n"
    text = overlay_text(discovery.contract.title, holding, lambda one: _comment(holding[one]))
    undecided = [one for one in discovery.outcomes if one.state == UNDECIDED and not one.written]
    rest = "".join(f"\n# {line}" for one in undecided for line in _undecided(one))
    told = (
        head + (text if holding else _empty(discovery)) + (f"\n# Not decided, and so not said:{rest}\n" if rest else "")
    )
    return str(masked_document({"curl": told}, discovery.secrets)["curl"])


def _empty(discovery: Discovery) -> str:
    """An overlay that says nothing: the standard asks for an action."""
    return overlay_text(discovery.contract.title, []).replace("actions:", 'actions: [{target: "$", update: {}}]')


def _comment(one: Outcome) -> Iterator[str]:
    yield from _wrapped(f"{one.state}: {one.sentence or one.hypothesis.keyword}")
    if str(one.hypothesis.source):
        yield from _wrapped(f"from {one.hypothesis.source}")
    if one.but:
        yield from _wrapped(f"but: {one.but}")
    for line in one.curl.splitlines():
        yield f"    {line}"


def _undecided(one: Outcome) -> Iterator[str]:
    said = json.dumps({one.hypothesis.keyword: one.hypothesis.value}, ensure_ascii=False, default=str)
    yield f"{one.hypothesis.pointer}: {said}"
    yield from (f"    {line}" for line in _wrapped(one.reason))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), WIDE) or [""]


def document(discovery: Discovery) -> dict[str, Any]:
    """The discovery as plain data, secrets masked."""
    found = ordered(discovery)
    told = {
        "contract": discovery.contract.title,
        "url": discovery.settings.url or None,
        "seconds": round(discovery.seconds, 3),
        "requests": discovery.requests,
        "stopped": discovery.stopped or None,
        "counts": {state: sum(1 for one in found if one.state == state) for state in STATES},
        "rules": [one.entry() for one in found],
        "left": discovery.left,
        "rounds": [asdict(one) for one in discovery.loop.rounds] if discovery.loop else [],
        "differences": [one.entry() for one in discovery.loop.open] if discovery.loop else [],
    }
    masked: dict[str, Any] = masked_document(told, discovery.secrets)
    return masked


def earlier(file: Path) -> dict[str, Outcome]:
    """The outcomes of an earlier run that were decided, from its JSON report, by the key of their hypothesis.

    Raises:
        ValueError: the file is no such report.
    """
    try:
        told = json.loads(file.read_text("utf-8"))
        outcomes = [_outcome(one) for one in told["rules"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{file} is no JSON report of `specdouble discover`: {error}") from None
    return {one.hypothesis.key: one for one in outcomes if one.state != UNDECIDED and one.rule and not one.written}


def _outcome(told: Mapping[str, Any]) -> Outcome:
    hypothesis = Hypothesis(told["keyword"], told["pointer"], told["value"], Source(**told["source"]), told["prior"])
    names = ("state", "rule", "sentence", "reason", "curl", "requests", "cases", "written", "but")
    return Outcome(hypothesis, **{name: told[name] for name in names})


def page(told: Mapping[str, Any]) -> str:
    """The report as one page of HTML: no script, nothing from the network, every text taken for text.

    Args:
        told: the discovery as plain data, secrets masked.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(told=told, states=STATES, meanings=MEANINGS)


def write(discovery: Discovery, files: Mapping[str, Path]) -> None:
    """Write the reports.

    Args:
        discovery: what was found.
        files: the file of each kind, `json` or `html`.

    Raises:
        OSError: one cannot be written.
    """
    told = document(discovery)
    for kind, file in files.items():
        text = page(told) if kind == "html" else json.dumps(told, indent=2, ensure_ascii=False, default=str) + "\n"
        write_whole(file, text)
