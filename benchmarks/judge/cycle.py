"""Judges whether a server remembers: create, read, list, update, delete, read again, by HTTP alone.

    python -m benchmarks.judge.cycle api.json                      against the double, which is started for it
    python -m benchmarks.judge.cycle api.json --url http://...     against any other server

It shares no code with the double: it reads the contract as plain JSON, makes its own requests, and holds answers to
python-jsonschema. A cycle is what `POST /things` and `GET /things/{id}` make possible; each further operation on the
two paths is a step of it. What a contract makes impossible is told apart, with the reason.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import yaml

from benchmarks.judge.contract import Described, Operation, plain, scalars_in
from benchmarks.judge.request import UnmakeableError, Writer

MOST = 60
PATIENCE = 120
_ITEM = re.compile(r"(.*)/\{([^{}/]+)\}(\.\w+)?/?")
_SET_BY_SERVER = re.compile(
    r"(created|updated|modified)|(^|_)(id|uuid|etag|version|revision|self|status|state)$", re.IGNORECASE
)
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
STEPS = ("read", "list", "update", "delete")


@dataclass
class Cycle:
    """What can be done with one thing, and what became of each step; None for one that the contract has not.

    `kind` is `collection`, or `singleton` for the one document of a path.
    """

    path: str
    kind: str = "collection"
    steps: dict[str, bool | None] = field(default_factory=dict)
    impossible: str = ""
    reason: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Impossible, whole, half or forgotten."""
        taken = [done for done in self.steps.values() if done is not None]
        if self.impossible:
            return "impossible"
        return "whole" if taken and all(taken) else "half" if any(taken) else "forgotten"


@dataclass
class Made:
    """A document that was created: what was sent, what its path's parameters are, its id and what its path calls it."""

    sent: dict[str, Any]
    shown: tuple[str, ...]
    parameters: dict[str, str]
    answer: Any
    location: str
    id: str = ""
    key: str = ""


