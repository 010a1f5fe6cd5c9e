"""The verification of one server: rules first, then conformance; what is found is told as it is found."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from specdouble.contract import Contract
from specdouble.contract.kind import kinds_by_keyword, suggestion
from specdouble.verify.acquaintance import acquaint
from specdouble.verify.campaign import ENOUGH, Campaign
from specdouble.verify.case import ALWAYS, Names
from specdouble.verify.cause import gather
from specdouble.verify.clean_up import clean_up, left_over, time_kept
from specdouble.verify.handshake import gone, paced, prepare
from specdouble.verify.identity import anybody
from specdouble.verify.joined import joined
from specdouble.verify.known import read_known, write_known
from specdouble.verify.options import hold_fields
from specdouble.verify.plan import plan
from specdouble.verify.problem import TIME_OVER, CouldNotRun, OutOfTime, WrongUse
from specdouble.verify.project import project_checks
from specdouble.verify.report.shell import curl_lines
from specdouble.verify.reproduction import reproduction
from specdouble.verify.selection import Selection
from specdouble.verify.session import Session
from specdouble.verify.settings import PHASES, Settings
from specdouble.verify.tolerance import Tolerance, hold_names
from specdouble.verify.verdict import Failure, Place, Verdict

if TYPE_CHECKING:
    from schemathesis.engine.events import EngineEvent

    from specdouble.verify.conformance.engine import Conformance
    from specdouble.verify.report.native import Terminal

RULES_SHARE = 0.6  # of the time there is


@dataclass
class Show:
    """Where a verification tells how it goes; each part may be left silent.

    Args:
        line: a line of text.
        progress: cases done, cases in all, the check that is tried, failures so far.
        native: whether Schemathesis prints its own output.
    """

    line: Callable[[str], None] = lambda _text: None
    progress: Callable[[int, int, str, int], None] = lambda *_: None
    native: bool = False


@dataclass
class Run:
    """What a verification leaves behind: the verdict, and what reports are written from."""

    verdict: Verdict
    session: Session
    campaign: Campaign
    conformance: Conformance | None = None
    events: list[EngineEvent] = field(default_factory=list)


def verify(contract: Contract, settings: Settings, show: Show | None = None) -> Verdict:
    """Verify that the server at `settings.url` keeps the contract.

    Raises:
        WrongUse: the settings cannot be used.
        CouldNotRun: the server or its users cannot be used.
    """
    return run(contract, settings, show or Show()).verdict


def run(contract: Contract, settings: Settings, show: Show) -> Run:
    """Verify, and keep what reports are written from."""
    contract = joined(contract)
    if settings.owned and not settings.users:
        settings = replace(settings, users=anybody(contract))
    _check(contract, settings)
    _leave_no_files()
    settings = _without_what_is_off(contract, settings)
    started = time.monotonic()
    session = Session(contract, settings)
    latency = prepare(session)
    settings, said = paced(settings, latency)
    if said:
        show.line(said)
    session.settings = session.crowd.settings = settings
    session.client.orphans.tell = show.line
    verdict = Verdict(contract.title, settings.url, settings.seed, require_all=settings.require_all)
    verdict.asked = {one.id: str(one) for one in contract.operations.values()}
    verdict.untaken = dict(_left_out(session))
    campaign = Campaign(session, verdict, show.progress)
    found = Run(verdict, session, campaign)
    ends = None
    if settings.max_time is not None:
        ends = started + settings.max_time - time_kept(settings.max_time)
        share = RULES_SHARE if set(settings.phases) - {"rules"} else 1
        session.client.deadline = started + (ends - started) * share
    try:
        if "rules" in settings.phases:
            with suppress(OutOfTime):  # the first case ends for the same reason
                acquaint(session)
            campaign.run([*plan(session), *project_checks(session)])
        ended = verdict.stopped == "interrupted" or campaign.enough
        if not ended and set(settings.phases) - {"rules"}:
            _conform(found, show, ends)
        _look_whether_it_is_there(found)
    finally:
        _clean(found)
    _finish(found, started)
    return found


def _look_whether_it_is_there(found: Run) -> None:
    """A server that has gone has kept nothing since: that no failure was seen says little."""
    if found.verdict.stopped == "interrupted":
        return
    why = gone(found.session)
    if why:
        found.verdict.lost = True
        found.verdict.stopped = f"the server was gone ({why})"


def _clean(found: Run) -> None:
    """Delete what was created, and name what stays."""
    session = found.session
    if not session.settings.owned:
        clean_up(session, time_kept(session.settings.max_time) + session.settings.grace)
        found.verdict.left = left_over(session)
    session.close()


def _without_what_is_off(contract: Contract, settings: Settings) -> Settings:
    """The settings without the operations that the project's `schemathesis.toml` switches off."""
    folder = Path(contract.path).parent
    if not (folder / "schemathesis.toml").is_file():
        return settings
    from specdouble.verify.conformance.configuration import switched_off

    return replace(settings, exclude=(*settings.exclude, *switched_off(contract, folder)))


def _leave_no_files() -> None:
    """Hypothesis keeps what it learned in the working directory, unless told of another."""
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "specdouble-hypothesis")


def _check(contract: Contract, settings: Settings) -> None:
    """Hold that the settings speak of what there is."""
    Selection(settings).hold(contract, ALWAYS)
    if settings.baseline is not None:
        read_known(settings.baseline)  # what cannot be read is told before anything is sent
    hold_names(contract, settings)
    unknown = [name for name in settings.phases if name not in PHASES]
    if unknown:
        raise WrongUse(f"there is no phase `{unknown[0]}`: there are {', '.join(PHASES)}")
    _check_credentials(contract, settings)


