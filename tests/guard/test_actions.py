"""A POST that names no document and creates none acts on what was there before: it is sent where it only asks."""

from __future__ import annotations

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.guard import Guard
from specdouble.verify.intent import intent
from specdouble.verify.ledger import Ledger
from specdouble.verify.settings import Settings

JSON = {"content": {"application/json": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}}}}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    def post(**others: object) -> dict[str, object]:
        return {"post": {"responses": {"200": {"description": "done"}}, **others}}

    paths = {
        "/stubs/save": post(operationId="keepStubs"),
        "/stubs/nudge": post(operationId="nudge"),
        "/stubs/persist": post(operationId="keepNamed", requestBody=JSON),
        "/auth/enable": post(operationId="turnOn", requestBody=JSON),
        "/cluster/member/add": post(operationId="join", requestBody=JSON),
        "/store/compaction": post(operationId="tidy", requestBody=JSON),
        "/auth/user/add": post(operationId="addUser", requestBody=JSON),
        "/stubs/search": post(operationId="search", requestBody=JSON),
    }
    file = tmp_path_factory.mktemp("actions") / "openapi.yaml"
    file.write_text(yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": paths}))
    return read(file)


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("keepStubs", "says `save`"),
        ("nudge", "takes no body and names no document"),
        ("keepNamed", "says `persist`"),
        ("turnOn", "says `enable`"),
        ("join", "the server's"),
        ("tidy", "says `compaction`"),
    ],
)
def test_what_acts_on_what_was_there_before_is_not_sent(contract: Contract, operation: str, reason: str) -> None:
    why = Guard(contract, Ledger(contract)).forbids(contract.operations[operation])
    assert why is not None
    assert reason in why


def test_what_asks_with_a_body_is_sent(contract: Contract) -> None:
    assert Guard(contract, Ledger(contract)).forbids(contract.operations["search"]) is None


def test_what_a_remote_procedure_adds_is_told_before_and_counted_as_left(contract: Contract) -> None:
    told = " ".join(intent(contract, Settings("http://server")))
    assert "No operation deletes what is created by POST /auth/user/add" in told
    ledger = Ledger(contract)
    call = Call(contract.operations["addUser"], "ada", body={"text": "x"}, has_body=True)
    ledger.answer(ledger.send(call), call, Exchange(call, "POST", "", {}, None, 200, {}, b"", 0.0, 0.0))
    assert ledger.unnamed == [call]
