"""Runs Schemathesis on the contract and tells what it found in our words."""

from __future__ import annotations

import ctypes
import re
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import schemathesis
from hypothesis import currently_in_test_context
from hypothesis.control import current_build_context
from hypothesis.errors import UnsatisfiedAssumption
from requests.auth import HTTPDigestAuth
from schemathesis.config import SchemathesisConfig
from schemathesis.config._error import ConfigError
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.generation import GenerationMode
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

from specdouble.contract import JSON_PATCH, Contract, Media, Operation
from specdouble.contract.media_type import essence, is_file
from specdouble.contract.servers import base_path
from specdouble.verify import form
from specdouble.verify.baseline import tells_of_another, tells_of_none
from specdouble.verify.case import Names
from specdouble.verify.checks.authentication import takes_whoever_asks
from specdouble.verify.conformance.knowledge import Knowledge, exchange_of
from specdouble.verify.conformance.links import with_links
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.judge import HTML, NOT_IMPLEMENTED, WITHOUT_CONTENT, declared_media, judge
from specdouble.verify.problem import TIME_OVER, OutOfTime, WrongUse
from specdouble.verify.session import Session
from specdouble.verify.transport import bounded_sessions
from specdouble.verify.values import kind, merged
from specdouble.verify.verdict import Failure, Row, Verdict

