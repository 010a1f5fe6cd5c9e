"""Recorded traffic of the reference API: which rules it suggests, and which documents it leaves to begin with."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.contract import ContractError, Rule, read
from specdouble.discover.traffic.pseudonyms import Pseudonyms
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.har import read as entries
from tests.conftest import ROOT, signed_in
from tests.discover.hire import CONTRACT
from tests.discover.test_prose_of_the_reference import without_annotations

CONFIGURATIONS = "/api/lead-management"


class Recorder:
    """Keeps what clients exchange, as a browser does."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def note(self, answer: httpx.Response) -> None:
        answer.read()
        asked = answer.request
        headers = [{"name": name, "value": value} for name, value in asked.headers.items()]
        request: dict[str, Any] = {"method": asked.method, "url": str(asked.url), "headers": headers}
        if asked.content:
            request["postData"] = {"mimeType": "application/json", "text": asked.content.decode()}
        content = {"mimeType": "application/json", "text": answer.text}
        self.entries.append({"request": request, "response": {"status": answer.status_code, "content": content}})

    @property
    def archive(self) -> dict[str, Any]:
        return {"log": {"version": "1.2", "creator": {"name": "tests", "version": "1"}, "entries": self.entries}}


def _works(client: httpx.Client, prompts: list[str], names: list[str]) -> None:
    """What a user of the API may do in a morning."""
    for name in names:
        body = {"configurationName": name, "initialStage": "New", "defaultProcess": prompts[len(name) % 2]}
        created = client.post(CONFIGURATIONS, json=body).json()["data"]
        client.get(f"{CONFIGURATIONS}/{created['_id']}")
    client.put(f"{CONFIGURATIONS}/{created['_id']}", json={"status": "inactive"})
    client.post(CONFIGURATIONS, json={**body, "configurationName": names[0].upper()})
    client.post(CONFIGURATIONS, json={**body, "configurationName": "Lost", "defaultProcess": "f" * 24})


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    kept = Recorder()
    with serving(Settings(ROOT)) as url, httpx.Client(base_url=url, timeout=30) as world:
        for name in ("ada", "linus"):
            with signed_in(world, name) as client:
                client.event_hooks = {"response": [kept.note]}
                made = [client.post("/api/prompts/create", json={"name": f"{name} {number}"}) for number in (1, 2)]
                _works(client, [one.json()["prompt"]["_id"] for one in made], ["Spring Sale", "Autumn Fair"])
        yield kept


