"""Runs Schemathesis on the contract and tells what it found in our words."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, NoReturn

import schemathesis
from hypothesis import currently_in_test_context
from hypothesis.control import current_build_context
from hypothesis.errors import UnsatisfiedAssumption
from schemathesis import Response
from schemathesis.core.failures import Failure as Complained
from schemathesis.engine import events, from_schema
from schemathesis.engine.core import EventStream
from schemathesis.engine.recorder import CheckNode, Interaction, ScenarioRecorder
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER, HookContext
from schemathesis.schemas import BaseSchema

from specdouble.verify.case import Names
from specdouble.verify.conformance.complaint import Complaint, Complaints
from specdouble.verify.conformance.configuration import authentication, configuration, label_of
from specdouble.verify.conformance.knowledge import Knowledge
from specdouble.verify.conformance.links import with_links
from specdouble.verify.conformance.pool import bounded_pool
from specdouble.verify.conformance.wild_pattern import wild_pattern
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.problem import TIME_OVER, OutOfTime
from specdouble.verify.session import Session
from specdouble.verify.transport import bounded_sessions
from specdouble.verify.verdict import Failure, Row, Verdict

GRACE = 1.0  # seconds for a run to stop by itself, after it was asked to
WORKERS = "schemathesis_"  # what the names of its threads begin with
HOOK_ERROR = "Hook Error"
# How Schemathesis calls it where (nearly) no case of an operation came to be sent.
NOTHING_TO_SEND = (HOOK_ERROR, "Failed Health Check", "Schema Error")


Rows = Callable[[str], Row]  # the row of a check, by its name


class _Over(KeyboardInterrupt):
    """The time is over: ends Schemathesis' run as Ctrl-C does, and is tried again by nothing."""


