"""What Schemathesis prints and writes itself: its terminal output, and the HTTP archive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from schemathesis.cli.commands.run.context import ExecutionContext
from schemathesis.cli.commands.run.handlers.har import HarHandler
from schemathesis.cli.commands.run.handlers.output import OutputHandler
from schemathesis.cli.events import LoadingFinished, LoadingStarted
from schemathesis.engine.events import EngineEvent, EngineFinished

from specdouble.verify.conformance.engine import Conformance
from specdouble.verify.exchange import Exchange
from specdouble.verify.report.masking import MASK, credential_fields, masked, masked_field
from specdouble.verify.report.recording import interactions
from specdouble.verify.session import Session
from specdouble.whole_files import write_whole


class Terminal:
    """Schemathesis' terminal output of one run."""

    def __init__(self, conformance: Conformance) -> None:
        self.handler = OutputHandler(config=conformance.schema.config)
        self.context = ExecutionContext(config=conformance.schema.config)
        self.handler.start(self.context)

    def on_event(self, event: EngineEvent) -> None:
        """Print how far it is; what was found is told by the verdict, each cause once, with counts of its own."""
        self.context.on_event(event)
        if not isinstance(event, EngineFinished):
            self.handler.handle_event(self.context, event)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.handler.shutdown(self.context)


def loading(conformance: Conformance) -> list[EngineEvent]:
    """The events before the engine's own."""
    schema = conformance.schema
    started = LoadingStarted(location=str(conformance.contract.path))
    return [
        started,
        LoadingFinished.from_schema(
            schema, location=started.location, start_time=started.timestamp, base_url=schema.get_base_url()
        ),
    ]


def write_archive(
    conformance: Conformance, told: Iterable[EngineEvent], traces: Iterable[Sequence[Exchange]], path: Path
) -> None:
    """Write every request of a run and its answer as an HTTP archive (HAR 1.2).

    Args:
        conformance: Schemathesis, as it was run.
        told: the events of its run.
        traces: the requests of each case beside it.
        path: where it is written.

    Raises:
        OSError: the file cannot be written.
    """
    config = conformance.schema.config
    path.parent.mkdir(parents=True, exist_ok=True)
    archive, context = HarHandler(output=path, config=config.output), ExecutionContext(config=config)
    archive.start(context)
    try:
        for event in [*loading(conformance), *told]:
            context.on_event(event)
            archive.handle_event(context, event)
        for exchanges in traces:
            archive.queue.put(interactions(exchanges))
    finally:
        archive.shutdown(context)
    _mask(path, conformance.session)


def _mask(path: Path, session: Session) -> None:
    """Take out the secrets of an archive, and what nearly is one."""
    secrets, fields = session.crowd.hidden(), credential_fields(session.contract.security_schemes)
    archive = json.loads(masked(path.read_text(encoding="utf-8"), secrets))
    for entry in archive["log"]["entries"]:
        for message in (entry["request"], entry.get("response") or {}):
            for field in message.get("headers", ()):
                field["value"] = masked_field(field["name"], field["value"], secrets, fields)
            for cookie in message.get("cookies", ()):
                cookie["value"] = MASK
    write_whole(path, json.dumps(archive, ensure_ascii=False))
