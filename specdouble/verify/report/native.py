"""What Schemathesis prints and writes itself: its terminal output, and the HTTP archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schemathesis.cli.commands.run.context import ExecutionContext
from schemathesis.cli.commands.run.handlers.har import HarHandler
from schemathesis.cli.commands.run.handlers.output import OutputHandler
from schemathesis.cli.events import LoadingFinished, LoadingStarted
from schemathesis.engine.events import EngineFinished

from specdouble.verify.report.masking import MASK, credential_fields, masked, masked_field
from specdouble.verify.report.recording import interactions
from specdouble.whole_files import write_whole


class Terminal:
    """Schemathesis' terminal output of one run."""

    def __init__(self, conformance: Any) -> None:
        self.handler = OutputHandler(config=conformance.schema.config)
        self.context = ExecutionContext(config=conformance.schema.config)
        self.handler.start(self.context)

    def on_event(self, event: Any) -> None:
        """Print how far it is; what was found is told by the verdict, each cause once, with counts of its own."""
        self.context.on_event(event)
        if not isinstance(event, EngineFinished):
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


def write_archive(conformance: Any, run: Any, path: Path) -> None:
    """Write every request of the run and its answer as an HTTP archive (HAR 1.2).

    Raises:
        OSError: the file cannot be written.
    """
    config = conformance.schema.config
    path.parent.mkdir(parents=True, exist_ok=True)
    archive, context = HarHandler(output=path, config=config.output), ExecutionContext(config=config)
    archive.start(context)
    try:
        for event in [*loading(conformance), *run.events]:
            context.on_event(event)
            archive.handle_event(context, event)
        for _, exchanges, _, _ in run.campaign.traces:
            archive.queue.put(interactions(exchanges))
    finally:
        archive.shutdown(context)
    _mask(path, run.session)


def _mask(path: Path, session: Any) -> None:
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
