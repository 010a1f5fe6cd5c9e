"""The page in a real browser: it loads nothing, complains of nothing, runs nothing of a server's, fits a telephone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from specdouble.contract import Contract
from specdouble.verify.report.page import page
from specdouble.verify.report.writing import masked_verdict
from specdouble.verify.verification import Show, run
from tests.backend import Backend
from tests.verify.conftest import settings

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
RULE = "unique:lead_management.configurationName"
HOSTILE = "</pre></script><script>window.ran = true</script><img src=//evil.example/x onerror='window.ran = true'>"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="Chromium or its driver is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    assert CHROMIUM is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking", "no-first-run"):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(contract: Contract, running: Backend, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run that found a fault, with hostile text wherever a server or a contract may bring it in."""
    running.switch(["name_case_matters"])
    found = masked_verdict(
        run(contract, settings(running.url, phases=("rules",), rules=(RULE, "read_your_writes")), Show())
    )
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(_with_hostile_texts(found)), encoding="utf-8")
    return file.as_uri()


def _with_hostile_texts(found: dict[str, Any]) -> dict[str, Any]:
    found["contract"] = HOSTILE
    found["notes"] = found["left"] = found["lacking"] = [HOSTILE]
    for failure in found["failures"]:
        failure["seen"] = failure["case"] = HOSTILE
        for exchange in failure["exchanges"]:
            exchange["url"] += f"?q={HOSTILE}"
            exchange["body"] = exchange["headers"][HOSTILE] = json.dumps({HOSTILE: HOSTILE})
        failure["places"][0]["source"][0]["text"] = HOSTILE
    return found


def _open(browser: webdriver.Chrome, address: str, width: int = 1280) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(address)


def _requested(browser: webdriver.Chrome) -> set[str]:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]  # type: ignore[no-untyped-call]
    sent = [one["params"] for one in events if one["method"] == "Network.requestWillBeSent"]
    return {one["request"]["url"] for one in sent}


def test_it_asks_for_nothing_complains_of_nothing_and_runs_nothing_of_a_servers(
    browser: webdriver.Chrome, address: str
) -> None:
    browser.get_log("performance")  # type: ignore[no-untyped-call]
    _open(browser, address)
    assert _requested(browser) == {address}
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    assert browser.execute_script("return [window.ran ?? null, document.images.length]") == [None, 0]
    assert HOSTILE in browser.execute_script("return document.querySelector('h1').textContent")


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_is_wider_than_the_screen(browser: webdriver.Chrome, address: str, width: int) -> None:
    _open(browser, address, width)
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_keyboard_alone_shows_what_is_broken_and_copies_the_script(browser: webdriver.Chrome, address: str) -> None:
    _open(browser, address)
    browser.execute_script("document.querySelector('[data-state=broken]').focus()")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    shown = browser.execute_script(
        "return [...document.querySelectorAll('.rule')].filter((one) => !one.hidden).map((one) => one.dataset.state)"
    )
    assert shown == ["broken"]
    browser.execute_script("document.querySelector('[data-copy]').focus()")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    said = "return document.querySelector('[data-copy]').textContent"
    assert browser.execute_script(said) in ("Copied", "Selected")
    assert browser.execute_script("return document.querySelector('.copied pre').textContent").startswith("URL=")


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(15, 19, 24)")])
def test_it_is_light_or_dark_as_the_reader_has_it(
    browser: webdriver.Chrome, address: str, scheme: str, paper: str
) -> None:
    wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)
    _open(browser, address)
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == paper