@pytest.fixture(scope="module")
def discovered(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the bare contract after the command, and what was printed."""
    folder = tmp_path_factory.mktemp("traffic")
    bare = without_annotations(yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8")))
    (folder / "openapi.yaml").write_text(yaml.safe_dump(_silent(bare), sort_keys=False), "utf-8")
    (folder / "traffic.har").write_text(json.dumps(recorder.archive), "utf-8")
    done = CliRunner().invoke(main, ["discover", str(folder), "--from", str(folder / "traffic.har")])
    assert done.exit_code == 0, done.output
    return folder, done.output


def _silent(value: Any) -> Any:
    """The contract without its sentences and defaults: traffic alone shall tell."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if not (isinstance(part, str) and key == "description")}
        return {key: _silent(part) for key, part in kept.items() if key != "default" or isinstance(part, dict)}
    return [_silent(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "rule",
    [
        "owner:lead_management.userId",
        "unique:lead_management.configurationName",
        "references:lead_management.defaultProcess",
        "default:lead_management.source",
        "default:lead_management.forwardToOutreach",
        "readOnly:lead_management.createdAt",
    ],
)
def test_traffic_alone_suggests_what_it_shows(discovered: tuple[Path, str], rule: str) -> None:
    assert rule in read(discovered[0]).rules


def test_a_value_that_two_callers_have_is_unique_among_ones_own(discovered: tuple[Path, str]) -> None:
    rule = read(discovered[0]).rules["unique:lead_management.configurationName"]
    assert str(rule) == "configurationName is unique within userId, ignoring case"


def test_each_suggestion_says_which_exchange_shows_it(discovered: tuple[Path, str]) -> None:
    assert "was refused with 400: a document with its `configurationName` was there" in discovered[1]


def test_the_documents_that_were_there_are_the_seed_of_a_double(discovered: tuple[Path, str]) -> None:
    documents = json.loads((discovered[0] / "mock_data" / "lead_management.json").read_text("utf-8"))
    prompts = json.loads((discovered[0] / "mock_data" / "prompts.json").read_text("utf-8"))
    assert {one["defaultProcess"] for one in documents} <= {one["_id"] for one in prompts}
    with serving(Settings(discovered[0])) as url, httpx.Client(base_url=url, timeout=30) as client:
        client.put("/_specdouble/snapshots/begin").raise_for_status()
        stored = client.get("/_specdouble/snapshots/begin").json()
    assert stored["lead_management"] == documents


def test_no_identifier_or_secret_of_the_traffic_is_in_the_seed(
    recorder: Recorder, discovered: tuple[Path, str]
) -> None:
    seed = "".join(file.read_text("utf-8") for file in (discovered[0] / "mock_data").iterdir())
    ids = {one["data"]["_id"] for one in _answers(recorder) if "data" in one}
    tokens = {field["value"] for entry in recorder.entries for field in entry["request"]["headers"]}
    assert ids
    assert not [one for one in ids if one in seed]
    owners = {one["data"]["userId"] for one in _answers(recorder) if "userId" in one.get("data", ())}
    assert owners
    assert not [one for one in owners if one in seed]
    assert not [one for one in tokens if len(one) > 40 and one in seed]


def _of_browser(plain: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same exchanges as a browser saves them, among all that a page asks for beside."""
    saved: list[dict[str, Any]] = [_blocked(plain[0]), _elsewhere("/prompts", "<!doctype html>", "text/html")]
    for number, one in enumerate(plain):
        told = copy.deepcopy(one)
        token = next(field for field in told["request"]["headers"] if field["name"].lower() == "authorization")
        path = urlsplit(told["request"]["url"]).path
        told["request"]["headers"] = [
            {"name": ":authority", "value": "api.example"},
            {"name": ":path", "value": path},
            {"name": "cookie", "value": f"_ga=GA1.{number}; session={token['value'].split()[-1]}; csrf_token={number}"},
        ]
        told["request"].setdefault("postData", None)
        text = told["response"]["content"]["text"].encode()
        told["response"]["content"] |= {"text": base64.b64encode(text).decode(), "encoding": "base64", "size": None}
        told |= {"_initiator": {"type": "script"}, "_priority": "High", "time": None, "timings": {"send": None}}
        preflight = copy.deepcopy(one)
        preflight["request"] = {"method": "OPTIONS", "url": one["request"]["url"], "postData": None}
        preflight["response"] = {"status": 204, "content": {"text": None}}
        saved += [preflight, told, _elsewhere("/collect"), _elsewhere("/upload")]
        if told["request"]["method"] == "GET":
            stale = {**told, "_fromCache": "disk"}
            unchanged = {**told, "response": {"status": 304, "content": {"size": 0, "mimeType": "x-unknown"}}}
            saved.append(unchanged)
    read = next(one for one in plain if one["request"]["method"] == "GET")
    path, text = urlsplit(read["request"]["url"]).path, read["response"]["content"]["text"]
    return [*saved, stale, _elsewhere(path, text.replace("Spring Sale", "Elsewhere"))]


def _blocked(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "response": {"status": 0, "content": {"mimeType": None}}, "_error": "net::ERR_BLOCKED_BY_CLIENT"}


def _elsewhere(path: str, text: str = "", kind: str = "application/json") -> dict[str, Any]:
    """What the page asks of another server; a form with a file where it reads nothing."""
    file = {"name": "file", "fileName": "a.txt", "contentType": "text/plain"}
    request: dict[str, Any] = {"method": "GET" if text else "POST", "url": f"https://other.example{path}"}
    if not text:
        request["postData"] = {"mimeType": "multipart/form-data; boundary=x", "params": [file]}
    return {"request": request, "response": {"status": 200, "content": {"mimeType": kind, "text": text}}}


def _without_places(rules: Mapping[str, Rule]) -> dict[str, str]:
    return {name: str(rule) for name, rule in rules.items()}


def test_what_a_browser_saves_suggests_what_the_exchanges_with_the_server_do(
    recorder: Recorder, discovered: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "openapi.yaml").write_bytes((discovered[0] / "openapi.yaml").read_bytes())
    archive = {"log": {"version": "1.2", "pages": [], "entries": _of_browser(recorder.entries)}}
    (tmp_path / "browser.har").write_text(json.dumps(archive), "utf-8")
    done = CliRunner().invoke(main, ["discover", str(tmp_path), "--from", str(tmp_path / "browser.har")])
    assert done.exit_code == 0, done.output
    unchanged = [one for one in recorder.entries if one["request"]["method"] == "GET"]
    assert f"\n{len(recorder.entries) + len(unchanged)} exchanges of " in done.output
    assert _without_places(read(tmp_path).rules) == _without_places(read(discovered[0]).rules)
    seed = "".join(file.read_text("utf-8") for file in sorted((tmp_path / "mock_data").iterdir()))
    assert "Elsewhere" not in seed
    assert seed.count('"inactive"') == len(["ada", "linus"])  # what was read from a cache is how it was before


def _answers(recorder: Recorder) -> list[dict[str, Any]]:
    return [json.loads(entry["response"]["content"]["text"]) for entry in recorder.entries]


def test_documents_that_were_there_already_are_kept(discovered: tuple[Path, str]) -> None:
    folder = discovered[0]
    (folder / "mock_data" / "prompts.json").write_text("[]", "utf-8")
    again = CliRunner().invoke(main, ["discover", str(folder), "--from", str(folder / "traffic.har")])
    assert "prompts.json, which was there already" in again.output
    assert (folder / "mock_data" / "prompts.json").read_text("utf-8") == "[]"


def test_a_log_may_have_one_entry_on_each_line(tmp_path: Path, recorder: Recorder) -> None:
    file = tmp_path / "proxy.jsonl"
    file.write_text("\n".join(map(json.dumps, recorder.entries)), "utf-8")
    assert len(entries(file)) == len(recorder.entries)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is no HTTP Archive"),
        ('{"log": {"entries": [{"request": {"method": 1}}]}}', "$.log.entries[0].request.method"),
        ('{"request": {"method": "GET", "url": "/"}, "response": {"status": 200}}\n{"a": 1}', "the line is no entry"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_the_place(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "traffic.har"
    file.write_text(content, "utf-8")
    with pytest.raises(ContractError) as refused:
        entries(file)
    assert reason in refused.value.findings[0].reason


def test_a_pseudonym_is_the_same_wherever_the_same_stood() -> None:
    pseudonyms = Pseudonyms(["64ee9a8b1e7f2a0011223344"])
    told = pseudonyms.of(
        {
            "_id": "64ee9a8b1e7f2a0011223344",
            "link": "/things/64ee9a8b1e7f2a0011223344",
            "mail": "Jo.Doe@corp.io",
            "note": "ask jo.doe@corp.io",
            "remark": "or call +44 20 7946 0958, not 2026-11-29",
            "apiKey": "k-123",
        }
    )
    assert told["link"] == f"/things/{told['_id']}"
    assert told["note"] == f"ask {told['mail']}"
    assert "7946" not in told["remark"]
    assert told["remark"].endswith(", not 2026-11-29")
    assert not {"64ee9a8b1e7f2a0011223344", "Jo.Doe@corp.io", "k-123"} & set(told.values())


def test_a_value_that_two_documents_have_side_by_side_is_not_unique_whatever_was_refused(tmp_path: Path) -> None:
    shown = {"userId": "u", "plate": "AB 1", "days": 1, "rate": 100, "begins": "2026-05-01T09:00:00Z"}
    hires = [{"id": f"hire-{number}", **shown} for number in range(2)]
    passed = [("GET", "/hires", None, 200, hires), ("PATCH", "/hires/hire-1", {"plate": "AB 1"}, 409, {"detail": "no"})]
    entries = [
        {
            "request": {"method": method, "url": f"http://hire.example{path}", "headers": [],
                        **({"postData": {"mimeType": "application/json", "text": json.dumps(body)}} if body else {})},
            "response": {"status": status, "content": {"mimeType": "application/json", "text": json.dumps(answer)}},
        }
        for method, path, body, status, answer in passed
    ]  # fmt: skip
    (tmp_path / "openapi.json").write_text(json.dumps(CONTRACT), "utf-8")
    archive = tmp_path / "traffic.har"
    archive.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    done = CliRunner().invoke(main, ["discover", str(tmp_path), "--from", str(archive)])
    assert done.exit_code == 0, done.output
    assert "unique:hires.plate" not in done.output
    assert CliRunner().invoke(main, ["lint", str(tmp_path), "--select", "mock-data"]).exit_code == 0
