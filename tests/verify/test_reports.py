"""Reports are valid, tell of the rules, and hold no secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from specdouble.contract import Contract
from specdouble.verify.report.writing import write_reports
from specdouble.verify.verification import Run, Show, run
from tests.backend import Backend, tokens
from tests.verify.conftest import NAMES, settings

RULE = "unique:lead_management.configurationName"
RULES = (RULE, "default:lead_management.source", "read_your_writes")


@pytest.fixture(scope="module")
def files(contract: Contract, running: Backend, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The reports of a run that found a fault."""
    running.switch(["name_case_matters"])
    folder = tmp_path_factory.mktemp("reports")
    files = {
        kind: folder / name
        for kind, name in (("junit", "j.xml"), ("har", "h.har"), ("html", "p.html"), ("json", "v.json"))
    }
    list(write_reports(_run(contract, running, files), files))
    return files


def _run(contract: Contract, backend: Backend, files: dict[str, Path]) -> Run:
    told = settings(backend.url, reports=files, phases=("rules", "examples"), max_examples=5, rules=RULES)
    return run(contract, told, Show())


def test_junit_has_a_test_case_for_each_rule_and_a_failure_for_the_broken_one(files: dict[str, Path]) -> None:
    root = ElementTree.parse(files["junit"]).getroot()  # noqa: S314 - our own file
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= set(suite.keys())
        assert len(suite) == int(suite.attrib["tests"])
        for case in suite:
            assert case.tag == "testcase"
            assert {"name", "time"} <= set(case.keys())
            assert {child.tag for child in case} <= {"failure", "error", "skipped", "system-out", "properties"}
    broken = [case.attrib["name"] for case in root.iter("testcase") if case.find("failure") is not None]
    assert broken == [RULE]


def test_har_is_of_version_1_2_and_holds_every_request(files: dict[str, Path]) -> None:
    log = json.loads(files["har"].read_text())["log"]
    assert log["version"] == "1.2"
    assert {"name", "version"} <= log["creator"].keys()
    assert len(log["entries"]) > 50
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
        request = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
        assert request <= entry["request"].keys()
        assert {"status", "statusText", "httpVersion", "content", "redirectURL"} <= entry["response"].keys()


def test_the_page_opens_without_network_and_names_the_rule(files: dict[str, Path]) -> None:
    page = files["html"].read_text()
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//[^\"' >]+\.(?:js|css|woff2?|png)", page)
    assert RULE in page


def test_json_tells_time_and_requests_of_each_rule(files: dict[str, Path]) -> None:
    verdict: dict[str, Any] = json.loads(files["json"].read_text())
    row = next(row for row in verdict["rules"] if row["id"] == RULE)
    assert row["state"] == "broken"
    assert row["seconds"] > 0
    assert row["requests"] > 0
    assert row["file"].endswith("openapi.yaml")
    assert verdict["exitCode"] == 1
    assert verdict["failures"][0]["curl"].startswith("URL=")


def test_no_report_holds_a_secret(files: dict[str, Path]) -> None:
    for path in files.values():
        text = path.read_text()
        for secret in (tokens.SECRET, *(f"{name}-password" for name in NAMES), *(f"key-{name}" for name in NAMES)):
            assert secret not in text, path.name
        assert not re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}\.", text), path.name


def test_a_failure_has_the_same_id_from_run_to_run(contract: Contract, backend: Backend) -> None:
    backend.switch(["name_case_matters", "default_source_other"])
    told = [
        {
            failure.id
            for failure in run(
                contract, settings(backend.url, phases=("rules",), rules=RULES, seed=seed), Show()
            ).verdict.failures
        }
        for seed in (1, 2)
    ]
    assert told[0] == told[1] != set()
