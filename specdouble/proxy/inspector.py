"""What a request and its answer show of a broken contract: schemas, statuses, credentials, and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from specdouble.contract import Contract, Operation
from specdouble.contract.json_type import JSON
from specdouble.contract.kind import Shown, kinds
from specdouble.contract.pointer import value_at
from specdouble.contract.servers import base_path, other_bases
from specdouble.contract.token_claims import token_claims
from specdouble.double.http.alternatives import plain_path
from specdouble.double.http.paths import Paths
from specdouble.double.http.request import Request
from specdouble.double.http.request_reader import RequestReader
from specdouble.double.state.problem import Problem
from specdouble.har import json_of
from specdouble.proxy.exchange import Exchange
from specdouble.verify.exchange import Call
from specdouble.verify.exchange import Exchange as Judged
from specdouble.verify.judge import judge

_BEARER = re.compile(r"\s*bearer\s+(\S+)\s*", re.IGNORECASE)


class Violation(NamedTuple):
    """One way in which an exchange breaks the contract.

    Args:
        location: `request` or `answer`.
        pointer: the JSON pointer of what is wrong in its body; empty where it is the whole.
        message: what is wrong.
        rule: the rule that is broken; empty where it is none.
    """

    location: str
    pointer: str
    message: str
    rule: str = ""

    def __str__(self) -> str:
        at = f" {self.pointer}" if self.pointer else ""
        return f"{self.location}{at}: {self.message}" + (f"  [{self.rule}]" if self.rule else "")


class Met(NamedTuple):
    """The operation of a request, and the raw segments of its path parameters."""

    operation: Operation
    segments: Mapping[str, str]


class Inspector:
    """Holds exchanges to a contract.

    Args:
        contract: the contract.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._base, self._other_bases = base_path(contract.data), other_bases(contract.data)
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in contract.operations.values():
            by_path.setdefault(plain_path(operation.path), {}).setdefault(operation.method.upper(), operation)
        self._paths = Paths(by_path)
        self._readers: dict[str, RequestReader] = {}
        self._schemes = contract.security_schemes

    # Finding

    def meet(self, method: str, path: str) -> Met | None:
        """The operation of a request; None where the contract has none."""
        for candidate in self._candidates(path):
            for operations, segments in self._paths.every(candidate):
                operation = operations.get(method) or (operations.get("GET") if method == "HEAD" else None)
                if operation is not None:
                    return Met(operation, segments)
        return None

    def _candidates(self, path: str) -> Iterator[str]:
        """The path, and what it is on the first server where it begins as those of another do."""
        yield path
        for base in self._other_bases:
            found = base.match(path)
            if found:
                yield self._base + path[found.end() :]

    # Judging

    def asked(self, met: Met, exchange: Exchange) -> Problem | None:
        """What is wrong with a request; None where nothing is, or it is too large to be looked at."""
        if not exchange.sent.is_whole:
            return None
        reader = self._readers.get(met.operation.id)
        if reader is None:
            reader = self._readers[met.operation.id] = RequestReader(self.contract, met.operation)
        request = Request(
            met.segments, exchange.query, dict(exchange.headers), exchange.sent.body, exchange.method, exchange.path
        )
        try:
            reader.read(request)
        except Problem as problem:
            return problem
        return None

    def violations(self, met: Met | None, exchange: Exchange) -> list[Violation]:
        """All that an exchange shows, the request's first."""
        if met is None:
            return list(_unknown(exchange))
        problem = self.asked(met, exchange)
        found = [] if problem is None else list(violations_of(problem))
        if found and exchange.is_success:
            message = f"a request that breaks the contract was taken ({exchange.status})"
            found.append(Violation("answer", "", message))
        if exchange.is_success and self._lacks_credentials(met.operation, exchange):
            message = f"a request without credentials was taken ({exchange.status}), where the contract asks for them"
            found.append(Violation("answer", "", message, "authentication"))
        found += self._answer(met, exchange)
        return found

    def _answer(self, met: Met, exchange: Exchange) -> Iterator[Violation]:
        if exchange.method == "HEAD" or exchange.status == 304:  # there is nothing to look at
            return
        content = exchange.body
        if content is None:
            if exchange.miscoded:
                yield Violation("answer", "", exchange.miscoded)
            return
        judged = _judged(met, exchange, content)
        for broken in judge(self.contract, judged):
            yield Violation("answer", "", f"expected {broken.expected}; {broken.seen}")
        yield from self._headers(met.operation, exchange)
        if exchange.is_success and judged.json is not ...:
            yield from self._rules(met, exchange, judged.json)

    @staticmethod
    def _headers(operation: Operation, exchange: Exchange) -> Iterator[Violation]:
        response = operation.response(exchange.status)
        present = {name.decode("latin-1").lower() for name, _ in exchange.answered}
        for name, header in response.headers.items() if response else ():
            if header.required and name.lower() not in present:
                yield Violation("answer", "", f"the header field {name} is required for {exchange.status}")

    def _rules(self, met: Met, exchange: Exchange, answer: JSON) -> Iterator[Violation]:
        """The rules that the documents of an answer break, as far as they show it by themselves."""
        action = self.contract.actions.get(met.operation.id)
        resource = self.contract.resources[action.collection] if action else None
        rules = [*(resource.rules if resource else ()), *self.contract.rules_about.get(met.operation.id, ())]
        promised = [rule for rule in rules if rule.id in self.contract.rules]
        if not promised:
            return
        shown = Shown(
            resource=resource,
            rules=promised,
            does=action.does if action else "none",
            sent=_document(_json(exchange), action.wrapper) if action else {},
            documents=_documents(answer, action.envelope) if action else [],
            claims=_claims(exchange),
        )
        for kind in kinds().values():
            for rule, pointer, message in kind.belied(shown):
                yield Violation("answer", pointer, message, rule.id)

    def _lacks_credentials(self, operation: Operation, exchange: Exchange) -> bool:
        """Whether a request shows no credential of any kind, where the operation asks for one."""
        if operation.is_public:
            return False
        names = {name for alternative in operation.security for name in alternative}
        return not any(_shows(self._schemes.get(name), exchange) for name in names)


