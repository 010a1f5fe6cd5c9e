"""Schemathesis with nothing of ours but the credentials: what its own checks find, to be compared with."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import schemathesis
from schemathesis.engine import from_schema

from specdouble.contract import Contract
from specdouble.verify.conformance.configuration import authentication, configuration, label_of
from specdouble.verify.handshake import prepare
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings


def failures_of_schemathesis_alone(
    contract: Contract, settings: Settings, known: Collection[str] | None = None
) -> list[str]:
    """The operations and checks that fail, as `GET /things: response_schema_conformance`.

    Args:
        contract: what the server promises; its rules say nothing here.
        settings: where the server is, and who calls.
        known: failures that do not count; the first other one ends it. None to look for all.

    Raises:
        CouldNotRun: the server or its users cannot be used.
    """
    session = Session(contract, settings)
    prepare(session)
    schema = schemathesis.openapi.from_dict(contract.data, config=configuration(session, Path(contract.path).parent))
    by_label = {label_of(contract, one): one for one in contract.operations.values()}
    schema.auth()(authentication(session, by_label))
    found: dict[str, None] = {}
    stream = from_schema(schema).execute()
    try:
        for event in stream:
            found |= dict.fromkeys(_failures(event))
            if known is not None and found.keys() - set(known):
                break
    finally:
        stream.stop()
    return list(found)


def _failures(event: object) -> list[str]:
    recorder = getattr(event, "recorder", None)
    if recorder is None:
        return []
    return [
        f"{recorder.cases[case_id].value.operation.label}: {node.name}"
        for case_id, nodes in recorder.checks.items()
        for node in nodes
        if node.failure_info is not None
    ]