class Judge:
    """Plays the cycles of one contract.

    Args:
        described: the contract.
        client: asks the server.
        chance: chooses among many cycles.
    """

    def __init__(self, described: Described, client: httpx.Client, chance: random.Random) -> None:
        self.described = described
        self.client = client
        self.writer = Writer(described)
        self.chance = chance
        self.parents: dict[str, dict[str, str]] = {}
        self.wrong: list[str] = []

    def cycles(self) -> list[Cycle]:
        """Every cycle that the contract has, played; of many a part."""
        found = [path for path in self.described.paths if self.makes_cycle(path)]
        singles = [path for path in self.described.paths if self._is_singleton(path)]
        return [self.play(path) for path in self._chosen(found)] + [
            self.play(path, "singleton") for path in self._chosen(singles)
        ]

    def _chosen(self, found: list[str]) -> list[str]:
        return sorted(found if len(found) <= MOST else self.chance.sample(found, MOST))

    def _is_singleton(self, path: str) -> bool:
        """Whether the path shows an object and takes what it shows, without naming one of many."""
        read = self.described.operation(path, "get")
        return not _ITEM.fullmatch(path) and read is not None and any(self._takes_shown(read, path))

    def _takes_shown(self, read: Operation, path: str) -> Iterator[Operation]:
        for method in ("put", "patch"):
            update = self.described.operation(path, method)
            if update is not None and update.media and update.success is not None:
                _, names = self.described.shown(read, self.described.sent(update), many=False)
                _, listed = self.described.shown(read, self.described.sent(update), many=True)
                if names and len(names) >= len(listed):
                    yield update

    def makes_cycle(self, path: str) -> bool:
        """Whether the path's document can be created and read."""
        match = _ITEM.fullmatch(path)
        return bool(match and "get" in self.described.paths[path] and self._collection(path, "post"))

    def _collection(self, path: str, method: str) -> Operation | None:
        match = _ITEM.fullmatch(path)
        assert match
        above, suffix = match[1], match[3] or ""
        places = (above + suffix, above, above + "/", above + suffix + "/")
        return next((found for one in places if (found := self.described.operation(one, method))), None)

    def play(self, path: str, kind: str = "collection") -> Cycle:
        """Play one cycle."""
        cycle = Cycle(path, kind)
        self.wrong = cycle.wrong
        try:
            if kind == "singleton":
                self._play_singleton(cycle, path)
            else:
                self._play(cycle, path)
        except UnmakeableError as error:
            cycle.impossible = f"no request can be made: {error}"
        except httpx.HTTPError as error:
            cycle.reason = f"{type(error).__name__}: {error}"
        return cycle

    def _play(self, cycle: Cycle, path: str) -> None:
        create, read = self._collection(path, "post"), self.described.operation(path, "get")
        assert create is not None
        assert read is not None
        shown, names = self.described.shown(read, self.described.sent(create), many=False)
        if create.success is None:
            cycle.impossible = "no success is declared for creating it"
        elif not self.described.sent(create):
            cycle.impossible = "nothing is sent to create it"
        elif not names:
            cycle.impossible = "nothing that is sent is shown"
        if cycle.impossible:
            return
        made = self._create(cycle, create, read, shown)
        if made is None:
            return
        if not self._find(cycle, read, made):
            return
        listing = self._collection(path, "get")
        cycle.steps["list"] = self._listed(cycle, listing, made)
        cycle.steps["update"] = self._updated(cycle, path, read, made)
        cycle.steps["delete"] = self._deleted(cycle, path, read, listing, made)

    def _play_singleton(self, cycle: Cycle, path: str) -> None:
        read, parameters = self.described.operation(path, "get"), self._above(path)
        assert read is not None
        for update in self._takes_shown(read, path):
            shown, _ = self.described.shown(read, self.described.sent(update), many=False)
            body = self.writer.body(update, salt=f"{path} {update.method}")
            sent = self.described.showable(self.described.at(read, shown), self.writer.document(update, body))
            kept = {name: value for name, value in sent.items() if not _SET_BY_SERVER.search(name)}
            said = {plain(name) for name in parameters}
            kept = {name: value for name, value in kept.items() if not _names_itself(value) and plain(name) not in said}
            if not kept:
                continue
            answer = self._ask(update, parameters, body)
            if not answer.is_success:
                cycle.steps["update"] = False
                cycle.reason = f"{update.method} answers {answer.status_code} {answer.text[:120]}"
                return
            difference = self._difference(self._ask(read, parameters), Made(kept, shown, parameters, None, ""))
            cycle.steps["update"] = difference is None
            if difference is not None:
                cycle.reason = f"after {update.method}: {difference}"
                return
        if not cycle.steps:
            cycle.impossible = "nothing that is sent is shown but what the server sets"

    def _create(self, cycle: Cycle, create: Operation, read: Operation, shown: tuple[str, ...]) -> Made | None:
        parameters = self._above(read.path)
        body = self.writer.body(create, salt=read.path)
        answer = self._ask(create, parameters, body)
        if not answer.is_success:
            cycle.reason = f"create answers {answer.status_code} {answer.text[:160]}"
            cycle.steps["create"] = False
            return None
        sent = self.writer.document(create, body)
        showable = self.described.showable(self.described.at(read, shown), sent)
        kept = {name: value for name, value in showable.items() if not _SET_BY_SERVER.search(name)}
        # What the path says is so, whatever the body says.
        kept = {name: value for name, value in kept.items() if plain(name) not in {plain(one) for one in parameters}}
        if not kept:
            cycle.impossible = "nothing that is sent is shown but what the server sets"
            return None
        return Made(kept, shown, parameters, _value(answer), answer.headers.get("location", ""))

    def _find(self, cycle: Cycle, read: Operation, made: Made) -> bool:
        """Read it back by whatever of the answer may be its id."""
        name = read.last_parameter
        candidates = list(self._ids(read, made))
        if not candidates:
            cycle.impossible = "the id is not told"
            return False
        told = self._tried(cycle, read, made, candidates[:6])
        if told is None:
            return True
        # What creates it may tell no id of it, and the list does.
        listing = self._collection(read.path, "get")
        item = self._in_list(listing, made) if listing is not None else None
        if item is not None:
            listed = self._fitting(read, _ranked(item, name, read.segment))
            others = [one for one in listed if one not in candidates]
            if self._tried(cycle, read, made, others[:3]) is None:
                return True
            cycle.steps["list"] = True
        cycle.steps["read"] = False
        cycle.reason = told
        return False

    def _tried(self, cycle: Cycle, read: Operation, made: Made, candidates: list[str]) -> str | None:
        """Read it by each of the candidates; None where one of them is its id, else what came of the first."""
        name, told = read.last_parameter, ""
        for candidate in candidates:
            answer = self._ask(read, {**made.parameters, name: candidate})
            difference = self._difference(answer, made)
            if difference is None:
                made.parameters[name] = made.id = candidate
                made.key = name
                cycle.steps["read"] = True
                return None
            told = told or f"read of {candidate!r}: {difference}"
        return told

    def _ids(self, read: Operation, made: Made) -> Iterator[str]:
        name, segment = read.last_parameter, read.segment
        if made.location:
            yield unquote(made.location.rstrip("/").rpartition("/")[2].partition("?")[0].removesuffix(".json"))
        seen = dict.fromkeys(self._fitting(read, _ranked(made.answer, name, segment)))
        listing = self._collection(read.path, "get")
        if not seen and listing is not None:
            item = self._in_list(listing, made)
            seen = dict.fromkeys(self._fitting(read, _ranked(item, name, segment)))
        seen.update(dict.fromkeys(str(value) for one, value in made.sent.items() if plain(one) == plain(name)))
        yield from seen

    def _fitting(self, read: Operation, candidates: Iterator[str]) -> Iterator[str]:
        """Those that the path's parameter takes: no name is a number or a UUID."""
        told = next((one for one in read.parameters if one["name"] == read.last_parameter and one["in"] == "path"), {})
        schema = self.described.resolve(told.get("schema") if "schema" in told else told)
        is_number = bool(self.described.kinds(schema) & {"integer", "number"}) if isinstance(schema, dict) else False
        is_uuid = isinstance(schema, dict) and schema.get("format") == "uuid"
        form = r"-?\d+" if is_number else _UUID if is_uuid else ".*"
        yield from (candidate for candidate in candidates if re.fullmatch(form, candidate, re.DOTALL))

    def _difference(self, answer: httpx.Response, made: Made) -> str | None:
        """How the answer shows something else than what was sent; None where it shows that."""
        if not answer.is_success:
            return f"{answer.status_code} {answer.text[:120]}"
        document = _at(_value(answer), made.shown)
        if not isinstance(document, dict):
            return f"shows no document at {'/'.join(made.shown) or 'the root'}"
        for name, value in made.sent.items():
            if not _holds(document.get(name), value):
                return f"{name} was {value!r}, is {document.get(name)!r}"
        return None

    def _in_list(self, listing: Operation, made: Made) -> Any:
        document = _at(made.answer, made.shown)
        known = {**made.sent, **document} if isinstance(document, dict) else made.sent
        body = self.writer.body(listing, salt="list") if listing.media and listing.requires_body else None
        answer = self._ask(listing, made.parameters, body, known)
        if not answer.is_success:
            return None
        for item in _items(_value(answer)):
            for document in (item, *(part for part in item.values() if isinstance(part, dict))):
                shared = [name for name in made.sent if name in document]
                told = {str(leaf) for *_, leaf in scalars_in(item, 4)}
                tells_ids = any(_ranked(item, listing.path.rpartition("/")[2], "", sure=True))
                tells_ids = tells_ids or any(made.key and plain(one) == plain(made.key) for one in item)
                named = made.id == "" or made.id in told or not tells_ids
                if named and shared and all(_holds(document[name], made.sent[name]) for name in shared):
                    return item
        return None

    def _listed(self, cycle: Cycle, listing: Operation | None, made: Made) -> bool | None:
        if listing is None:
            return None
        way, names = self.described.shown(listing, {**made.sent}, many=True)
        items = self.described.items(self.described.at(listing, way))
        # A list may show less than there is, and some of it otherwise.
        showable = self.described.showable(items, made.sent) if items is not None else {}
        if not [name for name in names if name in showable]:
            return None
        shown = replace(made, sent=showable)
        found = self._in_list(listing, shown) is not None
        if not found:
            cycle.reason = "it is not in the list"
        return found

    def _updated(self, cycle: Cycle, path: str, read: Operation, made: Made) -> bool | None:
        outcome = None
        for method in ("patch", "put", "post"):
            update = self.described.operation(path, method)
            if update is None or not update.media or update.success is None:
                continue
            if method == "post" and update.success[0] == "201":
                continue  # what is created is another one (RFC 9110, 15.3.2): a copy, for one
            body = self.writer.body(update, salt=f"{path} {method}")
            body = _with_id(body, made)
            body = self._with_fixed(update, body, made)
            sent = self.described.showable(self.described.at(read, made.shown), self.writer.document(update, body))
            # What the path says stays, whatever the body says.
            named = [name for name, value in made.sent.items() if str(value) in made.parameters.values()]
            # A number may happen to be that of an id.
            fixed = {name for name in named if isinstance(made.sent[name], str) or plain(name).endswith("id")}
            changed = {name: value for name, value in sent.items() if name in made.sent and name not in fixed}
            changed = {name: _without(value, made.id) for name, value in changed.items()}
            changed = {name: value for name, value in changed.items() if not _holds(made.sent[name], value)}
            if not changed:
                continue
            answer = self._ask(update, made.parameters, body)
            if not answer.is_success:
                cycle.reason = f"{method} answers {answer.status_code} {answer.text[:120]}"
                return False
            # What was sent and cannot be shown as it is (`now`) has changed to something else.
            said = {name for name in fixed if plain(name) in {plain(one) for one in made.parameters}}
            unknown = self.writer.document(update, body).keys() - changed.keys() - said
            kept = {name: value for name, value in made.sent.items() if name not in unknown}
            made.sent = {**({} if method == "put" else kept), **changed}
            difference = self._difference(self._ask(read, made.parameters), made)
            if difference is not None:
                cycle.reason = f"after {method}: {difference}"
                return False
            outcome = True
        return outcome

    def _with_fixed(self, update: Operation, body: Any, made: Made) -> Any:
        """The body with what Azure's contracts say that no update changes."""
        if not isinstance(body, dict):
            return body
        fixed = [
            name
            for name, part in self.described.sent(update).items()
            if "update" not in part.get("x-ms-mutability", ["update"]) and name in body and name in made.sent
        ]
        return {**body, **{name: made.sent[name] for name in fixed}}

    def _deleted(self, cycle: Cycle, path: str, read: Operation, listing: Operation | None, made: Made) -> bool | None:
        delete = self.described.operation(path, "delete")
        if delete is None or delete.success is None:
            return None
        body = self.writer.body(delete, salt=path) if delete.media and delete.requires_body else None
        answer = self._ask(delete, made.parameters, body)
        if not answer.is_success and not (answer.is_redirect and str(answer.status_code) in delete.responses):
            cycle.reason = f"delete answers {answer.status_code} {answer.text[:120]}"
            return False
        if self._difference(self._ask(read, made.parameters), made) is None:
            cycle.reason = "it can be read after it was deleted"
            return False
        if listing is not None and cycle.steps.get("list") and self._in_list(listing, made) is not None:
            cycle.reason = "it is in the list after it was deleted"
            return False
        return True

    # Parents

    def _above(self, path: str) -> dict[str, str]:
        """Values of the path's parameters but the last: of documents that exist, where they can be made or listed."""
        above = path.rpartition("/")[0]
        values: dict[str, str] = {}
        parts = above.split("/")
        for index, part in enumerate(parts):
            for name in re.findall(r"\{([^{}]+)\}", part):
                item = "/".join(parts[: index + 1])
                values[name] = self._parent(item, values) or self.writer.parameter(self.described, path, name)
        return values

    def _parent(self, item: str, values: dict[str, str]) -> str:
        key = f"{item} {sorted(values.items())}"
        if key not in self.parents:
            self.parents[key] = self._existing(item, values)
        return self.parents[key].get("id", "")

    def _existing(self, item: str, values: dict[str, str]) -> dict[str, str]:
        path = next((one for one in (item, item + ".json", item + "/") if one in self.described.paths), None)
        if path is None or not _ITEM.fullmatch(path):
            return {}
        name = re.findall(r"\{([^{}]+)\}", item)[-1]
        segment = path.rpartition("/{")[0].rpartition("/")[2]
        for method in ("post", "get"):
            operation = self._collection(path, method)
            if operation is None:
                continue
            with contextlib.suppress(UnmakeableError):
                body = self.writer.body(operation, salt="parent " + path) if method == "post" else None
                answer = self._ask(operation, values, body)
                found = _value(answer) if answer.is_success else None
                if method == "get":
                    found = next(iter(_items(found)), None)
                read = self.described.operation(path, "get")
                candidates = _ranked(found, name, segment)
                for candidate in self._fitting(read, candidates) if read else candidates:
                    return {"id": candidate}
        return self._put(path, values)

    def _put(self, path: str, values: dict[str, str]) -> dict[str, str]:
        """A document that a `PUT` makes under the id that its path says."""
        operation = self.described.operation(path, "put")
        if operation is None or "201" not in operation.responses:
            return {}
        with contextlib.suppress(UnmakeableError):
            name = operation.last_parameter
            made = self.writer.parameter(self.described, path, name)
            body = self.writer.body(operation, salt="parent " + path) if operation.media else None
            if self._ask(operation, {**values, name: made}, body).is_success:
                return {"id": made}
        return {}

    # HTTP

    def _ask(
        self,
        operation: Operation,
        parameters: dict[str, str],
        body: Any = None,
        known: dict[str, Any] | None = None,
    ) -> httpx.Response:
        request = self.writer.request(operation, parameters, body, known or {})
        answer = self.client.request(**request)
        complaint = self.described.complaint(operation, answer)
        if complaint:
            self.wrong.append(f"{operation.method.upper()} {operation.path}: {complaint}")
        return answer


