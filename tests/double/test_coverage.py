"""What clients have provoked of a contract, and what never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.double.state.coverage import Coverage
from tests.double.test_decisions import PATH, UNIQUE, configuration

ROOT = Path(__file__).parent.parent.parent
LINE = next(
    n for n, text in enumerate((ROOT / "openapi.yaml").read_text("utf-8").split("\n"), 1) if "[userId], ignore" in text
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A signed-in client of a double that nobody else asks."""
    with serving(Settings(ROOT)) as url, httpx.Client(base_url=url) as client:
        credentials = client.get("/_specdouble/credentials/ada@tether.example").json()
        client.headers.update(credentials["headers"])
        yield client


def told(client: httpx.Client) -> dict[str, Any]:
    report: dict[str, Any] = client.get("/_specdouble/coverage").json()
    return report


def test_a_taken_name_is_missed_until_somebody_takes_one(client: httpx.Client) -> None:
    client.delete("/_specdouble/coverage")
    client.post(PATH, json=configuration())
    before = told(client)
    assert UNIQUE in before["never"]["refusals"]
    assert f"POST {PATH} 400" in before["never"]["statuses"]
    client.post(PATH, json=configuration())
    after = told(client)
    assert UNIQUE not in after["never"]["refusals"]
    seen = next(rule for rule in after["rules"] if rule["id"] == UNIQUE)
    assert (seen["refused"], seen["kept"], seen["line"]) == (1, 1, LINE)
    assert after["summary"]["operations"] == {"seen": 1, "of": before["summary"]["operations"]["of"]}


def test_a_reset_of_the_state_forgets_no_coverage(client: httpx.Client) -> None:
    client.post(PATH, json=configuration("kept over a reset"))
    client.post("/_specdouble/reset")
    assert f"POST {PATH}" not in told(client)["never"]["operations"]
    client.delete("/_specdouble/coverage")
    assert f"POST {PATH}" in told(client)["never"]["operations"]


def test_lcov_has_the_lines_of_the_contract(client: httpx.Client) -> None:
    client.delete("/_specdouble/coverage")
    client.post(PATH, json=configuration("lines"))
    client.post(PATH, json=configuration("lines"))
    lines = client.get("/_specdouble/coverage?format=lcov").text.split("\n")
    assert lines[1] == f"SF:{ROOT / 'openapi.yaml'}"
    assert {f"DA:{LINE},2", f"BRDA:{LINE},0,0,1", f"BRDA:{LINE},0,1,1", f"FNDA:2,POST {PATH}"} <= set(lines)


def test_what_a_handler_names_anew_each_time_takes_no_memory() -> None:
    coverage = Coverage()
    for number in range(30_000):
        coverage.count("post", 400, f"rule {number}", None)
    assert len(coverage._counts) == 20_000