def violations_of(problem: Problem) -> Iterator[Violation]:
    """What a refusal of a request would say is wrong with it."""
    for one in problem.violations:
        yield Violation("request", f"{one.location}{one.pointer}", one.message)
    if not problem.violations:
        yield Violation("request", "", problem.words)


def _unknown(exchange: Exchange) -> Iterator[Violation]:
    """A request for what the contract does not have; browsers ask for some of that by themselves."""
    if exchange.method != "OPTIONS" and exchange.is_success:
        yield Violation("request", "", f"the contract has no {exchange.method} {exchange.path}")


def _shows(scheme: Any, exchange: Exchange) -> bool:
    """Whether a request shows a credential of a scheme; what cannot be seen is taken for shown."""
    kind = scheme.get("type") if isinstance(scheme, dict) else None
    if kind in ("http", "basic", "oauth2", "openIdConnect"):
        return bool(exchange.field(b"authorization"))
    if kind != "apiKey":
        return True
    name, place = str(scheme.get("name", "")), scheme.get("in")
    if place == "header":
        return bool(exchange.field(name.lower().encode("latin-1", "replace")))
    if place == "query":
        return re.search(rf"(?:^|&){re.escape(name)}=", exchange.query.decode("latin-1")) is not None
    return f"{name}=" in exchange.field(b"cookie")


def _judged(met: Met, exchange: Exchange, content: bytes) -> Judged:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in exchange.answered}
    return Judged(
        Call(met.operation), exchange.method, exchange.path, {}, None, exchange.status, headers, content,
        exchange.started, exchange.seconds,
    )  # fmt: skip


def _claims(exchange: Exchange) -> dict[str, Any]:
    """What the caller's token says of the caller; nothing where it is no JSON Web Token."""
    found = _BEARER.fullmatch(exchange.field(b"authorization"))
    return token_claims(found[1]) if found else {}


def _json(exchange: Exchange) -> JSON:
    return json_of(exchange.sent.body.decode("utf-8", "replace")) if exchange.sent.is_whole else None


def _document(body: JSON, wrapper: tuple[str, ...]) -> dict[str, Any]:
    value = value_at(body, wrapper)
    return value if isinstance(value, dict) else {}


def _documents(body: JSON, envelope: tuple[str, ...]) -> list[tuple[str, dict[str, Any]]]:
    """The documents of an answer, each with the place where it stands."""
    value, at = value_at(body, envelope), "".join(f"/{name}" for name in envelope)
    many = [(f"{at}/{index}", one) for index, one in enumerate(value)] if isinstance(value, list) else [(at, value)]
    return [(place, one) for place, one in many if isinstance(one, dict)]
