"""Writes the reports that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specdouble.verify.report import document

NATIVE = ("junit", "har", "html")


def write_reports(run: Any, files: Mapping[str, Path]) -> Iterator[Path]:
    """Write each report; where it is.

    Raises:
        OSError: a file cannot be written.
    """
    native = {kind: path for kind, path in files.items() if kind in NATIVE}
    if native:
        from specdouble.verify.conformance.engine import Conformance
        from specdouble.verify.report.native import write

        conformance = run.conformance or Conformance(run.world, Path(run.world.contract.path).parent)
        write(conformance, run, run.events, native)
    if "json" in files:
        document.write(run.verdict, files["json"], run.world.crowd.secrets())
    yield from files.values()
