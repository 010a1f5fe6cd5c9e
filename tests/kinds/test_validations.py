"""`x-validations`: what is read and refused; ten invariants of public contracts' prose, from both sides."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from specdouble.contract import Contract, ContractError, read
from specdouble.contract.expression import Expression, ExpressionError
from specdouble.contract.plausible_value import PlausibleValues
from specdouble.contract.solver import Wish
from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.rules.validations.rule import Validation
from specdouble.verify.patterns import matching

CONTRACT = read(Path(__file__).with_name("invariants.yaml"))
PATIENCE = 60.0  # seconds: a busy machine decides nothing, and `benchmarks.invariants` tells how long it takes
RULES = [rule for rule in CONTRACT.rules.values() if isinstance(rule, Validation)]


def first_texts(pattern: str) -> tuple[str, ...]:
    return matching(pattern, 0)


def solved(contract: Contract, rule: Validation, *, holds: bool) -> list[dict[str, Any]]:
    """Documents that keep all validations of the rule's resource, or break that one alone."""
    resource = contract.resources[rule.collection]
    wishes = []
    for one in resource.of(Validation):
        wanted = holds or one is not rule
        wishes.append(Wish(one.compiled.tree, one.path, wanted, one.holds if wanted else one.is_false))
    wishes.sort(key=lambda wish: wish.tree is not rule.compiled.tree)
    slot = contract.schemas.slot(resource.schema, "request")
    solver = contract.solver(
        resource.schema, lambda document: contract.schemas.is_valid(slot, document), texts=first_texts
    )
    start = next(PlausibleValues(contract.document, first_texts).of(resource.schema))
    return list(islice(solver.solutions(wishes, start, seconds=PATIENCE), 3))


@pytest.mark.parametrize("holds", [True, False], ids=["kept", "broken"])
@pytest.mark.parametrize("rule", RULES, ids=[rule.about for rule in RULES])
def test_an_invariant_of_a_public_contract_is_solved_for(rule: Validation, holds: bool) -> None:
    documents = solved(CONTRACT, rule, holds=holds)
    assert documents
    assert [rule.holds(one) for one in documents] == [holds] * len(documents)


BOOKING = """
openapi: 3.1.0
info: {title: Bookings, version: "1"}
paths:
  /bookings:
    post:
      operationId: post_booking
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Booking'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Booking'}}}}
        '400': {description: bad}
        '422': {description: no}
  /bookings/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: get_booking
      responses:
        '200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Booking'}}}}
        '404': {description: none}
    patch:
      operationId: patch_booking
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {
        from: {type: string, format: date-time}, to: {type: string, format: date-time}, guests: {type: integer}}}}}}
      responses:
        '200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Booking'}}}}
        '400': {description: bad}
        '404': {description: none}
        '422': {description: no}
components:
  schemas:
    Booking:
      x-resource: {collection: bookings, id: id}
      type: object
      required: [from, to, guests]
      properties:
        id: {type: string, readOnly: true}
        from: {type: string, format: date-time}
        to: {type: string, format: date-time}
        guests: {type: integer}
        price: {type: number}
        rooms:
          type: array
          items:
            type: object
            properties: {beds: {type: integer}, size: {type: integer}}
            x-validations: [{rule: self.beds <= self.size, message: a room has room for its beds}]
      x-validations:
        - {rule: self.from < self.to, message: a booking ends after it begins, fieldPath: .to}
        - rule: '!has(self.price) || self.price >= self.guests * 2'
          messageExpression: '"at least " + string(self.guests * 2)'
          status: 400
        - {rule: self.guests >= oldSelf.guests, message: guests do not leave}
"""
GOOD = {"from": "2026-01-01T10:00:00Z", "to": "2026-01-01T11:00:00Z", "guests": 2}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("bookings")
    (folder / "openapi.yaml").write_text(BOOKING, "utf-8")
    with (
        Server(Double(Settings(folder, seed=1)), "127.0.0.1", 0).running() as url,
        httpx.Client(base_url=url) as asking,
    ):
        yield asking


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"to": "2026-01-01T10:00:00Z"}, 422, "a booking ends after it begins"),
        ({"to": "2026-01-01T11:30:00+02:00"}, 422, "a booking ends after it begins"),
        ({"price": 3.5}, 400, "at least 4"),
        ({"rooms": [{"beds": 1, "size": 1}, {"beds": 2, "size": 1}]}, 422, "a room has room for its beds"),
        ({"rooms": [{"beds": 2}]}, 422, "cannot be evaluated"),
    ],
)
def test_a_new_document_that_breaks_one_is_refused_with_its_words(
    client: httpx.Client, change: dict[str, Any], status: int, told: str
) -> None:
    answer = client.post("/bookings", json={**GOOD, **change})
    assert (answer.status_code, told in answer.text) == (status, True)


