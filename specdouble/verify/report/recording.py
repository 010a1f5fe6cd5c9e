"""The rules' requests as Schemathesis records its own, for its reports."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import requests
from schemathesis.core.failures import Failure as SchemathesisFailure
from schemathesis.core.failures import Severity
from schemathesis.core.transport import Response
from schemathesis.engine import Status, events
from schemathesis.engine.recorder import Interaction, Request, ScenarioRecorder
from schemathesis.engine.run import PhaseName

from specdouble.verify.exchange import Exchange
from specdouble.verify.verdict import BROKEN, NOT_EXERCISED, Failure, Row

LONGEST = 8192  # bytes of an answer that are kept


class RuleBroken(SchemathesisFailure):
    """A rule of the contract is broken, as Schemathesis tells a failure."""

    code = "ST901"
    kind_title = "Rule broken"

    __slots__ = ("identity",)

    def __init__(self, failure: Failure, operation: str) -> None:
        super().__init__(
            operation=operation,
            title=failure.check,
            message=f"{failure.promise}\n{failure.sentence}\n\nReproduce with:\n\n{failure.curl}",
            severity=Severity.HIGH,
        )
        self.identity = failure.id

    @property
    def _unique_key(self) -> str:
        return self.identity


def interaction(exchange: Exchange) -> Interaction:
    """One exchange as Schemathesis records it."""
    prepared = requests.Request(
        exchange.method, exchange.url, dict(exchange.sent_headers), data=exchange.sent
    ).prepare()
    response = Response(
        status_code=exchange.status, headers={name: [value] for name, value in exchange.headers.items()},
        content=exchange.content, request=prepared, elapsed=exchange.elapsed, verify=True,
        message=requests.status_codes._codes.get(exchange.status, ("",))[0],
    )  # fmt: skip
    if len(exchange.content) > LONGEST:
        response = response.truncated(LONGEST)
    recorded = Interaction(request=Request.from_prepared_request(prepared), response=response)
    recorded.timestamp = exchange.started
    return recorded


def interactions(exchanges: Iterable[Exchange]) -> Any:
    """What the HAR writer takes: the exchanges of one case."""
    return SimpleNamespace(interactions={uuid4().hex: interaction(one) for one in exchanges})


def scenario(row: Row, schema: Any) -> tuple[Any, Any]:
    """The events of one rule's scenario."""
    recorder = ScenarioRecorder(label=row.check)
    for failure in row.failures.values():
        _record(recorder, failure, schema)
    status = {BROKEN: Status.FAILURE, NOT_EXERCISED: Status.SKIP}.get(row.state, Status.SUCCESS)
    started = events.ScenarioStarted(phase=PhaseName.STATEFUL_TESTING, suite_id=uuid4(), label=row.check)
    finished = events.ScenarioFinished(
        id=started.id, phase=PhaseName.STATEFUL_TESTING, suite_id=started.suite_id, label=row.check, status=status,
        recorder=recorder, elapsed_time=row.seconds, skip_reason=row.reason if status == Status.SKIP else None,
        is_final=True,
    )  # fmt: skip
    return started, finished


def _record(recorder: ScenarioRecorder, failure: Failure, schema: Any) -> None:
    last = None
    for exchange in failure.steps[-12:]:
        operation = exchange.call.operation
        case = schema.find_operation_by_id(operation.id).Case() if " " not in operation.id else None
        if case is None:
            continue
        recorder.record_case(case=case, parent_id=last.id if last else None)
        recorder.record_interaction(case.id, interaction(exchange))
        last = case
    if last is not None:
        broken = RuleBroken(failure, last.operation.label)
        recorder.record_check_failure(name=failure.check, case_id=last.id, code_sample=failure.curl, failure=broken)
