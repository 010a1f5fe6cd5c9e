"""The journal tells what decided each answer, has it awaited, sends it again, and hands it out in other forms."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.double.state.journal import BYTES, Journal
from specdouble.double.state.masking import MASK
from tests.double.test_journal import CONTRACT, MASKING, record

UNIQUE = "unique:lead_management.configurationName"
REFERENCES = "references:lead_management.defaultProcess"
PATH = "/api/lead-management"


def configuration(name: str = "Fair", **more: Any) -> dict[str, Any]:
    return {"configurationName": name, "initialStage": "New", "defaultProcess": "64eea1110000000000000001", **more}


def world_of(client: httpx.Client) -> str:
    return client.headers["X-Specdouble-World"]


def told(client: httpx.Client, **wanted: Any) -> dict[str, Any]:
    """The whole story of the last exchange of the client's world."""
    found = client.get("/_specdouble/journal", params={"world": world_of(client), "limit": 1, **wanted}).json()
    story: dict[str, Any] = client.get(f"/_specdouble/journal/{found[0]['number']}").json()
    return story


def verdicts(story: dict[str, Any]) -> dict[str, str]:
    return {decision["rule"]: decision["verdict"] for decision in story["decisions"]}


def test_a_success_tells_who_asked_what_was_written_and_which_rules_were_kept(ada: httpx.Client) -> None:
    ada.post(PATH, json=configuration()).raise_for_status()
    story = told(ada)
    assert (story["caller"], story["answered"]["by"]) == ("ada@tether.example", "handler")
    assert (verdicts(story)[UNIQUE], verdicts(story)[REFERENCES]) == ("kept", "kept")
    write = story["writes"][0]
    assert (write["before"], write["after"]["configurationName"], write["refused"]) == (None, "Fair", False)
    assert not [name for name in write["after"] if name.startswith("_specdouble")]


def test_a_404_that_hides_anothers_document_says_so_to_who_watches_and_not_in_the_answer(
    ada: httpx.Client, linus: httpx.Client
) -> None:
    made = ada.post(PATH, json=configuration()).json()["data"]
    answer = linus.get(f"{PATH}/{made['_id']}")
    other = linus.get(f"{PATH}/{'0' * 24}")
    assert (answer.status_code, answer.json()) == (404, other.json())
    assert [one for one in told(linus)["decisions"] if one["verdict"] == "refused"] == []
    story = told(linus, status=404, limit=2)
    story = linus.get(f"/_specdouble/journal/{story['number'] - 1}").json()
    refused = story["decisions"][0]
    assert (refused["verdict"], refused["document"], refused["in_the_way"]) == ("refused", made["_id"], made)
    assert refused["rule"] in ("owner:lead_management.userId", "tenant:lead_management.organizationId")
    assert "for the caller it does not exist" in refused["message"]
    summary = linus.get("/_specdouble/journal", params={"world": world_of(linus), "status": 404, "format": "summary"})
    assert [one.get("hidden", {}).get("document") for one in summary.json()] == [None, made["_id"]]


def test_a_refusal_tells_the_rule_its_line_and_the_document_in_the_way(ada: httpx.Client) -> None:
    held = ada.post(PATH, json=configuration()).json()["data"]
    ada.post(PATH, json=configuration())
    story = told(ada)
    refused = story["decisions"][0]
    assert (refused["rule"], refused["verdict"], refused["in_the_way"]) == (UNIQUE, "refused", held)
    assert verdicts(story)[REFERENCES] == "kept"
    assert "x-unique" in story["contract"][0]["text"].split("\n")[refused["line"] - story["contract"][0]["first"]]
    assert story["writes"][0]["refused"]


def test_a_change_tells_the_document_before_and_after(ada: httpx.Client) -> None:
    made = ada.post(PATH, json=configuration()).json()["data"]
    ada.put(f"{PATH}/{made['_id']}", json={"costPerLead": 7}).raise_for_status()
    write = told(ada)["writes"][0]
    assert (write["before"]["costPerLead"], write["after"]["costPerLead"]) == (0, 7)
    assert write["before"]["_id"] == made["_id"]


def test_what_is_wrong_with_a_request_is_shown_where_the_contract_says_it_and_no_rule_was_asked(
    ada: httpx.Client,
) -> None:
    ada.post(PATH, json=configuration(costPerLead="much"))
    story = told(ada)
    assert set(verdicts(story).values()) == {"not asked"}
    shown = [one for one in story["contract"] if one["about"] == "property"]
    assert [one["name"] for one in shown] == ["/costPerLead"]
    assert "costPerLead:" in shown[0]["text"]


def test_an_unknown_property_is_told_with_the_name_that_is_near(ada: httpx.Client) -> None:
    ada.post(f"{PATH}?verbose=1", json=configuration(costPerLaed=3)).raise_for_status()
    found = [(one["location"], one["pointer"], one["near"]) for one in told(ada)["ignored"]]
    assert found == [("query", "/verbose", None), ("body", "/costPerLaed", "costPerLead")]


