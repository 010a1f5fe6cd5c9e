"""The pytest plugin: `double`, one server for the run, and `world`, a state of its own for each test.

Where pytest-xdist spreads the tests, its controller serves and all workers ask that one server. It is started by the
first connection, so that a run that needs no double does not wait for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

if TYPE_CHECKING:
    from specdouble.starter import Starter
    from specdouble.testing import DoubleClient, WorldClient

_URL = "specdouble_url"
_SHOWN = 50  # exchanges of a failed test
_NEVER = 10  # lines of what was never seen
_MARK = ("contract", "seed")  # what the mark says
_starter: pytest.StashKey[Starter] = pytest.StashKey()  # of the double that this process serves


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings."""
    group = parser.getgroup("specdouble")
    group.addoption("--double-url", metavar="URL", help="Ask this running double instead of starting one.")
    parser.addini(
        "double_contract", "The project's folder, or the contract's file, from the root of the tests.", default="."
    )
    group.addoption(
        "--double-coverage", metavar="FILE", help="Write which lines of the contract the tests have provoked, as lcov."
    )
    parser.addini("double_seed", "A number that makes ids and samples of the double repeat.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    meaning = "another contract for the test's double; documents, by collection, that its world begins with."
    config.addinivalue_line("markers", f"double(contract=None, seed=None): {meaning}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the controller's double is."""
    node.workerinput[_URL] = _url(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started."""
    if _starter in config.stash:
        config.stash[_starter].stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what of the contract the tests have never seen."""
    if hasattr(config, "workerinput"):
        return
    given = config.getoption("double_url")
    starter = config.stash.get(_starter, None)
    if not given and (starter is None or not starter.is_asked):
        return
    try:
        report = _coverage(given or _url(config), config.getoption("double_coverage"))
    except Exception as error:  # the tests have passed or failed, and that is to be told whatever became of the double
        terminalreporter.write_line(f"the coverage of the double cannot be had: {error}")
        return
    if report["summary"]["operations"]["seen"]:
        terminalreporter.section("coverage of the double")
        for line in _told(report, is_long=config.get_verbosity() > 0):
            terminalreporter.write_line(line)


def _coverage(url: str, lcov: str | None) -> dict[str, Any]:
    """What the double tells of its clients, written to a file too where that is asked for."""
    from specdouble.testing import DoubleClient
    from specdouble.whole_files import write_whole

    client = DoubleClient(url)
    try:
        if lcov is not None:
            write_whole(Path(lcov), client.control_text("coverage?format=lcov"))
        return client.coverage()
    finally:
        client.close()


def _told(report: dict[str, Any], is_long: bool) -> Iterator[str]:
    """The numbers, and what was never seen: of statuses only where more is asked for."""
    seen = [f"{count['seen']} of {count['of']} {name}" for name, count in report["summary"].items() if count["of"]]
    yield ", ".join(seen)
    sentences = {rule["id"]: rule["sentence"] for rule in report["rules"]}
    never = report["never"]
    told = [f"never refused: {rule} ({sentences[rule]})" for rule in never["refusals"]]
    told += [f"never asked: {operation}" for operation in never["operations"]]
    told += [f"never answered: {status}" for status in never["statuses"]] if is_long else []
    shown = len(told) if is_long else _NEVER
    yield from told[:shown]
    if len(told) > shown:
        yield f"... and {len(told) - shown} more; -v shows all"


@pytest.fixture(scope="session")
def double(pytestconfig: pytest.Config) -> Iterator[DoubleClient]:
    """The double of the project: one server for all tests."""
    yield from _double_at(_url(pytestconfig))


@pytest.fixture(scope="session")
def _doubles(pytestconfig: pytest.Config) -> Iterator[dict[Path, DoubleClient]]:
    """The doubles of other contracts, by their paths: each served by the process that asks for it."""
    from contextlib import ExitStack

    class Doubles(dict[Path, "DoubleClient"]):
        def __missing__(self, contract: Path) -> DoubleClient:
            from specdouble.testing import double

            client = self[contract] = stack.enter_context(double(contract, seed=_seed(pytestconfig)))
            return client

    with ExitStack() as stack:
        yield Doubles()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[WorldClient]:
    """A world of the double for this test alone, forgotten when it ends."""
    options = _options(request)
    with _told_shortly():
        world = _client(request, options.get("contract")).world()
        if options.get("seed"):
            world.seed(**options["seed"])
    with world:
        yield world


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the test's mark says; a misspelt word of it would be a test of something else."""
    mark = request.node.get_closest_marker("double")
    if mark is None:
        return {}
    unknown = [*mark.args, *(mark.kwargs.keys() - _MARK)]
    if unknown:
        pytest.fail(f"the mark `double` takes {' and '.join(_MARK)} by name, not `{unknown[0]}`", pytrace=False)
    return dict(mark.kwargs)


def _client(request: pytest.FixtureRequest, contract: str | None) -> DoubleClient:
    client: DoubleClient
    if contract is None:
        client = request.getfixturevalue("double")
    else:
        client = request.getfixturevalue("_doubles")[request.config.rootpath / contract]
    return client


@contextmanager
def _told_shortly() -> Iterator[None]:
    """What is wrong with a contract or documents is told in its own words: how it was found out helps nobody."""
    try:
        yield
    except Exception as error:
        from specdouble.contract import Refused  # a worker that only asks a double does not wait for it
        from specdouble.testing import Unanswered

        if not isinstance(error, Refused | Unanswered):
            raise
        pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show what a failed test asked its world, and why that was refused."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    world = getattr(item, "funcargs", {}).get("world")
    if report.when == "call" and report.failed and _is_ours(world):
        lines = _journal(world)
        if lines:
            report.sections.append(("Requests to the double", lines))
    return report  # type: ignore[return-value]


def _is_ours(world: object) -> TypeGuard[WorldClient]:
    """A project may have a fixture `world` of its own."""
    return type(world).__module__ == "specdouble.testing"


def _journal(world: WorldClient) -> str:
    from specdouble.double.request_log import Text

    try:
        exchanges = world.journal()
    except Exception as error:  # the test has failed, and that is to be told whatever became of the double
        return f"the journal cannot be had: {error}"
    lines = [Text(is_colored=False).line({**one, "world": "default"}) for one in reversed(exchanges[:_SHOWN])]
    return "\n".join(lines)


def _url(config: pytest.Config) -> str:
    """Where the double of the run is, or will be once somebody connects."""
    given: str | None = config.getoption("double_url")
    if given:
        return given
    told: str | None = getattr(config, "workerinput", {}).get(_URL)
    if told:
        return told
    if _starter not in config.stash:
        from specdouble.starter import Starter

        config.stash[_starter] = Starter(config.rootpath / config.getini("double_contract"), _seed(config))
    starter = config.stash[_starter]
    return starter.url


def _seed(config: pytest.Config) -> int | None:
    written = config.getini("double_seed")
    return int(written) if written else None


def _double_at(url: str) -> Iterator[DoubleClient]:
    from specdouble.testing import DoubleClient, Unanswered

    client = DoubleClient(url)
    try:
        client.find()
    except Unanswered as error:
        pytest.fail(str(error), pytrace=False)
    yield client
    client.close()
