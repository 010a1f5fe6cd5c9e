"""A claim that no document property fits is a finding, and never a document of somebody unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.double.double import Double, Settings
from specdouble.double.state.accounts import Accounts

CONTRACT = """
openapi: 3.0.3
info: {title: Claims, version: '1'}
paths:
  /a: {get: {operationId: a, security: [{bearer: []}], responses: {'204': {description: Y.}, '401': {description: N.}}}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer, x-identity: {collection: users, claims: {CLAIM: PROPERTY}}}
  schemas:
    User:
      type: object
      x-resource: {collection: users, id: id}
      properties: {id: {type: string}, tenant: {type: string}}
"""


def contract_with(folder: Path, claim: str, name: str) -> Contract:
    (folder / "openapi.yaml").write_text(CONTRACT.replace("CLAIM", claim).replace("PROPERTY", name))
    return read(folder)


def test_a_claim_of_a_property_that_no_user_has_is_a_finding_with_the_near_name(tmp_path: Path) -> None:
    (finding,) = contract_with(tmp_path, "team", "tenat").findings
    assert (finding.id, finding.line, finding.severity) == ("owner-claim", 8, "warning")
    assert "`tenat`" in finding.reason
    assert "`tenant`" in finding.remedy


@pytest.mark.parametrize(("claim", "name"), [("team", "tenant"), ("sub", "id")])
def test_a_claim_of_a_property_that_users_have_is_none(tmp_path: Path, claim: str, name: str) -> None:
    assert contract_with(tmp_path, claim, name).findings == ()


SCOPED = """
openapi: 3.0.3
info: {title: Scoped, version: '1'}
paths:
  /notes:
    post:
      operationId: create
      security: [{key: []}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses: {'201': {description: M., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Note:
      type: object
      x-resource: {collection: notes, id: id, owner: owner, tenant: team}
      properties: {id: {type: string}, owner: OWNER, team: TEAM}
"""


@pytest.mark.parametrize(
    ("owner", "team", "kinds"),
    [
        ("{type: string}", "{type: string}", (str, str)),
        ("{type: integer}", "{type: integer}", (int, int)),
        ("{type: string, format: uuid}", "{type: integer}", (str, int)),
    ],
)
def test_the_ids_of_users_that_are_made_up_fit_the_properties_that_hold_them(
    tmp_path: Path, owner: str, team: str, kinds: tuple[type, type]
) -> None:
    (tmp_path / "openapi.yaml").write_text(SCOPED.replace("OWNER", owner).replace("TEAM", team))
    double = Double(Settings(tmp_path))
    accounts = Accounts(double.contract, {})
    told = [accounts.caller(one) for one in accounts.all(double.world("default"))]
    assert {(type(one["owner"]), type(one["team"])) for one in told} == {kinds}
    assert len({one["owner"] for one in told}) == 3
    assert len({one["team"] for one in told}) == 2
