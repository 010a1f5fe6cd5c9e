"""Tells what became of the mutants: a table, JSON, JUnit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from specdouble.prove.result import EQUIVALENT, KILLED, NOT_RUN, SURVIVED, Proof, Result
from specdouble.whole_files import write_whole

_COLOURS = {KILLED: "green", SURVIVED: "red", EQUIVALENT: "cyan", NOT_RUN: "yellow"}
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def print_proof(console: Console, proof: Proof, *, every: bool) -> None:
    """Print the table, the survivors, the equivalent mutants and the score."""
    console.print(_each(proof) if every else _by_kind(proof))
    for result in proof.of(SURVIVED):
        console.print(f"\n[red]survived[/] [bold]{escape(result.id)}[/]\n  {escape(result.sentence)}")
        console.print(f"  why: {escape(result.reason)}\n  what would kill it: {escape(result.remedy)}")
    _print_reasons(console, "equivalent", proof.of(EQUIVALENT))
    _print_reasons(console, "not run", proof.of(NOT_RUN))
    console.print(f"\n{summary(proof)}")


def _each(proof: Proof) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("mutant", "what went wrong", "killed by"):
        table.add_column(name, overflow="fold")
    alone = proof.alone is not None
    if alone:
        table.add_column("Schemathesis alone")
    table.add_column("requests", justify="right")
    table.add_column("s", justify="right")
    for one in proof.results:
        killers = ", ".join(one.killed_by) if one.state == KILLED else one.state
        row = [escape(one.id), escape(one.sentence), f"[{_COLOURS[one.state]}]{escape(killers)}[/]"]
        row += [_yes(one.alone)] if alone else []
        table.add_row(*row, str(one.requests), f"{one.seconds:.1f}")
    return table


def _yes(alone: bool | None) -> str:
    return "" if alone is None else "killed" if alone else "[red]survived[/]"


def _by_kind(proof: Proof) -> Table:
    table = Table("faults", box=None, pad_edge=False)
    alone = proof.alone is not None
    for name in (
        "mutants",
        "killed",
        *(["Schemathesis alone"] if alone else []),
        "survived",
        "equivalent",
        "requests",
        "s",
    ):
        table.add_column(name, justify="right")
    for kind, results in kinds(proof.results).items():
        tried = [one for one in results if one.state in (KILLED, SURVIVED)]
        counts = [str(len(tried)), _count(results, KILLED)]
        counts += [str(sum(1 for one in results if one.alone))] if alone else []
        counts += [_count(results, SURVIVED), _count(results, EQUIVALENT)]
        mean = sum(one.requests for one in tried) // max(len(tried), 1)
        table.add_row(kind, *counts, str(mean), f"{sum(one.seconds for one in results):.0f}")
    return table


def kinds(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results by the kind of promise that is broken."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.kind.partition(".")[0], []).append(result)
    return found


def _count(results: list[Result], state: str) -> str:
    number = sum(1 for one in results if one.state == state)
    return f"[red]{number}[/]" if state == SURVIVED and number else str(number)


def _print_reasons(console: Console, state: str, results: list[Result]) -> None:
    reasons: dict[str, list[Result]] = {}
    for result in results:
        reasons.setdefault(result.reason, []).append(result)
    for reason, found in reasons.items():
        names = ", ".join(one.id for one in found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
        console.print(f"\n[{_COLOURS[state]}]{state}[/] {escape(names)}\n  {escape(reason)}")


def summary(proof: Proof) -> str:
    """One line."""
    killed, tried = len(proof.of(KILLED)), len(proof.of(KILLED)) + len(proof.of(SURVIVED))
    clauses = [f"{killed} of {tried} mutants killed: {proof.score:.1f} %"]
    if proof.alone is not None:
        clauses.append(f"Schemathesis alone {proof.alone:.1f} %")
    clauses += [f"{len(proof.of(state))} {state}" for state in (EQUIVALENT, NOT_RUN) if proof.of(state)]
    clauses.append(f"{proof.seconds:.0f} s")
    return "; ".join(clauses) + (f" ({proof.stopped})" if proof.stopped else "")


def write(proof: Proof, kind: str, file: Path) -> None:
    """Write the report of a kind."""
    text = as_json(proof) if kind == "json" else as_junit(proof)
    write_whole(file, text)


def as_json(proof: Proof) -> str:
    """Everything, and a matrix of which check killed which mutants."""
    matrix: dict[str, list[str]] = {}
    for result in proof.of(KILLED):
        for check in result.killed_by:
            matrix.setdefault(check, []).append(result.id)
    whole: dict[str, Any] = {
        "title": proof.title,
        "seed": proof.seed,
        "score": round(proof.score, 2),
        "schemathesisAlone": None if proof.alone is None else round(proof.alone, 2),
        "seconds": round(proof.seconds, 2),
        "stopped": proof.stopped or None,
        "clean": asdict(proof.clean) if proof.clean else None,
        "mutants": [{**asdict(one), "seconds": round(one.seconds, 3)} for one in proof.results],
        "killedBy": matrix,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def as_junit(proof: Proof) -> str:
    """A test case for each mutant: killed is passed, survived is failed, the rest is skipped."""
    counts = {"tests": len(proof.results), "failures": len(proof.of(SURVIVED)), "errors": 0}
    skipped = len(proof.of(EQUIVALENT)) + len(proof.of(NOT_RUN))
    attributes = {name: str(value) for name, value in {**counts, "skipped": skipped}.items()}
    suites = ElementTree.Element("testsuites", {**attributes, "time": f"{proof.seconds:.3f}"})
    suite = ElementTree.SubElement(
        suites, "testsuite", {"name": "specdouble prove", **attributes, "time": f"{proof.seconds:.3f}"}
    )
    for one in proof.results:
        case = ElementTree.SubElement(suite, "testcase", _attributes(one))
        if one.state == SURVIVED:
            failure = ElementTree.SubElement(case, "failure", {"type": "survived", "message": _legal(one.sentence)})
            failure.text = _legal(f"{one.reason}\nwhat would kill it: {one.remedy}")
        elif one.state != KILLED:
            ElementTree.SubElement(case, "skipped", {"message": _legal(f"{one.state}: {one.reason}")})
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _attributes(one: Result) -> dict[str, str]:
    return {"classname": _legal(one.kind), "name": _legal(f"{one.id}: {one.sentence}"), "time": f"{one.seconds:.3f}"}


def _legal(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return _NOT_IN_XML.sub("", text)
