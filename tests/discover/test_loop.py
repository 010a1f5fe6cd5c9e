"""What a discovery writes beside rules, so that the double of it does what the server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from pathlib import Path

import httpx
import pytest

from specdouble.compare.comparison import compare
from specdouble.compare.difference import Cause, Difference
from specdouble.contract import Contract, read
from specdouble.discover import beginnings, documents, identities, shape
from specdouble.discover.bounds import miner as bounds
from specdouble.discover.discovery import Discovery
from specdouble.discover.loop import Loop
from specdouble.discover.prose import miner as prose
from specdouble.discover.supposition import suppose
from specdouble.rules.immutable.probe import PROBE as FIXED
from specdouble.rules.readonly.probe import PROBE as SET_BY_THE_SERVER
from specdouble.rules.unique.probe import PROBE
from specdouble.serving import serving_anybody
from specdouble.verify import Account, Settings
from specdouble.verify.patterns import matching
from specdouble.verify.visit import Visit, visiting
from tests.backend import Backend
from tests.backend.seed import USERS
from tests.backend.tokens import issue
from tests.discover.conftest import sentences, stripped
from tests.library.server import TOKENS, Library, RefusedError, Server
from tests.verify.conftest import ROOT
from tests.verify.conftest import settings as of_backend

LIBRARY = ROOT / "tests" / "library" / "openapi.yaml"


@contextmanager
def _visited(contract: Contract, settings: Settings) -> Iterator[Visit]:
    supposed = suppose(contract, list(documents.mine(contract)))
    with visiting(supposed, settings, shape.referring(supposed)) as visit:
        yield visit


def _settings_of_library(url: str) -> Settings:
    users = tuple(Account(name, credentials={"token": token}) for name, token in TOKENS.items())
    return Settings(url=url, users=users, phases=("rules",), yes=True)


def test_what_is_unique_below_a_parent_is_not_taken_for_what_each_user_has_once(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    with Server() as server, _visited(contract, _settings_of_library(server.url)) as visit:
        seen = [one for one in PROBE.see(visit.session, visit.session.subjects["books"]) if "isbn" in one.pointer]
    assert [one.value for one in seen] == [{"within": ["shelf"]}]


class _Crowded(Library):
    """A library that has the `isbn` of one new book already, by chance."""

    until = 0  # that book comes, how many are put there

    def _hold_new(self, code: str, isbn: str) -> None:
        super()._hold_new(code, isbn)
        self.until -= 1
        if self.until == 0:
            raise RefusedError(409, "the shelf has that isbn")


@pytest.mark.parametrize("until", [5, 6])  # the first new value that is tried, and the next one
def test_a_new_value_that_is_taken_by_chance_is_no_reason_to_miss_that_it_is_unique(tmp_path: Path, until: int) -> None:
    contract, crowded = stripped(LIBRARY, tmp_path), _Crowded()
    server = Server()
    server._server.library = crowded
    with server, _visited(contract, _settings_of_library(server.url)) as visit:
        books = visit.session.subjects["books"]
        visit.session.baselines.seek({books.creators[0].id})
        crowded.until = until
        seen = [one.value for one in PROBE.see(visit.session, books) if "isbn" in one.pointer]
    assert seen == [{"within": ["shelf"]}]
    assert crowded.until < 0


def test_a_key_that_clients_choose_in_the_path_is_not_set_by_the_server_alone(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    with Server() as server, _visited(contract, _settings_of_library(server.url)) as visit:
        seen = [one.pointer for one in SET_BY_THE_SERVER.see(visit.session, visit.session.subjects["shelves"])]
    assert seen == []


def test_a_length_that_a_pattern_says_is_not_told_anew(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    with Server() as server, _visited(contract, _settings_of_library(server.url)) as visit:
        found = [one.rule for one in bounds.mine(visit.session, visit.session.subjects["books"], [])]
    assert found == []


def test_without_users_the_want_of_them_is_the_reason_also_below_what_nobody_could_make(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    with Server() as server:
        discovery = Discovery(contract, Settings(url=server.url, yes=True), loop=Loop(serving_anybody))
        discovery.run()
    assert discovery.loop is not None
    reasons = {one.reason for one in discovery.outcomes if one.rule} | {discovery.loop.rounds[0].nothing}
    assert len(reasons) == 1
    assert "no user is named" in reasons.pop()


def test_what_new_documents_begin_with_is_seen_where_it_says_nothing_of_who_asks(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    with Server() as server, _visited(contract, _settings_of_library(server.url)) as visit:
        found = {one.pointer.rpartition("/")[2]: one.value for one in beginnings.mine(visit.session)}
    assert found == {"room": None, "book_count": 0, "pages": None}


def test_the_users_are_written_as_tokens_and_logins_tell_them_but_for_secrets_of_the_environment(
    tmp_path: Path,
) -> None:
    contract = stripped(ROOT / "openapi.yaml", tmp_path)
    with Backend() as backend:
        settings = of_backend(backend.url, signing={}, checks=None, sources={"key-grace": "GRACE_KEY"})
        with _visited(contract, settings) as visit:
            users = identities.users(visit.session, list(identities.mine(visit.session)))
    ada, grace = users["users"][:2]
    assert ada["email"] == "ada@tether.example"
    assert (ada["fullName"], ada["accessRole"], ada["apiKeyAuth"]) == ("Ada Byron", "SUPERADMIN", "key-ada")
    assert "password" not in ada
    assert "apiKeyAuth" not in grace


def test_a_token_that_tells_whose_it_is_is_written_nowhere(tmp_path: Path) -> None:
    contract = stripped(ROOT / "openapi.yaml", tmp_path)
    with Backend() as backend:
        accounts = (Account("ada", credentials={"bearerAuth": issue(USERS["ada"])}),)
        with _visited(contract, of_backend(backend.url, users=accounts, signing={}, checks=None)) as visit:
            (ada,) = identities.users(visit.session, list(identities.mine(visit.session)))["users"]
    assert ada["accessRole"] == "SUPERADMIN"
    assert "bearerAuth" not in ada


SEALS = """
openapi: 3.1.0
info: {title: Seals, version: '1'}
paths:
  /seals:
    post:
      operationId: create
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Seal'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Seal'}}}}
  /seals/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: read
      responses:
        '200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Seal'}}}}
    patch:
      operationId: change
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Change'}}}}
      responses:
        '200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Seal'}}}}
    delete: {operationId: delete, responses: {'204': {description: Gone.}}}
