"""An id that no document has may be refused as one that none could have: 400 and 422 say so as well as 404."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import RejectedPositiveData

from specdouble.contract import read
from specdouble.verify import Settings
from specdouble.verify.conformance.complaint import Complaint, Complaints
from specdouble.verify.conformance.engine import Conformance
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.session import Session

URL = "http://127.0.0.1:1"
CONTRACT = """
openapi: 3.0.3
info: {title: Memos, version: "1"}
components:
  schemas:
    Memo: {type: object, properties: {id: {type: integer}, text: {type: string}}}
paths:
  /memos:
    post:
      operationId: write
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Memo"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Memo"}}}}
  /memos/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    delete:
      operationId: throw_away
      responses: {"204": {description: gone}, "400": {description: refused}, "409": {description: held}}
"""


@pytest.mark.parametrize(
    ("key", "status", "counts"),
    [(99999999999, 400, False), (99999999999, 422, False), (99999999999, 409, True), (7, 400, True)],
)
def test_an_id_of_none_may_be_refused_and_one_of_this_run_may_not(
    key: int, status: int, counts: bool, tmp_path: Path
) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    contract = read(tmp_path)
    session = Session(contract, Settings(URL))
    made = Call(contract.operations["write"], body={"text": "one"}, has_body=True)
    headers, shown = {"content-type": "application/json"}, json.dumps({"id": 7, "text": "one"}).encode()
    session.ledger.answer(0, made, Exchange(made, "POST", URL, {}, None, 201, headers, shown, 0.0, 0.0))

    conformance = Conformance(session, tmp_path)
    case = conformance.schema["/memos/{id}"]["DELETE"].Case(path_parameters={"id": key})
    request = requests.Request("DELETE", f"{URL}/memos/{key}").prepare()
    response = Response(status, {}, b"", request, 0.0, True)
    failure = RejectedPositiveData(
        operation="DELETE /memos/{id}", message="refused", status_code=status, allowed_statuses=["2xx", "404"]
    )
    complaints = Complaints(session, conformance.knowledge, conformance.by_label, [])
    assert complaints.is_true(Complaint(case, response, failure)) is counts
