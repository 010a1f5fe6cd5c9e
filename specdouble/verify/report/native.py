"""Schemathesis' own reports and terminal output, fed with its events and with the rules' scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemathesis.cli.commands.run.context import ExecutionContext
from schemathesis.cli.commands.run.handlers.har import HarHandler
from schemathesis.cli.commands.run.handlers.html import HtmlReportHandler
from schemathesis.cli.commands.run.handlers.junitxml import JunitXMLHandler
from schemathesis.cli.commands.run.handlers.output import OutputHandler
from schemathesis.cli.events import LoadingFinished, LoadingStarted
from schemathesis.engine import StopReason, events

from specdouble.verify.report.masking import masked
from specdouble.verify.report.recording import interactions, scenario


class Terminal:
    """Schemathesis' terminal output of one run."""

    def __init__(self, conformance: Any) -> None:
        self.handler = OutputHandler(config=conformance.schema.config)
        self.context = ExecutionContext(config=conformance.schema.config)
        self.handler.start(self.context)

    def on_event(self, event: Any) -> None:
        """Print what an event tells."""
        self.context.on_event(event)
        self.handler.handle_event(self.context, event)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.handler.shutdown(self.context)


def loading(conformance: Any) -> list[Any]:
    """The events before the engine's own."""
    schema = conformance.schema
    started = LoadingStarted(location=str(conformance.contract.path))
    return [
        started,
        LoadingFinished.from_schema(
            schema, location=started.location, start_time=started.timestamp, base_url=schema.get_base_url()
        ),
    ]


def write(conformance: Any, run: Any, engine_events: list[Any], files: Mapping[str, Path]) -> None:
    """Write the JUnit, HAR and HTML reports that are asked for.

    Raises:
        OSError: a file cannot be written.
    """
    schema = conformance.schema
    handlers: list[Any] = []
    har = HarHandler(output=files["har"], config=schema.config.output) if "har" in files else None
    handlers += [har] if har else []
    handlers += [JunitXMLHandler(files["junit"])] if "junit" in files else []
    page = files.get("html")
    handlers += [HtmlReportHandler(page.with_suffix(".report"))] if page else []
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    context = ExecutionContext(config=schema.config)
    for handler in handlers:
        handler.start(context)
    try:
        for event in _with_rules(conformance, run, engine_events):
            context.on_event(event)
            for handler in handlers:
                handler.handle_event(context, event)
        for _, exchanges, _, _ in run.campaign.traces if har else ():
            har.queue.put(interactions(exchanges))  # type: ignore[union-attr]
    finally:
        for handler in handlers:
            handler.shutdown(context)
    if page:
        _single_page(page)
    _mask(files, run)


def _with_rules(conformance: Any, run: Any, engine_events: list[Any]) -> list[Any]:
    """The engine's events, and before the last of them the rules' scenarios."""
    rules = [event for row in run.verdict.rows.values() for event in scenario(row, conformance.schema)]
    known = engine_events or [
        events.EngineStarted(),
        events.EngineFinished(running_time=run.verdict.seconds, stop_reason=StopReason.COMPLETED),
    ]
    return [*loading(conformance), *known[:-1], *rules, known[-1]]


def _single_page(page: Path) -> None:
    """Move the report's page to where it was asked for."""
    folder = page.with_suffix(".report")
    made = folder / "index.html"
    if made.is_file():
        made.replace(page)
        folder.rmdir()


def _mask(files: Mapping[str, Path], run: Any) -> None:
    secrets = run.world.crowd.secrets()
    for path in files.values():
        if path.is_file():
            path.write_text(masked(path.read_text(encoding="utf-8"), secrets), encoding="utf-8")
