"""The command `specdouble lint`: what is wrong with a contract, and with the documents beside it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from specdouble.arguments import contract_arguments, of_contract
from specdouble.examples import examples
from specdouble.exits import VIOLATIONS, WRONG_USE, fail
from specdouble.findings import counted, print_each, print_on_a_screen

if TYPE_CHECKING:
    from specdouble.contract import Finding


@click.command(
    epilog=examples(
        ("specdouble lint", "the project of this folder"),
        ("specdouble lint openapi.yaml --strict", "exit 1 for warnings too"),
        ("specdouble lint --select example", "findings of one id, each by itself"),
        ("specdouble lint --json", "for a program"),
    )
)
@contract_arguments
@click.option("--select", "ids", multiple=True, metavar="ID", help="Findings with this id, and no others; repeatable.")
@click.option("--all", "each", is_flag=True, help="Print each finding by itself, however many there are.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
def lint(
    path: Path,
    allow_refs: tuple[Path, ...],
    overlays: tuple[Path, ...],
    ids: tuple[str, ...],
    each: bool,
    as_json: bool,
    strict: bool,
) -> None:
    """Check the contract, its rules and its mock_data; exit 1 when there is an error.

    Where there is more than a screen takes, of each id how many findings, and the first. docs/lint.md says what each
    id means, and how a finding is silenced.
    """
    _hold_to_ids(ids)
    findings = [one for one in _findings(path, allow_refs, overlays) if not ids or one.id in ids]
    if as_json:
        from dataclasses import asdict

        click.echo(json.dumps([asdict(one) for one in findings], indent=2, ensure_ascii=False))
    else:
        if each or ids:
            print_each(findings)
        else:
            print_on_a_screen(findings, of_contract("specdouble lint", path))
        click.echo(counted(findings), err=True)
    failing = [one for one in findings if strict or one.severity == "error"]
    sys.exit(VIOLATIONS if failing else 0)


def _hold_to_ids(ids: tuple[str, ...]) -> None:
    from specdouble.contract.finding import IDS
    from specdouble.contract.kind import suggestion

    for unknown in sorted({*ids} - IDS):
        fail(f"--select: no finding has the id `{unknown}`\n    remedy: {suggestion(unknown, sorted(IDS))}", WRONG_USE)


def _findings(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...]) -> list[Finding]:
    """What is wrong with a contract, else with the documents beside it."""
    from specdouble.contract import Refused, read
    from specdouble.contract.finding import in_order
    from specdouble.double.state.seed import read_seed, stray_files

    folder = (path if path.is_dir() else path.parent) / "mock_data"
    try:
        contract = read(path, allow_refs, overlays)
        findings = [*contract.findings, *stray_files(folder, contract)]
    except Refused as error:
        return in_order([*error.findings, *error.others])
    try:
        read_seed(folder, contract)
    except Refused as error:
        findings += error.findings
    return findings
