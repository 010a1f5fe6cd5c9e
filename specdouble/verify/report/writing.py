"""Writes the reports that are asked for, all from the verdict as plain data: what one of them counts, all do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from specdouble.verify.report.document import as_json, document
from specdouble.verify.report.masking import credential_fields, masked_document
from specdouble.verify.report.scripts import write_scripts
from specdouble.whole_files import write_whole


def masked_verdict(run: Any) -> dict[str, Any]:
    """The verdict of a run as plain data, secrets masked."""
    session = run.session
    fields = credential_fields(session.contract.security_schemes)
    found: dict[str, Any] = masked_document(document(run.verdict), session.crowd.hidden(), fields)
    return found


def write_reports(run: Any, files: Mapping[str, Path]) -> Iterator[Path]:
    """Write each report; where it is.

    Raises:
        OSError: a file cannot be written.
    """
    if not files:
        return
    verdict, contract = masked_verdict(run), str(run.session.contract.path)
    for kind, path in files.items():
        if kind == "har":
            _write_archive(run, path)
        elif kind == "scripts":
            write_scripts(path, verdict["failures"])
        else:
            write_whole(path, _drawn(kind)(verdict, contract))
        yield path


def _drawn(kind: str) -> Callable[[dict[str, Any], str], str]:
    """What draws a report of the kind; imported when it is asked for."""
    if kind == "junit":
        from specdouble.verify.report.junit import junit

        return lambda verdict, _contract: junit(verdict)
    if kind == "sarif":
        from specdouble.verify.report.sarif import sarif

        return sarif
    if kind == "html":
        from specdouble.verify.report.page import page

        return lambda verdict, _contract: page(verdict)
    return lambda verdict, _contract: as_json(verdict)


def _write_archive(run: Any, path: Path) -> None:
    from specdouble.verify.conformance.engine import Conformance
    from specdouble.verify.report.native import write_archive

    conformance = run.conformance or Conformance(run.session, Path(run.session.contract.path).parent)
    write_archive(conformance, run.events, (exchanges for _, exchanges, _, _ in run.campaign.traces), path)
