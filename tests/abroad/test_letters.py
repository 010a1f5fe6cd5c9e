r"""Schemathesis reads `\p{L}` as Latin letters. What fits a pattern, one judge says of all that is exchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import (
    CaseMetadata,
    ComponentInfo,
    FuzzingPhaseData,
    GenerationInfo,
    PhaseInfo,
    TestPhase,
)

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.conformance.complaint import Complaint, Complaints
from specdouble.verify.conformance.engine import Conformance
from specdouble.verify.session import Session
from specdouble.verify.verdict import Verdict
from tests.applications import serving

LETTERS = {"type": "string", "pattern": r"^\p{L}{1,40}$"}
MEMBER = {"type": "object", "required": ["name"], "properties": {"name": LETTERS}, "additionalProperties": False}
FAULTS = {
    "a name with digits is shown": "Response violates schema",
    "a mark with digits is shown": "Response header does not conform",
    "a name with digits is taken": "Schema-violating request accepted",
}


def _contract(folder: Path) -> Path:
    content = {"application/json": {"schema": MEMBER}}
    mark = {"X-Mark": {"required": True, "schema": LETTERS}}
    answers = {"200": {"description": "it", "content": content, "headers": mark}, "422": {"description": "no"}}
    named = {"name": "name", "in": "query", "schema": LETTERS}
    greet = {"operationId": "greet", "requestBody": {"required": True, "content": content}, "responses": answers}
    find = {"operationId": "find", "parameters": [named], "responses": answers}
    contract = {
        "openapi": "3.0.3", "info": {"title": "Letters", "version": "1"},
        "paths": {"/greetings/query": {"post": greet}, "/members/first": {"get": find}},
    }  # fmt: skip
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    return file


def _members(fault: str) -> FastAPI:
    app = FastAPI()

    def answer(name: str) -> JSONResponse:
        shown = "R2D2" if fault == "a name with digits is shown" else name
        mark = "R2D2" if fault == "a mark with digits is shown" else "Zoë"
        return JSONResponse({"name": shown}, headers={"X-Mark": mark})

    def is_name(text: Any) -> bool:
        if not isinstance(text, str) or not 0 < len(text) <= 40:
            return False
        return text.isalpha() or (fault == "a name with digits is taken" and text.isascii())

    @app.post("/greetings/query")
    async def greet(request: Request) -> JSONResponse:
        try:
            sent = json.loads(await request.body())
        except (ValueError, RecursionError):
            return JSONResponse({}, 422)
        is_member = isinstance(sent, dict) and sent.keys() == {"name"} and is_name(sent["name"])
        return answer("日本語") if is_member else JSONResponse({}, 422)

    @app.get("/members/first")
    def find(request: Request) -> JSONResponse:
        asked = request.query_params.getlist("name")
        return answer("Привет") if all(map(is_name, asked)) else JSONResponse({}, 422)

    return app


def _verified(fault: str, folder: Path) -> Verdict:
    with serving(_members(fault)) as url:
        return verify(read(_contract(folder)), Settings(url, yes=True, max_examples=5, rules=("conformance",)))


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_letters_of_all_languages_are_letters_and_digits_are_none(tmp_path: Path, fault: str) -> None:
    told = [failure.promise for failure in _verified(fault, tmp_path).failures]
    assert (told == []) if not fault else any(FAULTS[fault] in one for one in told), told


def _is_held_against(folder: Path, label: str, where: ParameterLocation, sent: dict[str, Any]) -> bool:
    """Whether it counts that a request was taken which was generated to be wrong in that place."""
    conformance = Conformance(Session(read(_contract(folder)), Settings("http://127.0.0.1:1")), folder)
    method, path = label.split()
    wrong = ComponentInfo(GenerationMode.NEGATIVE)
    meta = CaseMetadata(
        GenerationInfo(0.0, GenerationMode.NEGATIVE), {where: wrong},
        PhaseInfo(TestPhase.FUZZING, FuzzingPhaseData("violates `pattern`", None, where, None)),
    )  # fmt: skip
    parts = {"body": sent, "media_type": "application/json"} if where == ParameterLocation.BODY else {"query": sent}
    case = conformance.schema[path][method].Case(**parts, _meta=meta)
    request = requests.Request(method, f"http://127.0.0.1:1{path}", json=sent).prepare()
    response = Response(200, {"content-type": ["application/json"]}, b"{}", request, 0.0, True)
    failure = AcceptedNegativeData(operation=label, message="taken", status_code=200, expected_statuses=["4xx"])
    complaints = Complaints(conformance.session, conformance.knowledge, conformance.by_label, [])
    return complaints.is_true(Complaint(case, response, failure))


@pytest.mark.parametrize(("name", "counts"), [("日本語", False), ("R2D2", True), ("", True)])
@pytest.mark.parametrize(
    ("label", "where"),
    [("POST /greetings/query", ParameterLocation.BODY), ("GET /members/first", ParameterLocation.QUERY)],
)
def test_what_was_generated_as_wrong_and_is_right_may_be_taken(
    tmp_path: Path, label: str, where: ParameterLocation, name: str, counts: bool
) -> None:
    assert _is_held_against(tmp_path, label, where, {"name": name}) == counts
