"""The verification of one server: rules first, then conformance; what is found is told as it is found."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from specdouble.contract import Contract
from specdouble.verify.campaign import ENOUGH, Campaign
from specdouble.verify.case import ALWAYS, Names
from specdouble.verify.exchange import Call
from specdouble.verify.identity import User
from specdouble.verify.judge import trouble
from specdouble.verify.plan import plan
from specdouble.verify.problem import CouldNotRun, Interruption, OutOfTime, Trouble, WrongUse
from specdouble.verify.project import project_checks
from specdouble.verify.reproduction import reproduction
from specdouble.verify.settings import PHASES, Settings
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, placed
from specdouble.verify.verdict import Verdict
from specdouble.verify.world import World

SLOW = 0.25  # seconds an answer
WORKERS_WHEN_SLOW = 8
CLEANING_TIME = 15.0  # seconds
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
    world: World
    campaign: Campaign
    conformance: Any = None
    events: list[Any] = field(default_factory=list)


def verify(contract: Contract, settings: Settings, show: Show | None = None) -> Verdict:
    """Verify that the server at `settings.url` keeps the contract.

    Raises:
        WrongUse: the settings cannot be used.
        CouldNotRun: the server or its users cannot be used.
    """
    return run(contract, settings, show or Show()).verdict


def run(contract: Contract, settings: Settings, show: Show) -> Run:
    """Verify, and keep what reports are written from."""
    _check(contract, settings)
    _leave_no_files()
    started = time.monotonic()
    world = World(contract, settings)
    latency = prepare(world)
    settings = _paced(settings, latency, show)
    world.settings = world.crowd.settings = settings
    verdict = Verdict(contract.title, settings.url, settings.seed)
    campaign = Campaign(world, verdict, show.progress)
    found = Run(verdict, world, campaign)
    if settings.max_time is not None:
        share = RULES_SHARE if set(settings.phases) - {"rules"} else 1
        world.client.deadline = started + settings.max_time * share
    if "rules" in settings.phases:
        campaign.run([*plan(world), *project_checks(world)])
    ended = verdict.stopped == "interrupted" or campaign.enough
    if not ended and set(settings.phases) - {"rules"}:
        _conform(found, show, started)
    _finish(found, started)
    return found


def _leave_no_files() -> None:
    """Hypothesis keeps what it learned in the working directory, unless told of another."""
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "specdouble-hypothesis")


def _check(contract: Contract, settings: Settings) -> None:
    unknown = [name for name in settings.operations if name not in contract.operations]
    if unknown:
        raise WrongUse(f"the contract has no operation `{unknown[0]}`: it has {', '.join(contract.operations)}")
    unknown = [name for name in settings.phases if name not in PHASES]
    if unknown:
        raise WrongUse(f"there is no phase `{unknown[0]}`: there are {', '.join(PHASES)}")
    for name in settings.rules:
        if name not in contract.rules and name not in ALWAYS and not name.startswith("custom:"):
            raise WrongUse(f"there is no rule or check `{name}`: there are {', '.join([*contract.rules, *ALWAYS])}")
    known = {name for scheme in settings.users for name in scheme.credentials}
    unknown = sorted(known - set(contract.security_schemes))
    if unknown:
        raise WrongUse(f"`credentials` name the security scheme `{unknown[0]}`, which the contract has not")


def prepare(world: World) -> float:
    """Reach the server and sign its users in; how many seconds it takes for an answer.

    Raises:
        CouldNotRun: it cannot be reached, is another, or takes nobody.
    """
    world.client.deadline = time.monotonic() + max(60.0, 6 * world.settings.timeout)
    clock = time.perf_counter()
    try:
        exchange = _knock(world)
    except (Trouble, OutOfTime) as problem:
        raise CouldNotRun(
            f"{world.client.url} cannot be verified: {problem or 'no answer'}; is the server up, and the address right?"
        ) from None
    latency = time.perf_counter() - clock
    stands_in_the_way = trouble(exchange)
    if stands_in_the_way:
        raise CouldNotRun(f"{world.client.url} is not this API: {stands_in_the_way}")
    try:
        world.crowd.sign_in(world.client)
    except OutOfTime:
        raise CouldNotRun(f"{world.client.url} does not let its users sign in within a minute") from None
    _someone_is_taken(world)
    world.client.deadline = None
    return min(latency, exchange.elapsed or latency)


def _knock(world: World) -> Any:
    operations = world.contract.operations.values()
    without = [one for one in operations if one.method == "get" and not one.path.count("{")]
    operation = next(iter(without or operations), None)
    if operation is None:
        raise CouldNotRun("the contract has no operations")
    return world.client.send(Call(operation, path={one.name: "probe" for one in operation.parameters}))


def _someone_is_taken(world: World) -> None:
    """Hold that the server takes the first user's credentials somewhere."""
    refused = None
    for operation in world.contract.operations.values():
        user = world.crowd.first
        plain = operation.method == "get" and "{" not in operation.path
        if not (plain and operation.security and user.name and world.crowd.may_call(operation.security, user)):
            continue
        exchange = world.client.send(Call(operation, user.name))
        if exchange.status != 401:
            return
        refused = exchange
    if refused is not None:
        raise CouldNotRun(
            f"{world.crowd.first.name}'s credentials are not taken: {refused.call.operation} answers "
            f"{refused.told(80)}; check [tool.specdouble.verify]"
        )


