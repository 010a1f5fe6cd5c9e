"""What any client expects of an HTTP API."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

PATH = "/api/lead-management"


def test_an_unknown_path_is_404_as_problem_details(world: httpx.Client) -> None:
    answer = world.get("/api/nowhere")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


def test_an_unknown_method_is_405_with_the_allowed_ones(world: httpx.Client) -> None:
    answer = world.delete(PATH)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


def test_a_head_is_answered_as_a_get_without_its_body(ada: httpx.Client) -> None:
    get, head = ada.get("/api/auth/verify-token"), ada.head("/api/auth/verify-token")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.content))


def test_options_tells_the_methods(world: httpx.Client) -> None:
    answer = world.options("/api/pipelines")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


def test_a_browsers_preflight_is_answered(world: httpx.Client) -> None:
    headers = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = world.options(f"{PATH}/1", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()


def test_a_browser_may_read_answers_and_refusals(world: httpx.Client) -> None:
    answer = world.get("/api/auth/verify-token", headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "X-Specdouble-Rule" in answer.headers["Access-Control-Expose-Headers"]


def test_worlds_do_not_see_each_other(ada: httpx.Client) -> None:
    sent = {"configurationName": "Here", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
    id = ada.post(PATH, json=sent).json()["data"]["_id"]
    elsewhere = ada.get(f"{PATH}/{id}", headers={"X-Specdouble-World": "elsewhere"})
    by_cookie = ada.get(f"{PATH}/{id}", headers={"Cookie": f"x-specdouble-world={ada.headers['X-Specdouble-World']}"})
    assert (elsewhere.status_code, by_cookie.status_code) == (404, 200)


def test_a_worlds_name_is_checked(world: httpx.Client) -> None:
    assert world.get("/api/auth/verify-token", headers={"X-Specdouble-World": "no/name"}).status_code == 400


def test_a_reset_brings_the_seed_back(ada: httpx.Client) -> None:
    before = ada.get("/api/prompts/user").json()
    ada.post("/api/prompts/create", json={"name": "Another"}).raise_for_status()
    assert ada.post("/_specdouble/reset").status_code == 204
    assert ada.get("/api/prompts/user").json() == before


def test_the_journal_explains_a_refusal(ada: httpx.Client) -> None:
    seeded = {"configurationName": "website INQUIRIES", "initialStage": "New"}
    ada.post(PATH, json={**seeded, "defaultProcess": "64eea1110000000000000001"})
    (last, *_) = [
        one for one in ada.get("/_specdouble/journal").json() if one["world"] == ada.headers["X-Specdouble-World"]
    ]
    assert (last["method"], last["target"], last["status"]) == ("POST", PATH, 400)
    assert last["rule"] == "unique:lead_management.configurationName"
    assert last["explanation"]["rules"][0]["document"] == "69f46b906f0be283d47ae916"
    assert "Bearer" not in str(last)


def test_the_control_plane_tells_of_its_health_contract_and_documentation(world: httpx.Client) -> None:
    assert world.get("/_specdouble/health").json()["status"] == "ok"
    assert world.get("/openapi.json").json()["info"]["title"] == "Tether Relay and Tether API"
    page = world.get("/_specdouble/docs")
    assert "swagger-ui" in page.text
    assert world.get("/_specdouble/docs/swagger-ui-bundle.js").status_code == 200


def project(
    folder: Path, handler: str, schema: str = "{type: object, required: [id], properties: {id: {type: integer}}}"
) -> Path:
    (folder / "openapi.yaml").write_text(
        f"""
openapi: 3.0.3
info: {{title: Small, version: '1'}}
paths:
  /things:
    get:
      operationId: get_thing
      tags: [Things]
      parameters: [{{name: X-Request-Id, in: header, schema: {{type: string}}}}]
      responses:
        '200': {{description: One., content: {{application/json: {{schema: {schema}}}}}}}
        '500':
          description: Failed.
          content:
            application/json:
              schema: {{type: object, required: [error], properties: {{error: {{type: string}}}}}}