def test_a_document_that_is_written_shows_no_credential(tmp_path: Path) -> None:
    handler = "from specdouble.double import collection\n\n\n"
    handler += "def login(body):\n    collection('logins').insert_one(body)\n    return {}\n"
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "auth.py").write_text(handler, "utf-8")
    with serving(Settings(tmp_path)) as url:
        httpx.post(f"{url}/login", json={"password": "hunter-22", "name": "a"}).raise_for_status()
        written = httpx.get(f"{url}/_specdouble/journal/0").json()["writes"][0]
    assert (written["after"]["name"], written["after"]["password"]) == ("a", MASK)


def test_documents_count_in_the_bound_of_bytes() -> None:
    journal = Journal()
    document = {"_id": "1", "text": "x" * 20_000}
    for _ in range(1000):
        record(journal, writes=[("things", document, document, 40_000, False)])
    assert len(journal.shown(MASKING)) == BYTES // 40_000 - (BYTES % 40_000 < 13)
    record(journal, writes=[("things", document, document, 1_000_000, False)] * 3)
    entry = journal.of(journal.recorded - 1)
    assert entry is not None
    assert entry.writes == [("things", None, None, 3_000_000, False)]


def test_who_waits_is_answered_once_the_exchange_is_there(url: str, ada: httpx.Client) -> None:
    def ask() -> None:
        time.sleep(0.2)
        ada.post(PATH, json=configuration("awaited"))

    thread = threading.Thread(target=ask)
    thread.start()
    wanted = {"world": world_of(ada), "operation": "post_lead_management", "wait": "10"}
    found = httpx.get(f"{url}/_specdouble/journal", params=wanted, timeout=20).json()
    thread.join()
    assert [one["status"] for one in found] == [201]
    assert httpx.get(f"{url}/_specdouble/journal/count", params={**wanted, "rule": UNIQUE, "wait": "0"}).json() == {
        "count": 0
    }


def test_a_request_is_sent_again_as_another_user(ada: httpx.Client) -> None:
    ada.post(PATH, json=configuration()).raise_for_status()
    number = told(ada)["number"]
    again = ada.post(f"/_specdouble/journal/{number}/again", json={"as": "alan@tether.example"}).json()
    story = ada.get(f"/_specdouble/journal/{again['number']}").json()
    # The name is Ada's alone, and so is the process.
    assert (again["status"], verdicts(story)[REFERENCES], verdicts(story)[UNIQUE]) == (400, "refused", "kept")
    assert (story["caller"], story["world"]) == ("alan@tether.example", world_of(ada))
    as_before = ada.post(f"/_specdouble/journal/{number}/again").json()
    assert (as_before["status"], as_before["headers"]["x-specdouble-rule"]) == (400, UNIQUE)


def test_curl_lines_of_the_journal_do_the_same_again(url: str, ada: httpx.Client) -> None:
    ada.post(PATH, json=configuration("it's $HOME")).raise_for_status()
    number = told(ada)["number"]
    line = httpx.get(f"{url}/_specdouble/journal/{number}", params={"format": "curl"}).text
    answer = json.loads(subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout)
    assert answer["rule"] == UNIQUE


def test_a_test_of_the_journal_passes_and_fails_as_the_exchange_did(url: str, ada: httpx.Client) -> None:
    from specdouble.testing import DoubleClient

    ada.post(PATH, json=configuration("Fair 2"))
    written = ada.get(f"/_specdouble/journal/{told(ada)['number']}", params={"format": "pytest"}).text
    names: dict[str, Any] = {}
    exec(written, names)  # noqa: S102
    test = next(value for name, value in names.items() if name.startswith("test_"))
    client = DoubleClient(url)
    with client.world() as fresh:
        test(fresh)
        with pytest.raises(AssertionError):
            test(fresh)
    client.close()


def test_the_journal_is_an_http_archive(ada: httpx.Client) -> None:
    ada.post(PATH, json=configuration())
    wanted = {"world": world_of(ada), "format": "har"}
    archive = ada.get("/_specdouble/journal", params=wanted).json()["log"]
    last = archive["entries"][-1]
    assert (archive["version"], last["request"]["method"], last["response"]["status"]) == ("1.2", "POST", 201)
    assert "ada-password" not in json.dumps(archive)


@pytest.mark.parametrize(
    "query", ["since=x", "wait=-1", "format=xml", "limit=1e3", "colour=red"], ids=lambda query: query.split("=")[0]
)
def test_a_search_that_means_nothing_is_refused(url: str, query: str) -> None:
    assert httpx.get(f"{url}/_specdouble/journal?{query}").status_code == 400