def _value(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _at(value: Any, way: tuple[str, ...]) -> Any:
    for name in way:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _with_id(body: Any, made: Made) -> Any:
    """The body of an update, which names the document as the path does: `metadata.name` is its id."""
    if not isinstance(body, dict):
        return body
    inside = {name: part for name, part in made.sent.items() if isinstance(part, dict) and made.id in part.values()}
    for name, part in inside.items():
        ids = {one: value for one, value in part.items() if value == made.id}
        if isinstance(body.get(name), dict):
            body = {**body, name: {**body[name], **ids}}
    return body


def _names_itself(value: Any) -> bool:
    """Whether an object names what its path names already: `metadata`, with its `name`."""
    return isinstance(value, dict) and not {"name", "id", "uid"}.isdisjoint(value)


def _without(value: Any, id: str) -> Any:
    """What of an object an update changes: not its id."""
    if not isinstance(value, dict):
        return value
    return {name: part for name, part in value.items() if str(part) != id}


def _holds(shown: Any, sent: Any) -> bool:
    """Whether what is shown is what was sent, and perhaps more."""
    if isinstance(sent, dict):
        known = [name for name in sent if not _SET_BY_SERVER.search(name)]
        return isinstance(shown, dict) and all(_holds(shown[name], sent[name]) for name in known if name in shown)
    return bool(shown == sent)


def _items(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The objects in the arrays of a list's answer."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
    elif isinstance(value, dict) and depth < 3:
        for part in value.values():
            yield from _items(part, depth + 1)


def _ranked(value: Any, parameter: str, segment: str, *, sure: bool = False) -> Iterator[str]:
    """What in a document may be its id, the likeliest first; names only where one need not be sure."""
    wanted, one = plain(parameter), plain(segment).rstrip("s")
    own = wanted.removeprefix(one) if wanted != one else ""
    best = [
        wanted,
        own,
        "id",
        one + "id",
        "uuid",
        "sid",
        "gid",
        "key",
        "entityid",
        "name",
        "slug",
        "code",
        "number",
        "login",
    ]
    found = []
    for depth, name, leaf in scalars_in(value, 4):
        if sure and plain(name) not in best[2:9]:
            continue
        is_own = best.index(plain(name)) < 7 or depth < 2 if plain(name) in best else False  # a login may be anybody's
        if is_own and plain(name) and leaf not in (None, ""):
            found.append((best.index(plain(name)) > 3, depth, best.index(plain(name)), str(leaf)))
    yield from (leaf for *_, leaf in sorted(found))


def load(file: Path) -> dict[str, Any]:
    """The contract as it stands."""
    text = file.read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    return loaded


def judged(data: dict[str, Any], url: str, seed: int = 0, base: str | None = None) -> list[Cycle]:
    """The cycles of a contract, played against the server at the URL; under another base path, where one is told."""
    described = Described(data)
    if base is not None:
        described.base = base
    with httpx.Client(base_url=url, timeout=60) as client:
        return Judge(described, client, random.Random(seed)).cycles()


@contextlib.contextmanager
def served(file: Path) -> Iterator[str]:
    """A double of the contract, started as a user starts it."""
    command = [sys.executable, "-c", "from specdouble.cli import main; main()", "serve", str(file), "--port", "0"]
    # Into a file: nobody empties a pipe while the cycles are played.
    with tempfile.TemporaryFile("w+") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        try:
            started, found = time.monotonic(), None
            while found is None and process.poll() is None and time.monotonic() < started + PATIENCE:
                time.sleep(0.1)
                told.seek(0)
                found = re.search(r" at (http://[^\s/]+)", told.read())
            if found is None:
                raise SystemExit(f"{file} does not start")
            yield found[1]
        finally:
            process.kill()


def tell(cycles: list[Cycle], *, reasons: bool = True) -> str:
    """A line of sums, and one for each cycle that is not whole."""
    verdicts = Counter(one.verdict for one in cycles)
    possible = len(cycles) - verdicts["impossible"]
    told = ", ".join(f"{verdicts[one]} {one}" for one in ("half", "forgotten", "impossible"))
    lines = [f"{verdicts['whole']}/{possible} cycles whole, {told}"]
    for one in cycles if reasons else ():
        if one.verdict != "whole":
            steps = " ".join(f"{name}{'+' if done else '-'}" for name, done in one.steps.items() if done is not None)
            lines.append(f"    {one.verdict:10} {one.path}  {steps}  {one.impossible or one.reason}")
        lines += [f"    wrong      {complaint}" for complaint in one.wrong[:2]]
    return "\n".join(lines)


def main() -> None:
    """Judge the contracts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--url", help="a server that runs; none to start the double")
    parser.add_argument("--seed", type=int, default=0, help="chooses among many cycles")
    options = parser.parse_args()
    for file in options.files:
        with contextlib.nullcontext(options.url) if options.url else served(file) as url:
            print(f"{file.name}: {tell(judged(load(file), url, options.seed))}", flush=True)


if __name__ == "__main__":
    main()