""",
        "utf-8",
    )
    (folder / "handlers").mkdir()
    (folder / "handlers" / "things.py").write_text(handler, "utf-8")
    return folder


def get(path: Path) -> tuple[httpx.Response, list[dict[str, object]]]:
    with serving(Settings(path)) as url:
        answer = httpx.get(f"{url}/things", headers={"X-Request-Id": "seven"})
        return answer, httpx.get(f"{url}/_specdouble/journal").json()


def test_a_handler_that_breaks_the_contract_is_500_with_the_violation_in_the_journal(tmp_path: Path) -> None:
    answer, journal = get(project(tmp_path, "def get_thing():\n    return {'id': 'one'}\n"))
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    (violation,) = journal[0]["explanation"]["violations"]  # type: ignore[index]
    assert violation["pointer"] == "/id"


def test_a_handler_that_answers_an_undeclared_status_is_500(tmp_path: Path) -> None:
    answer, _ = get(project(tmp_path, "def get_thing():\n    return {'id': 1}, 202\n"))
    assert answer.status_code == 500


def test_a_handler_that_raises_is_500_and_the_traceback_stays_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "specdouble"):
        answer, _ = get(project(tmp_path, "def get_thing():\n    raise RuntimeError('secret')\n"))
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert "RuntimeError: secret" in caplog.text


def test_an_async_handler_is_awaited_and_gets_parameters_by_name(tmp_path: Path) -> None:
    handler = "async def get_thing(x_request_id):\n    return {'id': 1, 'for': x_request_id}, 200, {'X-Told': 'yes'}\n"
    answer, _ = get(project(tmp_path, handler))
    assert (answer.json(), answer.headers["X-Told"]) == ({"id": 1, "for": "seven"}, "yes")


def test_an_integer_beyond_64_bits_is_answered_as_it_is(tmp_path: Path) -> None:
    answer, _ = get(project(tmp_path, "def get_thing():\n    return {'id': 10**30}\n"))
    assert (answer.status_code, answer.json()) == (200, {"id": 10**30})


@pytest.mark.parametrize(
    "told",
    [
        "return {'id': 1}, 999",
        "return {'id': 1}, 'two hundred'",
        "return {'id': 1}, 200, {'X': object, 'é': 1}",
        "return {'id': 1}, 200, 7",
        "return {'id': 1}, 200, {}, {}",
        "raise Problem(999)",
        "raise Problem('404')",
        "raise Problem(404, ['no', 'text'])",
        "raise Problem(404, violations=7)",
        "raise Problem(404, headers={'X': 'a\\nb'})",
        "raise RecursionError",
    ],
)
def test_whatever_a_handler_does_wrong_is_500_in_the_contracts_shape_and_the_server_stays(
    tmp_path: Path, told: str
) -> None:
    project(tmp_path, f"from specdouble.double import Problem\n\n\ndef get_thing():\n    {told}\n")
    with (tmp_path / "openapi.yaml").open("a", encoding="utf-8") as contract:
        contract.write("        default: {description: Whatever.}\n")
    answer, journal = get(tmp_path)
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert journal[0]["explanation"]


def test_an_answer_that_is_not_json_is_500(tmp_path: Path) -> None:
    answer, _ = get(project(tmp_path, "def get_thing():\n    return {'id': 1, 'made': object()}\n"))
    assert answer.status_code == 500


def test_a_list_of_errors_that_may_not_be_empty_tells_the_problem_itself(tmp_path: Path) -> None:
    project(tmp_path, "from specdouble.double import Problem\n\n\ndef get_thing():\n    raise Problem(404, 'Gone')\n")
    contract = (tmp_path / "openapi.yaml").read_text("utf-8")
    schema = (
        "{type: object, required: [errors], properties: {errors: {type: array, minItems: 1, items: {type: string}}}}"
    )
    response = f"        '404': {{description: Gone., content: {{application/json: {{schema: {schema}}}}}}}\n"
    (tmp_path / "openapi.yaml").write_text(contract.rstrip() + "\n" + response, "utf-8")
    answer, _ = get(tmp_path)
    assert (answer.status_code, answer.json()) == (404, {"errors": ["Gone"]})
