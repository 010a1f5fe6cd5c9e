"""What makes every case of a collection fail, or each now and then, is told as what it is and once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asking
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specdouble.contract import Contract, read
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.world import World
from specdouble.prove.bench import Bench, Options
from specdouble.prove.change import Asked, Store, answering, storing
from specdouble.prove.fault import Change
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.applications import serving
from tests.backend import Backend, lead_management
from tests.backend.seed import Document, User
from tests.backend.service import RefusedError, Service
from tests.verify.conftest import ROOT, settings

INVOICES = ROOT / "tests" / "abroad" / "contracts" / "invoices-in-envelopes.yaml"
NAME = "unique:lead_management.configurationName"
SOURCE = "default:lead_management.source"


def _verified(contract: Contract, backend: Backend, *rules: str) -> Verdict:
    return verify(contract, settings(backend.url, phases=("rules",), rules=rules))


@pytest.fixture
def colliding(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """A backend that says of every new configuration that its name is taken."""

    def collide(*_: object) -> None:
        raise RefusedError(400, "Configuration name already in use")

    monkeypatch.setattr(lead_management, "_new", collide)
    return backend


def _refusing_each_third(create: Callable[..., Any]) -> Callable[..., Any]:
    numbers = count(1)

    def sometimes(*arguments: Any) -> Any:
        if next(numbers) % 3 == 0:
            raise RefusedError(400, "Something went wrong")
        return create(*arguments)

    return sometimes


def test_creates_that_all_collide_are_told_as_refused_as_taken(contract: Contract, colliding: Backend) -> None:
    told = " ".join(_verified(contract, colliding, SOURCE).lacking)
    assert "refused as taken" in told
    assert "already in use" in told


def test_where_every_create_collides_the_rule_about_it_is_broken(contract: Contract, colliding: Backend) -> None:
    [failure] = _verified(contract, colliding, NAME, SOURCE).failures
    assert (failure.check, failure.promise) == (NAME, "a new configurationName is accepted on create")


def test_a_create_that_is_refused_now_and_then_is_one_failure_that_says_so(
    contract: Contract, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_management, "_new", _refusing_each_third(lead_management._new))
    [failure] = _verified(contract, backend, SOURCE, "timestamp:lead_management.createdAt", "conformance").failures
    assert failure.expected == "the same answer to the same request"
    assert "Something went wrong" in failure.seen


def test_a_read_that_answers_another_document_is_one_failure_that_says_so(
    contract: Contract, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = lead_management.find

    def first(service: Service, user: User, id: str, action: str) -> Document:
        document = find(service, user, id, action)
        rows = service.store.configurations.values()
        return next(one for one in rows if one["userId"] == user.id) if action == "read" else document

    monkeypatch.setattr(lead_management, "find", first)
    [failure] = _verified(contract, backend, SOURCE).failures
    assert failure.promise == "GET /api/lead-management/{id} shows the document that is asked for"


def _bench(*place: str) -> Bench:
    """Where doubles with a fault are verified."""
    return Bench(Options(ROOT.joinpath("tests", *place), seed=1))


def _found(bench: Bench, change: Change, *rules: str) -> list[tuple[str, str]]:
    """What is found on a double with a change: the checks, and their promises."""
    chosen = replace(bench.settings, phases=("rules",), rules=rules)
    return [(one.check, one.promise) for one in bench.verified(change, chosen).failures]


class Newest(Store):
    """Shows the newest document, whichever is asked for."""

    def find_one(self, filter: Any, *others: Any, **named: Any) -> Any:
        return self.documents.find_one(filter, *others, **named) and [*self.documents.find({})][-1]


class Oldest(Store):
    """Shows the oldest document, whichever is asked for."""

    def find_one(self, filter: Any, *others: Any, **named: Any) -> Any:
        return self.documents.find_one(filter, *others, **named) and next(iter(self.documents.find({})))


@pytest.mark.slow
def test_a_read_of_another_document_that_programs_alone_see_is_named_so() -> None:
    found = _found(
        _bench("prove", "contracts", "catalog"), storing(("readCategory",), "categories", Newest), "programs"
    )
    assert found == [("read_your_writes", "GET /categories/{id} shows the document that is asked for")]


@pytest.mark.slow
def test_a_tag_of_another_document_is_named_as_a_read_of_it() -> None:
    found = _found(_bench("tracker"), storing(("readProject",), "projects", Oldest), "header_fields")
    assert found == [("read_your_writes", "GET /v1/projects/{projectId} shows the document that is asked for")]


@pytest.mark.slow
def test_a_refusal_by_chance_breaks_no_rule_of_what_is_refused() -> None:
    numbers = count(1)

    async def refuse_each_third(asked: Asked, request: Request, world: World) -> Outcome:
        request.body = b"{" if next(numbers) % 3 == 0 else request.body
        return await asked(request, world)

    checks = ("unique:categories.title", "read_your_writes", "conformance")
    found = _found(_bench("prove", "contracts", "catalog"), answering(("createCategory",), refuse_each_third), *checks)
    assert found == [("conformance", "POST /categories answering 400: the same answer to the same request")]


def test_a_unique_value_that_does_not_fit_is_told_though_it_stays_taken_once_it_was_taken() -> None:
    bench = Bench(Options(ROOT / "specdouble" / "project" / "templates" / "openapi.yaml"))
    fault = bench.mutants["request.minLength-off-by-one:createAuthor.name"]
    chosen = replace(bench.settings, phases=("rules",), rules=("boundaries",), operations=("createAuthor",))
    failures = bench.verified(fault.change, chosen).failures
    assert [(one.expected, one.check) for one in failures] == [
        ('name "", which does not fit its schema, to be refused', "boundaries")
    ]
    assert bench.verified(lambda factories: factories, chosen).failures == []


async def _never_new(request: Asking) -> Response:
    """A server that says of every invoice that its number is taken."""
    if request.method != "POST":
        return JSONResponse({"data": []} if request.url.path == "/invoices" else {})
    sent = await request.body()
    is_whole = b'"number"' in sent and b'"amount"' in sent
    return JSONResponse(
        {"message": "The number is taken" if is_whole else "Fill in everything"}, 409 if is_whole else 400
    )


@pytest.fixture(scope="module")
def nothing_new() -> Verdict:
    """What is made of that server."""
    app = Starlette(routes=[Route("/{path:path}", _never_new, methods=["GET", "POST", "PATCH", "DELETE"])])
    with serving(app) as url:
        rules = ("programs", "default:invoices.paid")
        return verify(read(INVOICES), Settings(url=url, seed=1, yes=True, phases=("rules",), rules=rules))


def test_what_is_always_refused_as_taken_is_told_as_that_whatever_was_sent_last(nothing_new: Verdict) -> None:
    told = " ".join(nothing_new.lacking)
    assert ("refused as taken" in told, "The number is taken" in told) == (True, True)


def test_nothing_is_kept_of_documents_that_nobody_could_make(nothing_new: Verdict) -> None:
    assert {row.state for row in nothing_new.rows.values() if row.check in ("programs", "default:invoices.paid")} == {
        "not exercised"
    }
    assert nothing_new.exit_code == 3