class Conformance:
    """Schemathesis on one server.

    Args:
        session: the server.
        folder: where a `schemathesis.toml` may be.
    """

    def __init__(self, session: Session, folder: Path) -> None:
        self.session, self.contract = session, session.contract
        self.by_label = {label_of(session.contract, one): one for one in session.contract.operations.values()}
        self.config = configuration(session, folder)
        self.schema: BaseSchema = schemathesis.openapi.from_dict(with_links(session.contract), config=self.config)
        self.troubles: list[str] = []
        self.remarks: list[str] = []
        self._choose(session)
        self.schema.auth()(authentication(session, self.by_label))
        self.knowledge = Knowledge(session, self.by_label)
        self._held_back: set[str] = set()
        self.stream: EventStream | None = None
        self.stopped = ""  # why it ended early

    def _choose(self, session: Session) -> None:
        """Take the operations that are chosen, and leave out those that may do harm."""
        for label, one in self.by_label.items():
            if not session.selection.concerns((one.id,)) or session.guard.forbids(one):
                self.schema = self.schema.exclude(name=label)
            elif (pattern := wild_pattern(self.contract, one)) is not None:
                self.schema = self.schema.exclude(name=label)
                reason = f"`{pattern[:100]}` may keep Python's engine of patterns busy for ever"
                self.remarks.append(f"{label}: {reason}")

    def execute(self) -> Iterator[events.EngineEvent]:
        """The events of a run; the hooks are in place while it lasts."""
        knowledge = self.knowledge
        complaints = Complaints(self.session, knowledge, self.by_label, self.troubles)

        def before_call(context: HookContext, case: Any, kwargs: dict[str, Any]) -> None:  # noqa: ARG001 - names are the hook's
            self._patience()
            try:
                knowledge.before_call(case)
            except UnsatisfiedAssumption as error:
                _give_up(case, str(error))

        def after_call(context: HookContext, case: Any, response: Response) -> None:  # noqa: ARG001 - names are the hook's
            knowledge.after_call(case, response)

        def filter_failure(context: HookContext, failure: Complained, case: Any, response: Response) -> bool:  # noqa: ARG001
            return complaints.is_true(Complaint(case, response, failure))

        for hook in (before_call, after_call, filter_failure):
            GLOBAL_HOOK_DISPATCHER.register_hook_with_name(hook, hook.__name__)
        self.stream = stream = from_schema(self.schema).execute()
        try:
            with bounded_sessions(self._patience, knowledge.dropped), bounded_pool(), self._stopping_in_time():
                yield from stream
        finally:
            stream.stop()
            for hook in (before_call, after_call, filter_failure):
                GLOBAL_HOOK_DISPATCHER.unregister(hook)

    def stop(self, reason: str) -> None:
        """End the run with the request that is under way."""
        self.stopped = self.stopped or reason
        if self.stream is not None:
            self.stream.stop()

    @contextmanager
    def _stopping_in_time(self) -> Iterator[None]:
        """End the run when the time is over, amid the requests of one operation too: its events come between them."""
        ends = self.session.client.deadline
        if ends is None:
            yield
            return
        done, told = Event(), sys.unraisablehook
        watch = Thread(target=self._watch, args=(ends, done), name="specdouble-clock", daemon=True)
        # What is interrupted may be a callback, of which nobody could catch anything.
        sys.unraisablehook = lambda failed: None if failed.exc_type is _Over else told(failed)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()
            sys.unraisablehook = told

    def _watch(self, ends: float, done: Event) -> None:
        """Ask the run to stop when the time is over, then interrupt it: to make one case may take a minute."""
        if done.wait(max(ends - time.monotonic(), 0)):
            return
        self.stop(TIME_OVER)
        while not done.wait(GRACE):
            for thread in threading.enumerate():
                if thread.name.startswith(WORKERS) and thread.ident is not None:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_Over))

    def _patience(self) -> float:
        """The seconds that an answer may take.

        Raises:
            _Over: there are none left.
        """
        try:
            self.session.client.check_time()
        except OutOfTime:
            self.stop(TIME_OVER)
            raise _Over from None
        return self.session.client.patience()

    def tally(self, event: events.EngineEvent, verdict: Verdict, row: Rows) -> None:
        """Count what an event tells."""
        if isinstance(event, events.Interrupted):
            verdict.stopped = verdict.stopped or self.stopped or "interrupted"
        if isinstance(event, events.NonFatalError) and not self.stopped:
            self._not_tried(event)
        if not isinstance(event, events.ScenarioFinished):
            return
        recorder = event.recorder
        self._count(recorder, verdict, row)
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                self._failed(recorder, case_id, node, verdict, row)

    def _count(self, recorder: ScenarioRecorder, verdict: Verdict, row: Rows) -> None:
        for case_id, interaction in recorder.interactions.items():
            case = recorder.cases[case_id].value
            if interaction.response is not None:
                self.knowledge.overhear(case, interaction.response)
            entry = verdict.operations.setdefault(case.operation.label, dict.fromkeys(_COUNTS, 0))
            entry["cases"] += 1
            verdict.cases += 1
            if case.operation.label in self.by_label:
                row(Names.conformance).judged([self.by_label[case.operation.label].id])
            if case.meta is not None and case.meta.generation.mode.value == "positive" and interaction.response:
                entry["accepted" if interaction.response.status_code < 400 else "refused"] += 1
        row(Names.conformance).cases += len(recorder.interactions)

    def _not_tried(self, event: events.NonFatalError) -> None:
        """Note what stood in the way of an operation's requests."""
        title = event.info.title
        if title == "Network Error":
            self.troubles.append(f"{event.label}: {title}")
        elif title in NOTHING_TO_SEND and event.label in self.knowledge.held_back:
            if event.label not in self._held_back:  # once for an operation, whatever ids were drawn
                self.remarks.append(self.knowledge.held_back[event.label])
            self._held_back.add(event.label)
        elif title != HOOK_ERROR:  # else the time was over, or another method was held back
            self.remarks.append(f"{event.label}: {title}")

    def _failed(self, recorder: ScenarioRecorder, case_id: str, node: CheckNode, verdict: Verdict, row: Rows) -> None:
        """Note what a check complains of; nothing where it does not."""
        if node.failure_info is None:
            return
        failure = node.failure_info.failure
        case = recorder.cases[case_id].value
        operation = self.by_label.get(case.operation.label)
        check = _check_of(node.name, recorder.interactions.get(case_id))
        if not self.session.selection.takes(check):
            return
        verdict.operations.setdefault(case.operation.label, dict.fromkeys(_COUNTS, 0))["failures"] += 1
        if node.name == "ignored_auth" and self.troubles:
            # Its own requests are seen by no hook: one that a proxy answered looks like one that was let in.
            self.troubles.append(f"{case.operation.label}: {failure.title}, between answers of something else")
            return
        promise = f"{case.operation.label}: {failure.title}"
        target: Row = row(check)
        if promise in target.failures:
            target.failures[promise].also += 1
            return
        steps = [
            self.exchange(one, recorder.interactions[one.id])
            for one in recorder.iter_chain_cases(case_id=case_id, related_case_ids=failure.related_case_ids())
            if one.id in recorder.interactions
        ]
        message = " ".join(failure.message.split()) or failure.title
        target.failures[promise] = Failure(
            check, promise, node.name, f"what Schemathesis' check {node.name} holds", message[:300],
            [one for one in steps if one is not None], (operation.id,) if operation else (),
        )  # fmt: skip

    def exchange(self, case: Any, interaction: Interaction) -> Exchange | None:
        """A recorded request and its answer in our words."""
        operation, response = self.by_label.get(case.operation.label), interaction.response
        if operation is None or response is None:
            return None
        user = self.session.crowd.who((operation.id,)).name or None
        request = interaction.request
        return Exchange(
            Call(operation, user), request.method.upper(), request.uri,
            {name: values[0] for name, values in request.headers.items()}, request.body,
            response.status_code, {name: values[0] for name, values in response.headers.items()},
            response.content or b"", interaction.timestamp, response.elapsed,
        )  # fmt: skip


def _give_up(case: Any, why: str) -> NoReturn:
    """End a generated case that is not to be sent, and let the next ones come.

    Schemathesis takes each exception of a hook for an error of the hook: the cases of the operation, or of the whole
    phase, would end with it, and it would be shrunk. What Hypothesis itself ends a case with is none, and passes.

    Raises:
        UnsatisfiedAssumption: the case is listed, not drawn; there an error of a hook ends this case alone. Or
            `unique-inputs` is on: Schemathesis would end a later case with what ended this one.
    """
    phase = case.meta.phase.name.value if case.meta is not None else None
    generation = case.operation.schema.config.generation_for(operation=case.operation, phase=phase)
    if currently_in_test_context() and not generation.unique_inputs:
        current_build_context().data.mark_invalid(why)
    raise UnsatisfiedAssumption(why)


_COUNTS = ("cases", "accepted", "refused", "failures")


def _check_of(name: str, interaction: Interaction | None) -> str:
    """The row that a check of Schemathesis' belongs to."""
    if name in ("ignored_auth", "object_level_authorization"):
        return Names.authentication
    status = interaction.response.status_code if interaction and interaction.response else 0
    if name in ("response_schema_conformance", "response_headers_conformance") and 400 <= status < 500:
        return Names.error_shape
    return Names.conformance