def _paced(settings: Settings, latency: float, show: Show) -> Settings:
    """The settings for a server of this speed."""
    if latency <= SLOW:
        return settings
    workers = settings.workers or WORKERS_WHEN_SLOW
    limit = settings.max_time or 300.0
    show.line(
        f"The server takes {latency:.1f} s for an answer: {workers} cases run at once, and it ends after {limit:.0f} s "
        "(--workers, --max-time)."
    )
    return replace(settings, workers=workers, max_time=limit)


def _conform(found: Run, show: Show, started: float) -> None:
    """Run Schemathesis in the time that is left."""
    from specdouble.verify.conformance.engine import Conformance

    world, verdict = found.world, found.verdict
    settings = world.settings
    if settings.rules and not {Names.conformance, Names.error_shape, Names.authentication} & set(settings.rules):
        return
    world.client.deadline = None
    found.conformance = conformance = Conformance(world, Path(world.contract.path).parent)
    clock, before = time.monotonic(), verdict.cases
    printed = _terminal(conformance) if show.native else None
    keep = bool(settings.reports)
    try:
        for event in conformance.execute():
            conformance.tally(event, verdict, found.campaign.row)
            reason = _reason_to_stop(found, started)
            if reason:
                verdict.stopped = verdict.stopped or reason
                conformance.stream.stop()
            if keep:
                found.events.append(event)
            if printed is not None:
                printed.on_event(event)
    except KeyboardInterrupt:
        verdict.stopped = "interrupted"
    finally:
        if printed is not None:
            printed.close()
    row = found.campaign.row(Names.conformance)
    row.seconds += time.monotonic() - clock
    row.requests += verdict.cases - before
    for text in dict.fromkeys(conformance.troubles):
        verdict.notes.append(f"the network, not a rule: {text}")
    for text in dict.fromkeys(conformance.remarks):
        verdict.notes.append(f"Schemathesis could not try this: {text}")


def _reason_to_stop(found: Run, started: float) -> str:
    """Why Schemathesis should end now; empty where it should go on."""
    limit = found.world.settings.max_time
    if limit is not None and time.monotonic() - started > limit:
        return "the time was over"
    return ENOUGH if found.campaign.enough else ""


def _terminal(conformance: Any) -> Any:
    """Schemathesis' own output, begun."""
    from specdouble.verify.report.native import Terminal, loading

    printed = Terminal(conformance)
    for event in loading(conformance):
        printed.on_event(event)
    return printed


def clean_up(world: World) -> int:
    """Delete what was created, where the contract has a delete; how many documents."""
    removed = 0
    world.client.deadline, world.client.stopped = time.monotonic() + CLEANING_TIME, False
    for subject, key, user in list(_created(world)):
        operation = subject.deleters[0]
        place = placed(operation, subject.action(operation).id, key)
        try:
            removed += Trial(world).send(operation, user, **place).ok
        except OutOfTime:
            break
        except Interruption:
            continue
    return removed


def _created(world: World) -> Iterator[tuple[Subject, Any, User]]:
    """What can be deleted again: documents of trials, and those of generated requests."""
    for documents in world.kept.values():
        yield from ((one.subject, one.id, one.user) for one in documents if one.subject.deleters)
    yield from ((subject, key, world.crowd.first) for subject, key in world.left)


def _finish(found: Run, started: float) -> None:
    verdict, world = found.verdict, found.world
    clean_up(world)
    verdict.seconds = time.monotonic() - started
    verdict.requests = world.client.requests + verdict.cases
    if found.campaign.troubles:
        verdict.notes.append(f"{found.campaign.troubles} cases were spoilt by the network, and tried again")
    if world.client.waited:
        verdict.notes.append(f"{world.client.waited:.0f} s were spent waiting where the server limits requests")
    if all(resource.why for resource in world.contract.resources.values()):
        verdict.notes.append(
            "the contract has no annotations, so its documents are guessed from paths and schemas: `x-resource` on a "
            "schema says which are stored and whose they are, "
            "`x-unique`, `x-references`, `x-transitions`, `x-immutable` and `x-timestamp` unlock the rules"
        )
    for failure in verdict.failures:
        failure.curl = reproduction(world, failure)