def _check_credentials(contract: Contract, settings: Settings) -> None:
    """Hold that credentials name the contract's security schemes; of one that has none, header fields."""
    given = {name: value for user in settings.users for name, value in user.credentials.items()}
    schemes = contract.security_schemes
    if not schemes:
        hold_fields(given)
    unknown = sorted(given.keys() - schemes) if schemes else []
    if unknown:
        advice = suggestion(unknown[0], schemes)
        raise WrongUse(f"`credentials` name the security scheme `{unknown[0]}`, which the contract has not: {advice}")


def _conform(found: Run, show: Show, ends: float | None) -> None:
    """Run Schemathesis in the time that is left."""
    from specdouble.verify.conformance.engine import Conformance

    session, verdict = found.session, found.verdict
    session.client.deadline, session.client.stopped = ends, False  # what stopped the rules was their share of the time
    if not session.selection.takes_any((Names.conformance, Names.error_shape, Names.authentication)):
        return
    if _is_over(found):
        found.campaign.row(Names.conformance).lacks(f"{TIME_OVER} before it was tried")
        return
    found.conformance = conformance = Conformance(session, Path(session.contract.path).parent)
    clock, before = time.monotonic(), verdict.cases
    _follow(found, show, conformance)
    row = found.campaign.row(Names.conformance)
    row.seconds += time.monotonic() - clock
    row.requests += verdict.cases - before
    for text in dict.fromkeys(conformance.troubles):
        verdict.notes.append(f"left out, for the network may have answered it, and not the server: {text}")
    for text in dict.fromkeys(conformance.remarks):
        verdict.notes.append(f"Schemathesis could not try this: {text}")


def _follow(found: Run, show: Show, conformance: Conformance) -> None:
    """Count what Schemathesis tells while it runs."""
    verdict, keep = found.verdict, bool(found.session.settings.reports)
    printed = _terminal(conformance) if show.native else None
    try:
        for event in conformance.execute():
            conformance.tally(event, verdict, found.campaign.row)
            if found.campaign.enough:
                conformance.stop(ENOUGH)
            verdict.stopped = verdict.stopped or conformance.stopped
            if keep:
                found.events.append(event)
            if printed is not None:
                printed.on_event(event)
            else:
                show.progress(verdict.cases, 0, Names.conformance, len(verdict.failures))
    except KeyboardInterrupt:
        verdict.stopped = "interrupted"
    finally:
        if printed is not None:
            printed.close()


def _is_over(found: Run) -> bool:
    """Whether there is no time left: to make Schemathesis' tests alone takes seconds."""
    try:
        found.session.client.check_time()
    except OutOfTime:
        found.verdict.stopped = found.verdict.stopped or TIME_OVER
        return True
    return False


def _terminal(conformance: Conformance) -> Terminal:
    """Schemathesis' own output, begun."""
    from specdouble.verify.report.native import Terminal, loading

    printed = Terminal(conformance)
    for event in loading(conformance):
        printed.on_event(event)
    return printed


def _tolerate(found: Run) -> None:
    """Set aside what does not count, before causes are gathered: a cause may be known of one operation, new of another.

    Raises:
        CouldNotRun: the baseline cannot be written.
    """
    settings, verdict = found.session.settings, found.verdict
    known = read_known(settings.baseline) if settings.baseline and not settings.update_baseline else None
    Tolerance(settings, known).apply(verdict)
    if settings.baseline is None or known is not None:
        return
    try:
        count = write_known(settings.baseline, verdict.failures)
    except OSError as error:
        raise CouldNotRun(f"the baseline cannot be written: {error}") from None
    verdict.notes.append(f"{settings.baseline} holds the failures of this run ({count}): later runs know them")
    Tolerance(replace(settings, skip=()), read_known(settings.baseline)).apply(verdict)


def _finish(found: Run, started: float) -> None:
    verdict, session = found.verdict, found.session
    _tolerate(found)
    gather(verdict)
    verdict.seconds = time.monotonic() - started
    verdict.requests = session.client.requests + verdict.cases
    if found.campaign.troubles:
        verdict.notes.append(f"{found.campaign.troubles} cases were spoilt by the network, and tried again")
    if session.client.waited:
        verdict.notes.append(f"{session.client.waited:.0f} s were spent waiting where the server limits requests")
    contract = session.contract
    is_guessed = all(resource.why for resource in contract.resources.values())
    if is_guessed and all(rule.native for rule in contract.rules.values()):
        verdict.notes.append(
            "the contract has no annotations, so its documents are guessed from paths and schemas: `x-resource` on a "
            "schema says which are stored and whose they are, "
            f"{', '.join(f'`{keyword}`' for keyword in kinds_by_keyword() if keyword != 'x-resource')} unlock the rules"
        )
    for failure in verdict.failures:
        failure.places = tuple(_places(session.contract, failure))
        failure.replay = reproduction(session, failure)
        failure.curl = curl_lines(failure.replay)


def _places(contract: Contract, failure: Failure) -> Iterator[Place]:
    """Where the contract says what was broken: the rule, then the operations."""
    if failure.file:
        yield Place(failure.file, failure.line, failure.check)
    for name in failure.operations:
        operation = contract.operations.get(name)
        if operation is not None:
            yield Place(*contract.locate(operation.pointer), str(operation))


def _left_out(session: Session) -> Iterator[tuple[str, str]]:
    """The operations that are left out, and why."""
    for operation in session.contract.operations.values():
        why = session.guard.forbids(operation)
        if not session.selection.concerns((operation.id,)):
            yield operation.id, f"{operation} is not among the operations that were chosen"
        elif why:
            yield operation.id, why