components:
  schemas:
    Change: {type: object, properties: {label: {type: string}, origin: {type: string}}}
    Seal:
      type: object
      x-resource: {collection: seals, id: id}
      required: [origin, label]
      properties:
        id: {type: string, readOnly: true}
        origin: {type: string}
        label: {type: string}
"""
KEPT_BY_THE_SERVER = (
    ("origin: {type: string}\n", "origin: {type: string, x-immutable: true}\n"),
    ("label: {type: string}", "label: {type: string, pattern: '^[^ ]'}"),
)


def test_a_property_is_seen_to_be_fixed_though_another_document_has_its_usual_value(tmp_path: Path) -> None:
    theirs, ours, pattern = tmp_path / "theirs.yaml", tmp_path / "ours.yaml", "^[a-z][a-z0-9-]{2,39}$"
    declared = f"origin: {{type: string, pattern: '{pattern}'"
    ours.write_text(SEALS.replace("origin: {type: string", declared), "utf-8")
    kept = (declared + "}\n", declared + ", x-immutable: true, x-unique: true}\n")
    theirs.write_text(ours.read_text("utf-8").replace(*kept), "utf-8")
    with serving_anybody(theirs, 1) as (server, _):
        httpx.post(f"{server}/seals", json={"origin": matching(pattern, 0)[0], "label": "Kept"}).raise_for_status()
        with _visited(read(ours), Settings(url=server, yes=True)) as visit:
            seals = visit.session.subjects["seals"]
            seen = [one.pointer.rpartition("/")[2] for one in FIXED.see(visit.session, seals)]
    assert seen == ["origin"]


def test_a_property_is_asked_to_be_fixed_where_a_create_takes_the_value_that_a_change_is_refused_for(
    tmp_path: Path,
) -> None:
    theirs, ours = tmp_path / "theirs.yaml", tmp_path / "ours.yaml"
    ours.write_text(SEALS, "utf-8")
    theirs.write_text(reduce(lambda text, one: text.replace(*one), KEPT_BY_THE_SERVER, SEALS), "utf-8")
    contract = read(ours)
    with serving_anybody(theirs, 1) as (server, _), serving_anybody(ours, 1) as (double, _):
        differences = compare(contract, Settings(url=server, seed=1, yes=True), double, 30).found
    tried = {one.first.tried for one in differences if one.first.intent.startswith("a change")}
    asked = Loop(serving_anybody).questions(contract, differences)
    assert tried == {"origin", "label"}
    assert [one.pointer.rpartition("/")[2] for one in asked if one.keyword == "x-immutable"] == ["origin"]


def test_a_status_is_learned_of_what_both_refuse_and_not_of_what_the_server_takes() -> None:
    steps = ("books", "postBook", "a create with another's isbn", "")
    refused = Difference("status", *steps, "answers 409", "answers 422", "isbn", "unique:books.isbn")
    taken = replace(refused, server="answers 201")
    assert (refused.refused_with, taken.refused_with) == (409, None)


@pytest.mark.parametrize(("said", "asked"), [("", ["readOnly"]), (", readOnly: true", [])])
def test_nobody_asks_for_what_the_contract_says_already(tmp_path: Path, said: str, asked: list[str]) -> None:
    (tmp_path / "openapi.yaml").write_text(
        SEALS.replace("label: {type: string}", f"label: {{type: string{said}}}"), "utf-8"
    )
    shown = Difference("value", "seals", "create", "a usual create", "label", "shows 1", "shows nothing")
    questions = Loop(serving_anybody).questions(read(tmp_path), [Cause(shown, [])])
    assert [one.keyword for one in questions] == asked


PERMITS = """
openapi: 3.1.0
info: {title: Permits, version: '1'}
paths:
  /permits:
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Permit'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Permit'}}}}
components:
  schemas:
    Permit:
      type: object
      properties:
        id: {type: string}
        reference: {type: string, description: Of the office. No two permits have the same one.}
        status:
          anyOf: [{type: string, enum: [draft, granted, revoked]}, {type: 'null'}]
          description: A permit goes from draft to granted, and from granted to revoked.
