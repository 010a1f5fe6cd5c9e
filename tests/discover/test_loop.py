"""What a discovery writes beside rules, so that the double of it does what the server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.compare.difference import Cause, Difference
from specdouble.contract import Contract, read
from specdouble.discover import beginnings, documents, identities, shape
from specdouble.discover.discovery import Discovery
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.loop import Loop
from specdouble.discover.outcome import SILENT, Outcome
from specdouble.discover.prose import miner as prose
from specdouble.discover.supposition import suppose
from specdouble.rules.unique.probe import PROBE
from specdouble.serving import serving_anybody
from specdouble.verify import Account, Settings
from specdouble.verify.visit import Visit, visiting
from tests.backend import Backend
from tests.discover.conftest import sentences, stripped
from tests.library.server import TOKENS, Server
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


def test_a_refused_change_asks_for_no_fixed_property_for_the_value_may_be_wrong_for_all(tmp_path: Path) -> None:
    contract = suppose(bare := stripped(LIBRARY, tmp_path), list(documents.mine(bare)))
    steps = ("books", "putBook", "a change of title", "", "answers 409", "answers 200", "title")
    assert Loop(serving_anybody).questions(contract, [Cause(Difference("status", *steps), [])]) == []


def test_a_status_is_learned_of_what_both_refuse_and_not_of_what_the_server_takes() -> None:
    steps = ("books", "postBook", "a create with another's isbn", "")
    refused = Difference("status", *steps, "answers 409", "answers 422", "isbn", "unique:books.isbn")
    taken = replace(refused, server="answers 201")
    assert (refused.refused_with, taken.refused_with) == (409, None)


def test_a_rule_gets_the_status_that_the_server_refuses_with(tmp_path: Path) -> None:
    contract = stripped(LIBRARY, tmp_path)
    supposed = Hypothesis("x-unique", "/components/schemas/Book/properties/isbn", True, Source("trial"))
    discovery = Discovery(contract, Settings(), outcomes=[Outcome(supposed, SILENT, "unique:books.isbn")])
    steps = ("books", "postBook", "a create with another's isbn", "", "answers 409", "answers 422", "isbn")
    causes = [Cause(Difference("status", *steps, "unique:books.isbn"), [])]
    assert (discovery._amended(causes), discovery._amended(causes)) == (1, 0)
    assert discovery.outcomes[0].hypothesis.value == {"status": 409}


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
