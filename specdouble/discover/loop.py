"""The loop that closes: the double of what was found runs beside the server, and what differs is a new question."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations, islice
from pathlib import Path

from specdouble.compare.comparison import Comparison, compare
from specdouble.compare.difference import Cause, Difference
from specdouble.contract import Contract, Resource
from specdouble.contract.properties import properties_of
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.options import StartDouble
from specdouble.discover.traffic.seed import FOLDER, Seed
from specdouble.verify.settings import Settings

MOST_ROUNDS = 3
PROGRAMS = 30  # of a round
_MOST_KEYS = 6  # of two properties that may be unique together


@dataclass(frozen=True)
class Round:
    """One time that both were run.

    Args:
        requests: how many were compared.
        differences: how many causes of differences there were.
        questions: how many rules would explain one.
        learned: how many of these hold.
        withdrawn: how many rules were found to be too strict.
        amended: how many refuse with another status than was thought.
        nothing: why no request was compared; empty where one was.
    """

    requests: int
    differences: int
    questions: int = 0
    learned: int = 0
    withdrawn: int = 0
    amended: int = 0
    nothing: str = ""

    def __str__(self) -> str:
        if not self.requests:
            return f"nothing could be compared: {self.nothing}"
        asked = f", {self.questions} questions, {self.learned} rules learned" if self.questions else ""
        withdrawn = f", {self.withdrawn} rules withdrawn" if self.withdrawn else ""
        amended = f", {self.amended} rules with another status" if self.amended else ""
        return f"{self.differences} differences in {self.requests} requests{asked}{withdrawn}{amended}"


@dataclass
class Loop:
    """The rounds of one discovery.

    Args:
        start_double: serves the double of a folder, and gives its address; handed in, as nobody here knows the double.
        rounds: how each went.
        open: the differences that no rule explains.
        asked: the keys of the questions that were put.
    """

    start_double: StartDouble
    rounds: list[Round] = field(default_factory=list)
    open: list[Cause] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def beside(self, contract: Contract, settings: Settings, seed: Seed, say: Callable[[str], None]) -> Comparison:
        """What differs between the server and the double of a contract, which begins with that seed.

        Raises:
            CouldNotRun: one of the two cannot be used.
        """
        with _folder(contract, seed) as folder, self.start_double(folder, settings.seed) as (address, _secret):
            return compare(contract, settings, address, PROGRAMS, say)

    def questions(self, contract: Contract, causes: list[Cause]) -> list[Hypothesis]:
        """The rules that would explain a difference, those left out that were asked for before."""
        found = {one.key: one for cause in causes for one in _explaining(contract, cause.first)}
        new = [one for key, one in found.items() if key not in self.asked]
        self.asked |= found.keys()
        return new


@contextmanager
def _folder(contract: Contract, seed: Seed) -> Iterator[Path]:
    """A folder with the contract in one file, overlays and all, and the documents that it begins with."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(json.dumps(contract.data, default=str), "utf-8")
        written = contract.path.parent / FOLDER
        if written.is_dir():
            shutil.copytree(written, folder / FOLDER)
        seed.write(folder)
        yield folder


def _explaining(contract: Contract, one: Difference) -> Iterator[Hypothesis]:
    """The rules that the server may keep, and the double does not know."""
    resource = contract.resources[one.collection]
    source = Source("trial", words=f"{one.intent}: {one.sentence}")
    is_refused = one.what == "status" and one.server.startswith("answers 4") and one.double.startswith("answers 2")
    if one.what != "status":
        name = one.place.partition(".")[0].partition("[")[0]
        yield from _of_value(contract, resource, name, source)
    elif is_refused and one.tried:
        yield from _of_refusal(contract, resource, one, source)
    elif is_refused and "same body" in one.intent:
        yield from _keys(contract, resource, one.operation, source)


def _of_value(contract: Contract, resource: Resource, name: str, source: Source) -> Iterator[Hypothesis]:
    """Who sets a property that the two show otherwise."""
    at = _places(contract, resource).get(name)
    if at is None or name == resource.id:
        return
    if resource.properties[name].get("readOnly") is not True:
        yield Hypothesis("readOnly", at, True, source, 0.4)
    if resource.properties[name].get("format") == "date-time":
        yield from (Hypothesis("x-timestamp", at, event, source, 0.4) for event in ("created", "updated"))


def _of_refusal(contract: Contract, resource: Resource, one: Difference, source: Source) -> Iterator[Hypothesis]:
    """Why the server refuses a value that the double takes."""
    at = _places(contract, resource).get(one.tried)
    if at is None or one.tried == resource.id:
        return
    if one.taken:  # else a create refuses that value, too, and the property may be changed to another
        yield Hypothesis("x-immutable", at, True, source, 0.4)
    elif "another's" in one.intent:
        ignored = ["case"] if "case" in one.intent else ["space"] if "space" in one.intent else []
        yield Hypothesis("x-unique", at, {"ignore": ignored} if ignored else True, source, 0.5)


def _keys(contract: Contract, resource: Resource, operation: str, source: Source) -> Iterator[Hypothesis]:
    """Two properties that no two documents may have alike, where the same body is refused a second time."""
    media = contract.operations[operation].document_body
    sent = [name for name in contract.properties(media.schema if media else None) if name in resource.properties]
    for pair in islice(combinations(sent, 2), _MOST_KEYS):
        yield Hypothesis("x-unique", resource.pointer, {"fields": list(pair)}, source, 0.3)


def _places(contract: Contract, resource: Resource) -> dict[str, str]:
    return {name: at for name, _, at in properties_of(contract.document, resource.schema, resource.pointer)}