@pytest.mark.parametrize(
    "change", [{}, {"price": 4}, {"price": 4.0}, {"rooms": []}, {"rooms": [{"beds": 1, "size": 1}]}]
)
def test_a_new_document_that_keeps_all_is_taken(client: httpx.Client, change: dict[str, Any]) -> None:
    assert client.post("/bookings", json={**GOOD, **change}).status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to": "2026-01-01T10:00:00Z"}, 422),
        ({"from": "2026-01-01T10:59:59Z"}, 200),
        ({"guests": 1}, 422),
        ({"guests": 2}, 200),
        ({"guests": 3}, 200),
    ],
)
def test_a_patch_is_judged_by_the_document_that_comes_of_it(
    client: httpx.Client, change: dict[str, Any], status: int
) -> None:
    made = client.post("/bookings", json=GOOD).json()
    answer = client.patch(f"/bookings/{made['id']}", json=change)
    seen = client.get(f"/bookings/{made['id']}").json()
    assert answer.status_code == status
    assert seen == ({**made, **change} if status == 200 else made)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"rule": "self.from <"}, "the expression is refused at character 12"),
        ({"rule": "self.frm < self.to"}, "`self` has no property `frm`"),
        ({"rule": "self.from < self.guests"}, "they cannot be compared"),
        ({"rule": "self.guests && true"}, "not a condition"),
        ({"rule": "self.guests + 1"}, "the expression is no condition"),
        ({"rule": "self.sum() > 1 && unknown(1)"}, "undeclared reference to 'unknown'"),
        ({"rul": "true"}, "has no key `rul`"),
        ({"message": "never"}, "has no `rule`"),
        ({"rule": "self.guests > 0", "mesage": "x"}, "has no key `mesage`"),
        ({"rule": "self.guests > 0", "status": 200}, "`200` is no status of a refusal"),
        ({"rule": "self.guests > 0", "fieldPath": ".gests"}, "`gests`, which is no property"),
        ({"rule": "self.guests > 0", "messageExpression": "self.guests > 1"}, "the expression is no text"),
    ],
)
def test_a_rule_that_is_written_wrong_is_refused_with_the_reason(
    tmp_path: Path, rule: dict[str, Any], reason: str
) -> None:
    contract = yaml.safe_load(BOOKING)
    contract["components"]["schemas"]["Booking"]["x-validations"] = [rule]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    assert any(reason in finding.reason and finding.line for finding in refused.value.findings)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("self.guests > 5 && self.guests < 5", "no document was found that keeps it"),
        ("self.guests >= 5 || self.guests < 5", "no document was found that breaks it"),
        ("self.guests > oldSelf.guests && self.guests < oldSelf.guests", "no document was found that keeps it"),
        ("self.guests >= oldSelf.guests || self.guests < oldSelf.guests", "no document was found that breaks it"),
    ],
)
def test_a_rule_with_one_side_alone_is_told(tmp_path: Path, rule: str, reason: str) -> None:
    contract = yaml.safe_load(BOOKING)
    contract["components"]["schemas"]["Booking"]["x-validations"] = [{"rule": rule}]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    told = [finding for finding in read(tmp_path).findings if "no document was found" in finding.reason]
    assert [reason in finding.reason for finding in told] == [True]


def test_a_rule_with_both_sides_is_told_of_nothing() -> None:
    assert CONTRACT.findings == ()


def test_what_kubernetes_writes_is_read_as_the_same(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(BOOKING.replace("x-validations", "x-kubernetes-validations"), "utf-8")
    assert [rule.id for rule in read(tmp_path).rules.values() if rule.id.startswith("validations:")] == [
        "validations:bookings.from+to",
        "validations:bookings.price+guests",
        "validations:bookings.guests",
        "validations:bookings.rooms.*",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "['x']" + ".map(a, a + a)" * 40 + ".size() == 1",  # doubles its text in each round
        "(" * 300 + "true" + ")" * 300,
        "true" + " && true" * 2000,
        "self" + ".a" * 1000 + " == 1",
    ],
)
def test_an_expression_that_would_take_all_there_is_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(text)


def test_rounds_within_rounds_end() -> None:
    digits = str(list(range(10)))
    nested = f"{digits}.all(a, " * 8 + "true" + ")" * 8
    assert not Expression(nested).holds({})
