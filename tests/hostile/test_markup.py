"""Markup in contracts, documents and requests: no page that shows them runs any of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving
from tests.hostile.markup import ALL, NAME, TEXTS, USERS, contract
from tests.test_cli import run

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import Error, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
VIEWS = ["requests", "operations", "documents", "users", "state", "coverage"]
AUTH = "/_specdouble/auth"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except Error:
            pytest.skip("there is no browser: `make browser` installs one")
        page = browser.new_page()
        page.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        yield page
        browser.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("markup")
    (folder / "openapi.json").write_text(json.dumps(contract()))
    (folder / "mock_data").mkdir()
    (folder / "mock_data" / "users.json").write_text(json.dumps(USERS))
    return folder


@pytest.fixture(scope="module")
def url(project: Path) -> Iterator[str]:
    """A double that has answered requests full of markup."""
    with serving(Settings(project, seed=1)) as url, httpx.Client(base_url=url, timeout=60) as client:
        for text in TEXTS:
            client.post("/things", json={"name": text, NAME: TEXTS[0]}, headers={"X-Specdouble-World": quote(text)})
            client.post("/things", json={"name": text}).raise_for_status()
            client.post("/things", json={"name": text, text: text})
            client.get(f"/things/{quote(text, safe='')}", params={text: text})
            client.put(f"/_specdouble/snapshots/{quote(text, safe='')}", json={"things": [{"id": text, "name": text}]})
        client.put("/_specdouble/faults", json=[{"operation": text, "times": 1} for text in TEXTS[:3]])
        yield url


def assert_nothing_ran(page: Page) -> None:
    """No script of the markup has run, and none of it has become an element."""
    page.evaluate("""() => document.querySelectorAll("a[href^='javascript']").forEach((link) => link.click())""")
    assert page.evaluate("window.broken") is None
    assert page.locator("[data-broken], a[href^='javascript']").count() == 0


@pytest.mark.parametrize("view", VIEWS)
def test_the_console_shows_markup_as_text(page: Page, url: str, view: str) -> None:
    page.goto(f"{url}/_specdouble/#/{view}")
    page.reload()
    expect(page.locator(f".view-{view} h1")).to_be_visible()
    page.wait_for_load_state("load")
    assert ALL in page.locator(".contract-title").inner_text()
    for opened in page.locator("main a, main summary").all()[:6]:
        opened.click()
        assert_nothing_ran(page)


def test_the_page_of_documentation_runs_no_markup(page: Page, url: str) -> None:
    page.goto(f"{url}/_specdouble/docs")
    expect(page.locator(".opblock-summary-control")).to_have_count(3)
    for pressed in (".opblock-summary-control", ".opblock-body button", ".model-box-control"):
        page.evaluate("(pressed) => document.querySelectorAll(pressed).forEach((one) => one.click())", pressed)
    expect(page.locator(".opblock-body").first).to_be_visible()
    # It shows Markdown, and so some elements: none that does anything.
    page.evaluate("""() => document.querySelectorAll("a[href^='javascript']").forEach((link) => link.click())""")
    assert page.evaluate("window.broken") is None
    assert page.locator("[onerror], [onload], iframe").count() == 0


_FLOW = {
    "response_type": "code", "client_id": ALL, "redirect_uri": "http://localhost:1/", "scope": f"openid {NAME}",
    "state": ALL, "login_hint": ALL, "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbUJsStw_cM8",
    "code_challenge_method": "S256",
}  # fmt: skip
PAGES = {
    "sign-in": f"{AUTH}/authorize?{urlencode(_FLOW)}",
    "a wrong address": f"{AUTH}/authorize?{urlencode({**_FLOW, 'redirect_uri': ALL})}",
    "a script as address": f"{AUTH}/authorize?{urlencode({**_FLOW, 'redirect_uri': 'javascript:window.broken=1'})}",
    "an unknown flow": f"{AUTH}/authorize?{urlencode({**_FLOW, 'response_type': ALL, 'redirect_uri': ''})}",
    "device": f"{AUTH}/device?{urlencode({'user_code': ALL})}",
    "session": f"{AUTH}/session?{urlencode({'redirect_uri': 'http://localhost:1/' + quote(ALL)})}",
    "sign-out": f"{AUTH}/logout?{urlencode({'post_logout_redirect_uri': ALL, 'state': ALL, 'id_token_hint': ALL})}",
    "the journal": "/_specdouble/journal",
    "an unknown path": f"/_specdouble/{quote(ALL, safe='')}",
    "a thing": "/things/" + quote(TEXTS[0], safe=""),
    "the contract": "/openapi.json",
}


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_pages_and_answers_run_no_markup(page: Page, url: str, address: str) -> None:
    page.goto(url + address)
    assert_nothing_ran(page)


def test_the_users_of_a_sign_in_are_shown_as_text(page: Page, url: str) -> None:
    page.goto(url + PAGES["sign-in"])
    shown = page.locator("form").inner_text()
    assert all(text in shown for text in TEXTS)


@pytest.mark.parametrize("command", ["verify", "discover"])
def test_a_page_of_a_report_shows_markup_as_text(page: Page, url: str, project: Path, command: str) -> None:
    report = project.parent / f"{command}.html"
    options = [] if command == "discover" else ["--max-examples", "2"]
    run(command, str(project), "--url", url, "--yes", "--report", f"html={report}", "--max-time", "60", *options)
    page.goto(report.as_uri())
    assert TEXTS[0] in page.locator("body").inner_text()
    for opened in page.locator("summary").all()[:20]:
        opened.click()
    assert_nothing_ran(page)