"""


def test_words_of_what_may_be_null_are_read_and_one_is_the_property_itself(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(PERMITS, "utf-8")
    contract = read(tmp_path)
    supposed = suppose(contract, list(documents.mine(contract)))
    found = {one.keyword: one.value for one in prose.mine(supposed)}
    assert found["x-unique"] is True
    assert found["x-transitions"] == {"draft": ["granted"], "granted": ["revoked"]}


@pytest.mark.slow
def test_the_double_of_what_was_found_differs_from_the_backend_in_nothing(tmp_path: Path) -> None:
    contract = stripped(ROOT / "openapi.yaml", tmp_path)
    with Backend() as backend:
        settings = of_backend(backend.url, signing={}, checks=None, strictness="contract")
        discovery = Discovery(contract, settings, loop=Loop(serving_anybody))
        discovery.run()
    assert discovery.loop is not None
    assert discovery.loop.rounds[-1].requests > 100
    assert [cause.first.sentence for cause in discovery.loop.open] == []


@pytest.mark.slow
def test_the_double_of_what_was_found_differs_from_the_library_in_the_count_of_changes_alone(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    with Server() as server:
        discovery = Discovery(contract, _settings_of_library(server.url), loop=Loop(serving_anybody))
        discovery.run()
    assert "unique:books.isbn" in sentences(discovery)
    assert discovery.loop is not None
    assert all("version" in f"{one.first.intent}{one.first.place}" for one in discovery.loop.open)
