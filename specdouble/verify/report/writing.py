"""Writes the reports that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from specdouble.verify.report import document
from specdouble.verify.report.masking import masked_document
from specdouble.verify.report.scripts import write_scripts

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
    told = masked_document(document.document(run.verdict), run.world.crowd.secrets())
    if "json" in files:
        document.write(told, files["json"])
    if "scripts" in files:
        write_scripts(files["scripts"], told["failures"])
    yield from files.values()
