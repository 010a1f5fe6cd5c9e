"""The command `specdouble routes`: how each operation is answered, and under which rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.opening import opened
from specdouble.printable import printable

if TYPE_CHECKING:
    from specdouble.double.double import Double


@click.command(
    epilog=examples(
        ("specdouble routes", "how each operation is answered, and why"),
        ("specdouble routes openapi.yaml --json", "for a program"),
    )
)
@contract_arguments
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def routes(path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], as_json: bool) -> None:
    """Show how each operation is answered, and under which rules."""
    from specdouble.double.double import Settings

    rows = _rows(opened(Settings(path, allow_refs=allow_refs, overlays=overlays)))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(click.style(printable(row["operation"]), bold=True))
        click.echo(printable(f"  operationId  {row['operationId']}\n  {row['by']:11}  {row['why']}"))
        if row["action"]:
            click.echo(printable(f"  action       {row['action']}"))
        for index, rule in enumerate(row["rules"]):
            foreign = f"  ({row['foreign'][rule]})" if rule in row["foreign"] else ""
            click.echo(printable(f"  {'' if index else 'rules':11}  {rule}{foreign}"))


def _rows(double: Double) -> list[dict[str, Any]]:
    rows = []
    for operation in double.contract.operations.values():
        resolution = double.resolutions[operation.id]
        action = double.contract.actions.get(operation.id)
        rules = double.contract.rules_of(operation)
        told = {
            "operation": str(operation),
            "operationId": operation.id,
            "by": resolution.by,
            "why": resolution.why,
            "action": f"{action.does} {action.collection}" if action else None,
            "rules": [rule.id for rule in rules],
            "foreign": {rule.id: foreign for rule in rules if (foreign := double.contract.foreign(rule))},
        }
        rows.append(told)
    return rows