PHASES = ("examples", "coverage", "fuzzing", "stateful")
GRACE = 1.0  # seconds for a run to stop by itself, after it was asked to
WORKERS = "schemathesis_"  # what the names of its threads begin with
HOOK_ERROR = "Hook Error"
# How Schemathesis calls it where (nearly) no case of an operation came to be sent.
NOTHING_TO_SEND = (HOOK_ERROR, "Failed Health Check", "Schema Error")
TURNED_AWAY = (429, 502, 503, 504)
CONDITION_ASKED_FOR = 428
# What is said of a message that is too long before anybody reads what it asks (RFC 9110, 15.5.15; RFC 6585, 5).
TOO_LONG = (414, 431)
_SEVERAL = "valid under more than one of the schemas listed in the 'oneOf' keyword"
_MORE = re.compile(r"Invalid component: in (query|header|cookie) - violates `additionalProperties`\.?$")
FORMS = (form.URLENCODED, form.MULTIPART)


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
        self.by_label = {_label(session.contract, one): one for one in session.contract.operations.values()}
        self.config = configuration(session, folder)
        self.schema: Any = schemathesis.openapi.from_dict(with_links(session.contract), config=self.config)
        self._choose(session)
        self.schema.auth()(_authentication(session, self.by_label))
        self.knowledge = Knowledge(session, self.by_label)
        self.troubles: list[str] = []
        self.remarks: list[str] = []
        self._held_back: set[str] = set()
        self.stream: Any = None
        self.stopped = ""  # why it ended early

    def _choose(self, session: Session) -> None:
        """Take the operations that are chosen, and leave out those that may do harm."""
        for label, one in self.by_label.items():
            if not session.selection.concerns((one.id,)) or session.guard.forbids(one):
                self.schema = self.schema.exclude(name=label)

    def execute(self) -> Iterator[Any]:
        """The events of a run; the hooks are in place while it lasts."""
        knowledge = self.knowledge

        def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:  # noqa: ARG001 - names are the hook's
            self._patience()
            try:
                knowledge.before_call(case)
            except UnsatisfiedAssumption as error:
                _give_up(case, str(error))

        def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001 - names are the hook's
            knowledge.after_call(case, response)

        def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:  # noqa: ARG001
            return not (
                self._is_trouble(case, response)
                or self._was_too_long(case, response)
                or self._was_turned_away(case, failure)
                or self._led_elsewhere(case, failure, knowledge)
                or self._fits_as_it_arrives(case, response, failure)
                or self._was_lost(case, response, failure)
                or self._fits_as_it_is_read(case, failure)
                or self._sent_no_body(case, response, failure)
                or _names_another_path(case)
                or _is_only_more_than_declared(failure)
                or self._is_a_file(case, response, failure)
                or self._is_declared_by_a_rule(case, response, failure)
                or self._is_chosen_by_its_discriminator(case, response, failure)
                or self._is_without_baseline(case, failure)
                or (type(failure).__name__ == "ServerError" and response.status_code == NOT_IMPLEMENTED)
                or self._cannot_be_applied(case, response, failure)
                or self._breaks_a_rule(case, response, failure, knowledge)
                or _asks_for_a_condition(response, failure)
                or self._was_taken(case, response, failure)
                or self._named_none(case, response, failure)
                or (type(failure).__name__ == "MissingContentType" and not response.content)  # RFC 9110, 8.3
                or (type(failure).__name__ == "MalformedJson" and response.status_code in WITHOUT_CONTENT)
            )

        for hook in (before_call, after_call, filter_failure):
            GLOBAL_HOOK_DISPATCHER.register_hook_with_name(hook, hook.__name__)
        self.stream = from_schema(self.schema).execute()
        try:
            with bounded_sessions(self._patience), self._stopping_in_time():
                yield from self.stream
        finally:
            self.stream.stop()
            for hook in (before_call, after_call, filter_failure):
                GLOBAL_HOOK_DISPATCHER.unregister(hook)

    def stop(self, reason: str) -> None:
        """End the run with the request that is under way."""
        self.stopped = self.stopped or reason
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

    def _is_trouble(self, case: Any, response: Any) -> bool:
        """Whether an answer is a proxy's or a limit's, not the server's own."""
        operation = self.by_label.get(case.operation.label)
        declared = operation.statuses if operation else frozenset()
        if response.status_code in TURNED_AWAY and str(response.status_code) not in declared:
            self.troubles.append(f"{operation} answered {response.status_code}")
            return True
        sent_as = _type_of(response)
        types = {media for one in operation.responses.values() for media in one.content} if operation else set()
        own = self.session.pages.is_own(response.status_code, operation.id if operation else "")
        if sent_as in HTML and not types.intersection(HTML) and response.status_code != 500 and not own:
            self.troubles.append(f"{operation} answered HTML ({response.status_code})")
            return True
        return False

    def _is_a_file(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a body is read as what its media type says, where the contract declares a file."""
        operation = self.by_label.get(case.operation.label)
        answered = operation.response(response.status_code) if operation else None
        if answered is None or type(failure).__name__ not in ("JsonSchemaError", "ContentDeserializationError"):
            return False
        media = declared_media(answered, _type_of(response))
        return media is not None and is_file(self.contract.described(media.schema))

    def _is_chosen_by_its_discriminator(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a body is said to fit several of `oneOf`, where its discriminator chooses one of them."""
        operation = self.by_label.get(case.operation.label)
        if operation is None or type(failure).__name__ != "JsonSchemaError" or _SEVERAL not in failure.message:
            return False
        return not any(judge(self.contract, exchange_of(Call(operation), response)))

    def _is_without_baseline(self, case: Any, failure: Any) -> bool:
        """Whether a request is said to be wrongly refused of an operation that takes none that is known."""
        operation = self.by_label.get(case.operation.label)
        if operation is None or type(failure).__name__ != "RejectedPositiveData":
            return False
        return self.session.baselines.missing((operation.id,)) is not None

    def _is_declared_by_a_rule(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a status that the operation does not declare itself is one that a rule adds to it."""
        operation = self.by_label.get(case.operation.label)
        if operation is None or type(failure).__name__ != "UndefinedStatusCode":
            return False
        return str(response.status_code) in operation.statuses

    def _was_too_long(self, case: Any, response: Any) -> bool:
        """Whether a request was refused for its length, and not by the operation."""
        operation = self.by_label.get(case.operation.label)
        declared = operation.statuses if operation else frozenset()
        return response.status_code in TOO_LONG and str(response.status_code) not in declared

    def _was_turned_away(self, case: Any, failure: Any) -> bool:
        """Whether a request that a check sent of itself met a limit or a proxy."""
        met = re.search(r"got `(429|502|503|504) ", failure.message)
        if met:
            self.troubles.append(f"{case.operation.label} answered {met[1]}")
        return met is not None

    def _led_elsewhere(self, case: Any, failure: Any, knowledge: Knowledge) -> bool:
        """Whether what is not there is not what a link led to: another path names it, or the body alone."""
        to_another = case.id in knowledge.renamed or not case.path_parameters
        return to_another and type(failure).__name__ == "EnsureResourceAvailability"

    def _fits_as_it_arrives(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a form is said to be wrong for what is no text: on its way each value is one, or several of them."""
        media = self._form_of(self._accepting(case, failure), case)
        return media is not None and self._is_right_beside(case) and any(self._fitting(media, case, response))

    def _was_lost(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a form is said to be wrongly refused that is wrong on its way: what is empty is not there."""
        media = self._form_of(self._refusing(case, response, failure), case)
        return media is not None and not all(self._fitting(media, case, response))

    @staticmethod
    def _form_of(operation: Operation | None, case: Any) -> Media | None:
        """The form that the case holds, where it holds one of the operation's."""
        media = operation.body.content.get(case.media_type) if operation is not None and operation.body else None
        return media if media is not None and media.slot is not None and essence(media.type) in FORMS else None

    def _fitting(self, media: Media, case: Any, response: Any) -> Iterator[bool]:
        """Whether what the server may have read of the form fits its schema: each way in which it may read it."""
        request = response.request
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        fields = form.arrived(body, request.headers.get("Content-Type", ""))
        schemas = {
            name: merged(schema, self.contract.resolve)
            for name, schema in self.contract.properties(media.schema).items()
            if name not in media.encoding  # what is written in another way than usual
        }
        for document in form.readings(case.body, fields, schemas):
            yield media.slot is None or self.contract.schemas.is_valid(media.slot, document)

    def _fits_as_it_is_read(self, case: Any, failure: Any) -> bool:
        """Whether a path is said to be wrong for `0%40a.io`, which is read as `0@a.io` (RFC 3986, 2.1)."""
        operation = self._accepting(case, failure)
        if operation is None or not self._is_right_beside(case, ParameterLocation.PATH):
            return False
        schemas = {one.name: one.schema for one in operation.parameters if one.location == "path"}
        held = {name: value for name, value in (case.path_parameters or {}).items() if name in schemas}
        return bool(held) and all(self._takes(schemas[name], unquote(str(value))) for name, value in held.items())

    def _takes(self, schema: Any, text: str) -> bool:
        """Whether a schema is one of a text, and this one fits it."""
        is_text = kind(merged(schema, self.contract.resolve)) == "string"
        return is_text and self.session.bodies.property_fits(schema, text)

    def _sent_no_body(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a form without fields, which is no body on its way, is said to be wrong though none is required."""
        operation = self._accepting(case, failure)
        if operation is None or response.request.body:
            return False
        return form.may_be_none(operation) and self._is_right_beside(case)

    def _accepting(self, case: Any, failure: Any) -> Operation | None:
        """The operation that is said to accept what it should refuse; None where that is not what is said."""
        return self.by_label.get(case.operation.label) if type(failure).__name__ == "AcceptedNegativeData" else None

    @staticmethod
    def _is_right_beside(case: Any, part: ParameterLocation = ParameterLocation.BODY) -> bool:
        """Whether nothing but the part was meant to be wrong."""
        parts = case.meta.components.items() if case.meta else ()
        return all(where == part or one.mode == GenerationMode.POSITIVE for where, one in parts)

    def _breaks_a_rule(self, case: Any, response: Any, failure: Any, knowledge: Knowledge) -> bool:
        """Whether a request was refused that fits its schema and breaks a rule about several properties."""
        operation = self._refusing(case, response, failure)
        return operation is not None and knowledge.breaks_a_rule(operation, case)

    def _was_taken(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a request was refused for what another document has, where no rule says what is unique."""
        operation = self._refusing(case, response, failure)
        if operation is None or operation.method not in ("post", "put", "patch"):
            return False
        subject = self.session.written(operation)
        return not (subject is not None and subject.once) and tells_of_another(response.content)

    def _named_none(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a request was refused for naming a document that is not there, where no rule says what it names."""
        operation = self._refusing(case, response, failure)
        if operation is None:
            return False
        subject = self.session.written(operation)
        return not (subject is not None and subject.referring) and tells_of_none(response.content)

    def _refusing(self, case: Any, response: Any, failure: Any) -> Operation | None:
        """The operation that is said to refuse what it should take; None where that is not what is said."""
        is_refused = type(failure).__name__ == "RejectedPositiveData" and response.status_code < 500
        return self.by_label.get(case.operation.label) if is_refused else None

    def _cannot_be_applied(self, case: Any, response: Any, failure: Any) -> bool:
        """Whether a JSON Patch was refused: what fits its schema need not fit the document (RFC 5789, 2.2)."""
        return str(case.media_type).startswith(JSON_PATCH) and self._refusing(case, response, failure) is not None

    def tally(self, event: Any, verdict: Verdict, row: Any) -> None:
        """Count what an event tells."""
        if isinstance(event, events.Interrupted):
            verdict.stopped = verdict.stopped or self.stopped or "interrupted"
        if isinstance(event, events.NonFatalError) and not self.stopped:
            self._not_tried(event)
        if not isinstance(event, events.ScenarioFinished):
            return
        recorder = event.recorder
        for case_id, interaction in recorder.interactions.items():
            case = recorder.cases[case_id].value
            entry = verdict.operations.setdefault(case.operation.label, dict.fromkeys(_COUNTS, 0))
            entry["cases"] += 1
            verdict.cases += 1
            if case.operation.label in self.by_label:
                row(Names.conformance).judged([self.by_label[case.operation.label].id])
            if case.meta is not None and case.meta.generation.mode.value == "positive" and interaction.response:
                entry["accepted" if interaction.response.status_code < 400 else "refused"] += 1
        row(Names.conformance).cases += len(recorder.interactions)
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                if node.failure_info is not None:
                    self._failed(recorder, case_id, node, verdict, row)

    def _not_tried(self, event: Any) -> None:
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

    def _failed(self, recorder: Any, case_id: str, node: Any, verdict: Verdict, row: Any) -> None:
        failure = node.failure_info.failure
        case = recorder.cases[case_id].value
        operation = self.by_label.get(case.operation.label)
        check = _check_of(node.name, recorder.interactions.get(case_id))
        if not self.session.selection.takes(check):
            return
        verdict.operations.setdefault(case.operation.label, dict.fromkeys(_COUNTS, 0))["failures"] += 1
        if node.name == "ignored_auth" and operation is not None and takes_whoever_asks(self.session, operation):
            return  # nothing tells whom it should take; that is said once
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

    def exchange(self, case: Any, interaction: Any) -> Exchange | None:
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


def _asks_for_a_condition(response: Any, failure: Any) -> bool:
    """Whether a request without a header field is refused for want of a condition: that is what 428 is for.

    RFC 6585, 3; Schemathesis knows it of a field of another value alone.
    """
    return type(failure).__name__ == "MissingHeaderNotRejected" and response.status_code == CONDITION_ASKED_FOR


def _is_only_more_than_declared(failure: Any) -> bool:
    """Whether a request is said to be wrong for a parameter that is not declared: OpenAPI has nothing against one."""
    return type(failure).__name__ == "AcceptedNegativeData" and _MORE.search(failure.message) is not None


def _names_another_path(case: Any) -> bool:
    """Whether a part of the path is empty or a step up: what answers is another path (RFC 3986, 5.2.4)."""
    return any(unquote(str(value)) in ("", ".", "..") for value in (case.path_parameters or {}).values())


_COUNTS = ("cases", "accepted", "refused", "failures")


def _check_of(name: str, interaction: Any) -> str:
    """The row that a check of Schemathesis' belongs to."""
    if name in ("ignored_auth", "object_level_authorization"):
        return Names.authentication
    status = interaction.response.status_code if interaction and interaction.response else 0
    if name in ("response_schema_conformance", "response_headers_conformance") and 400 <= status < 500:
        return Names.error_shape
    return Names.conformance


def _label(contract: Contract, operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path.removeprefix(base_path(contract.data))}"


def switched_off(contract: Contract, folder: Path) -> list[str]:
    """The ids of the operations that the project's `schemathesis.toml` switches off.

    Raises:
        WrongUse: the file cannot be read.
    """
    own = _own(folder)
    if not own:
        return []
    config = _read({key: own[key] for key in ("operations", "projects") if key in own}, folder)
    schema: Any = schemathesis.openapi.from_dict(contract.data, config=config)
    offered = {result.ok().label for result in schema.get_all_operations() if hasattr(result, "ok")}
    return [one.id for one in contract.operations.values() if _label(contract, one) not in offered]


def _type_of(response: Any) -> str:
    return essence((response.headers.get("content-type") or [""])[0])


def _authentication(session: Session, by_label: Mapping[str, Operation]) -> type:
    """What gives each request the credentials of a user who may ask for it."""

    class Credentials:
        def get(self, _case: Any, context: Any) -> Any:
            operation = by_label.get(context.operation.label)
            user = session.crowd.who((operation.id,)) if operation is not None else User("")
            if operation is None or not user.name:
                return None
            call = Call(operation, user.name)
            return *session.crowd.authorize(call), session.crowd.proved_by(call)

        def set(self, case: Any, data: Any, _context: Any) -> None:
            headers, query, proved = data
            if proved is not None:
                case._auth = HTTPDigestAuth(*proved.partition(":")[::2])  # it answers the challenge by itself
            case.headers = {**(case.headers or {}), **headers}
            if query:
                case.query = {**(case.query or {}), **query}

    return Credentials


def configuration(session: Session, folder: Path) -> SchemathesisConfig:
    """Schemathesis' configuration: the project's own, and what this run asks for.

    Raises:
        WrongUse: the project's own cannot be read.
    """
    settings = session.settings
    told = _merged(_defaults(session), _own(folder))
    placed = urlsplit(session.client.url).path  # an address with a path of its own holds the base path already
    told["base-url"] = session.client.url if placed else session.client.url + base_path(session.contract.data)
    told["seed"] = settings.seed
    for phase in PHASES:
        if phase not in settings.phases:
            told.setdefault("phases", {}).setdefault(phase, {})["enabled"] = False
    return _read(told, folder)


def _own(folder: Path) -> dict[str, Any]:
    """What the project's own `schemathesis.toml` says; nothing where there is none."""
    path = folder / "schemathesis.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(f"schemathesis.toml is not TOML: {error}") from None


def _read(told: dict[str, Any], folder: Path) -> SchemathesisConfig:
    try:
        return SchemathesisConfig.from_dict(told, base_dir=str(folder))
    except ConfigError as error:
        raise WrongUse(f"schemathesis.toml cannot be read: {error}") from None


def _defaults(session: Session) -> dict[str, Any]:
    settings = session.settings
    return {
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "request-timeout": settings.timeout,
        "request-retries": 0,  # the adapter tries again, and knows when the time is over
        "headers": dict(settings.headers),
        "workers": settings.workers or 1,
        "generation": {
            "database": "none", "allow-x00": False, "codec": "utf-8", "with-security-parameters": False,
            "max-examples": settings.max_examples,
        },
        "phases": {
            "stateful": {"max-steps": 6},
            # A method that the contract does not declare may be a delete of everything: it is tried on our own alone.
            **({} if session.guard.is_open else {"coverage": {"unexpected-methods": ["options", "trace"]}}),
        },
    }  # fmt: skip


def _merged(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The project's own configuration over the defaults."""
    whole = dict(defaults)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(whole.get(key), dict)
        whole[key] = _merged(whole[key], value) if both else value
    return whole
