"""The console in a real browser: all that it shows and does, at the width of a desk and of a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM, NPM = shutil.which("chromium"), shutil.which("npm")
PATH = "/api/lead-management"
UNIQUE = "unique:lead_management.configurationName"
ADA, GRACE = "ada@tether.example", "grace@tether.example"
HOSTILE = "<img src=x onerror=\"document.title='broken into'\"><script>document.title='broken into'</script>"
SIZES = {"desk": (1360, 860), "phone": (360, 780)}
VIEWS = ["requests", "operations", "documents", "users", "state", "coverage"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except Error:
            pytest.skip("there is no browser: `make browser` installs one")
        yield browser
        browser.close()


@pytest.fixture
def url() -> Iterator[str]:
    """A double of the root project, in its own state."""
    with serving(Settings(ROOT, seed=7)) as url:
        yield url


@pytest.fixture
def ada(url: str) -> Iterator[httpx.Client]:
    """A signed-in client of the double, which a page watches."""
    headers = httpx.get(f"{url}/_specdouble/credentials/{ADA}").json()["headers"]
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(params=SIZES)
def context(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A browser of that size, which complains of nothing and asks nobody else."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, permissions=["clipboard-read", "clipboard-write"]
    )
    complaints: list[str] = []
    context.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    asked: list[str] = []
    context.on("request", lambda one: asked.append(one.url))
    context.set_default_timeout(20_000)
    yield context
    context.close()
    assert [told for told in complaints if "status of 4" not in told] == []  # refusals are part of the play
    elsewhere = {
        one for one in asked if urlsplit(one).netloc != urlsplit(url).netloc and not one.startswith(("data:", "blob:"))
    }
    assert elsewhere == set()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/")
    expect(page.locator(".live")).to_have_text("Live")
    return page


def configuration(name: str = "Fair", **more: Any) -> dict[str, Any]:
    return {"configurationName": name, "initialStage": "New", "defaultProcess": "64eea1110000000000000001", **more}


def visit(page: Page, view: str) -> None:
    page.locator(f'nav a[data-view="{view}"]').click()
    expect(page.locator(f".view-{view} h1")).to_be_visible()


def test_requests_appear_as_they_come_and_are_searched(page: Page, ada: httpx.Client) -> None:
    expect(page.get_by_text("No request yet")).to_be_visible()
    ada.post(PATH, json=configuration())
    ada.post(PATH, json=configuration())
    expect(page.locator(".exchange")).to_have_count(2)
    page.get_by_role("searchbox").fill("unique taken")
    expect(page.locator(".exchange")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="2xx").click()
    expect(page.locator(".exchange .status")).to_have_text(["201"])
    expect(page.get_by_role("img", name="2 requests in the last 5 minutes")).to_be_visible()


def test_a_refusal_opens_the_line_that_decided_and_is_sent_again_as_another(page: Page, ada: httpx.Client) -> None:
    ada.post(PATH, json=configuration())
    ada.post(PATH, json=configuration(costPerLaed=3))
    page.locator(".exchange", has_text=UNIQUE).click()
    detail = page.locator(".detail")
    expect(detail.locator(".line.is-decisive").first).to_contain_text("x-unique: {within: [userId]")
    expect(detail.get_by_text("configurationName is already taken").first).to_be_visible()
    expect(detail.locator(".ignored")).to_contain_text("is costPerLead meant?")
    detail.get_by_text("The document in the way").click()
    expect(detail.locator("details .code")).to_contain_text('"configurationName": "Fair"')
    detail.get_by_label("Send again as").select_option("alan@tether.example")
    detail.get_by_role("button", name="Send again as").click()
    expect(detail.locator(".facts")).to_contain_text("as alan@tether.example")
    expect(detail.locator(".decision.is-refused")).to_contain_text("defaultProcess is the id of a document")


def test_a_change_shows_the_document_before_and_after(page: Page, ada: httpx.Client) -> None:
    made = ada.post(PATH, json=configuration()).json()["data"]["_id"]
    ada.put(f"{PATH}/{made}", json={"costPerLead": 7})
    page.locator(".exchange", has_text="PUT").click()
    row = page.locator(".change tr", has_text="costPerLead")
    expect(row.locator(".before")).to_have_text("0")
    expect(row.locator(".after")).to_have_text("7")


def test_a_request_is_copied_as_curl_and_as_a_test(page: Page, ada: httpx.Client) -> None:
    ada.post(PATH, json=configuration())
    page.locator(".exchange").click()
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("status").last).to_have_text("Copied a curl command")
    line = page.evaluate("navigator.clipboard.readText()")
    answered = subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout
    assert json.loads(answered)["rule"] == UNIQUE
    page.get_by_role("button", name="Copy as pytest").click()
    expect(page.get_by_role("status").last).to_have_text("Copied a test for pytest")
    assert page.evaluate("navigator.clipboard.readText()").startswith("def test_post_lead_management")


def test_a_form_is_filled_from_the_example_and_sent_as_any_user(page: Page) -> None:
    visit(page, "operations")
    page.get_by_role("searchbox").fill("create a configuration")
    page.locator(".operation").click()
    detail = page.locator(".detail")
    expect(detail.locator(".decisions")).to_contain_text("configurationName is unique within userId")
    expect(detail.get_by_label("body")).to_have_value(re.compile("Autumn Webinar"))
    detail.get_by_role("radio", name=ADA).click()
    detail.get_by_role("button", name="Send", exact=True).click()
    expect(detail.locator(".answer .status")).to_have_text("201")
    detail.get_by_role("button", name="Send", exact=True).click()
    expect(detail.locator(".answer .status")).to_have_text("400")
    detail.get_by_text("See what decided").click()
    expect(page.locator(".detail .refusal")).to_contain_text(UNIQUE)


def test_documents_are_edited_under_the_rules(page: Page, url: str) -> None:
    visit(page, "documents")
    page.get_by_role("link", name="prompts").click()
    expect(page.locator(".chip[aria-current]")).to_contain_text("prompts")
    expect(page.get_by_role("group", name="Documents of prompts")).to_be_visible()
    row = page.locator("tbody tr").first
    row.get_by_role("button", name="Edit").click()
    editor = page.get_by_label("The document as JSON")
    document = json.loads(editor.input_value())
    editor.fill(json.dumps({**document, "name": 7}))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text('7 is not of type "string"')
    editor.fill(json.dumps({**document, "name": "Renamed in the console"}))
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tbody")).to_contain_text("Renamed in the console")
    visit(page, "documents")
    page.get_by_role("link", name="lead_management").click()
    expect(page.get_by_role("group", name="Documents of lead_management")).to_be_visible()
    first = page.locator("tbody tr").first.locator("td").nth(3).inner_text()
    page.locator("tbody tr").nth(1).get_by_role("button", name="Edit").click()
    document = json.loads(editor.input_value())
    editor.fill(json.dumps({**document, "configurationName": first}))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text(UNIQUE)
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("tbody")).not_to_contain_text(document["_id"])


def test_users_give_what_makes_a_request_theirs(page: Page, url: str) -> None:
    visit(page, "users")
    row = page.locator("tbody tr", has_text=GRACE)
    expect(row).to_contain_text("DEPARTMENT_HEAD")
    row.get_by_role("button", name="Copy credentials").click()
    expect(page.get_by_role("status").last).to_contain_text("Copied")
    name, value = page.evaluate("navigator.clipboard.readText()").split("\n")[0].split(": ")
    assert httpx.get(f"{url}/api/auth/verify-token", headers={name: value}).status_code == 200
    row.get_by_role("button", name="Use in forms").click()
    visit(page, "operations")
    page.locator(".operation").first.click()
    expect(page.get_by_role("radio", name=GRACE)).to_be_checked()


def card(page: Page, name: str) -> Any:
    return page.locator(".card").filter(has=page.get_by_role("heading", name=name))


def test_worlds_and_snapshots_are_begun_taken_compared_and_restored(page: Page, ada: httpx.Client, url: str) -> None:
    visit(page, "state")
    card(page, "Worlds").get_by_label("Name of a world").fill("mine")
    card(page, "Worlds").get_by_role("button", name="Begin a world").click()
    expect(page.get_by_label("World", exact=True)).to_have_value("mine")
    snapshots = card(page, "Snapshots")
    snapshots.get_by_label("Name of a snapshot").fill("before")
    snapshots.get_by_role("button", name="Take").click()
    expect(snapshots.locator(".item-name")).to_have_text("before")
    ada.post(PATH, json=configuration(), headers={"X-Specdouble-World": "mine"}).raise_for_status()
    snapshots.get_by_role("button", name="Compare").click()
    expect(snapshots.locator(".changes")).to_contain_text("lead_management: 1 added")
    with page.expect_download() as download:
        snapshots.get_by_role("button", name="Export").click()
    assert "lead_management" in json.loads(download.value.path().read_text("utf-8"))
    snapshots.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("status").last).to_have_text("mine is as before was")
    assert httpx.get(f"{url}/_specdouble/snapshots/before/diff", headers={"X-Specdouble-World": "mine"}).json() == {}
    snapshots.get_by_label("A snapshot's file").set_input_files(download.value.path())
    expect(page.get_by_role("status").last).to_have_text("give the snapshot a name")
    card(page, "Worlds").locator("li", has_text="mine").get_by_role("button", name="Forget").click()
    expect(card(page, "Worlds").locator(".item-name")).to_have_text(["default"])


def test_the_clock_is_stopped_and_moved_and_faults_are_added_and_removed(page: Page, url: str) -> None:
    visit(page, "state")
    clock = card(page, "Clock")
    clock.get_by_role("button", name="Stand still").click()
    expect(clock).to_contain_text("time stands still")
    before = httpx.get(f"{url}/_specdouble/clock").json()["now"]
    clock.get_by_role("button", name="+1 day").click()
    expect(page.get_by_role("status").last).to_have_text("Time is +1 day on")
    assert httpx.get(f"{url}/_specdouble/clock").json()["now"][:10] > before[:10]
    clock.get_by_role("button", name="The machine's").click()
    expect(clock).to_contain_text("time runs")
    faults = card(page, "Faults")
    faults.get_by_label("Operation").select_option("GET /api/prompts/user")
    faults.get_by_role("button", name="Add the fault").click()
    expect(faults.locator(".item-name")).to_contain_text("status 503")
    assert httpx.get(f"{url}/api/prompts/user").status_code == 503
    faults.get_by_role("button", name="Remove", exact=True).click()
    expect(faults).to_contain_text("Nothing goes wrong on purpose.")
    assert httpx.get(f"{url}/api/prompts/user").status_code == 401


def test_coverage_says_what_was_never_seen_and_follows(page: Page, ada: httpx.Client) -> None:
    visit(page, "coverage")
    never = card(page, "Never seen")
    expect(never).to_contain_text(UNIQUE)
    ada.post(PATH, json=configuration())
    ada.post(PATH, json=configuration())
    expect(never).not_to_contain_text(UNIQUE)
    expect(page.get_by_role("img", name=f"{UNIQUE}: 1 kept, 1 refused")).to_be_visible()
    expect(page.get_by_role("img", name=f"POST {PATH}: 1 2xx, 1 4xx")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download lcov").click()
    assert f"FNDA:2,POST {PATH}" in download.value.path().read_text("utf-8")
    page.get_by_role("button", name="Begin anew").click()
    expect(never).to_contain_text(UNIQUE)


def test_by_the_keyboard_alone_a_request_is_found_opened_and_closed(page: Page, ada: httpx.Client) -> None:
    for number in range(3):
        ada.post(PATH, json=configuration(f"Fair {number}"))
    ada.post(PATH, json=configuration("Fair 0"))
    expect(page.locator(".exchange")).to_have_count(4)
    page.keyboard.press("/")
    page.keyboard.type("taken")
    expect(page.locator(".exchange")).to_have_count(1)
    page.keyboard.press("Tab")
    while page.evaluate("!document.activeElement.matches('.exchange')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".detail .refusal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_be_hidden()


LARGE = """openapi: 3.0.3
info: {title: A large one, version: '1'}
paths:
"""
ONE = """  /organizations/{organizationId}/authorizationServersOfThe%(n)dKind/{serverId}/settingsOf%(n)dInFull:
    parameters:
    - {name: organizationId, in: path, required: true, schema: {type: string}, example: acme}
    - {name: serverId, in: path, required: true, schema: {type: string}}
    get:
      operationId: get_%(n)d
      responses: {'200': {description: Settings, content: {application/json: {schema: {type: object}}}}}
  /things%(n)d:
    post:
      operationId: make_%(n)d
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing%(n)d'}}}}
      responses:
        '201': {description: Made, content: {application/json: {schema: {$ref: '#/components/schemas/Thing%(n)d'}}}}
"""
THING = "    Thing%(n)d: {type: object, x-resource: {collection: things%(n)d}, properties: {id: {type: string}}}\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A double of a contract with 300 operations, long paths and 150 collections."""
    file = tmp_path_factory.mktemp("large") / "openapi.yaml"
    paths, schemas = ("".join(text % {"n": number} for number in range(150)) for text in (ONE, THING))
    file.write_text(f"{LARGE}{paths}components:\n  schemas:\n{schemas}")
    with serving(Settings(file, seed=7)) as url:
        yield url


@pytest.mark.parametrize("size", SIZES)
def test_a_large_contract_with_long_paths_fits_and_is_gone_through_by_keyboard(
    browser: Browser, large: str, size: str
) -> None:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{large}/_specdouble/#/operations")
    expect(page.locator(".operation")).to_have_count(300)
    page.keyboard.press("/")
    page.keyboard.type("settingsOf149In")
    expect(page.locator(".operation")).to_have_count(1)
    press_until(page, ".operation")
    expect(page.get_by_label("organizationId")).to_have_value("acme")
    expect(page.get_by_label("serverId")).not_to_have_value("")
    press_until(page, ".ask button.primary")
    expect(page.locator(".answer .status")).to_have_text("200")
    press_until(page, ".answer a")
    expect(page.locator(".view-requests .detail h2")).to_contain_text("settingsOf149InFull")
    for view in [*VIEWS, "requests/0", "operations/get_149"]:
        page.goto(f"{large}/_specdouble/#/{view}")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
    page.goto(f"{large}/_specdouble/#/requests/0")
    page.locator(".detail h2").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator('.exchange[href="#/requests/0"]')).to_be_focused()
    page.goto(f"{large}/_specdouble/#/documents")
    expect(page.get_by_role("button", name="New document")).to_be_visible()
    page.get_by_role("combobox", name="collection").focus()
    for _ in range(2):
        chosen = page.get_by_role("combobox", name="collection").input_value()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("combobox", name="collection")).not_to_have_value(chosen)
        expect(page).to_have_url(re.compile("things"))
        expect(page.get_by_role("combobox", name="collection")).to_be_focused()
        page.wait_for_timeout(300)
    page.close()


def press_until(page: Page, selector: str) -> None:
    """Go to an element by the keyboard alone, and press Enter there."""
    page.locator(selector).first.wait_for()
    while not page.evaluate("selector => document.activeElement.matches(selector)", selector):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_what_a_request_says_is_shown_as_text_and_does_nothing(page: Page, ada: httpx.Client, url: str) -> None:
    made = ada.post(PATH, json=configuration(HOSTILE, **{"<b onclick=alert()>": HOSTILE})).json()["data"]
    ada.get(f"{PATH}/{HOSTILE}?{HOSTILE}")
    page.locator(".exchange", has_text="201").click()
    expect(page.locator(".change")).to_contain_text("onerror")
    page.goto(f"{url}/_specdouble/#/documents/lead_management")
    expect(page.locator("tbody")).to_contain_text(HOSTILE[:20])
    page.goto(f"{url}/_specdouble/#/documents/{HOSTILE}")
    page.goto(f"{url}/_specdouble/#/requests")
    expect(page.locator(".exchange")).to_have_count(2)
    assert made["configurationName"] == HOSTILE
    assert "broken into" not in page.title()
    assert page.locator("main img").count() == 0


def test_a_thousand_requests_and_large_bodies_are_borne(page: Page, ada: httpx.Client, url: str) -> None:
    ada.post(PATH, json=configuration("long", description="x" * 200_000)).raise_for_status()
    for _ in range(1100):
        ada.get("/api/pipelines")
    page.reload()
    expect(page.locator(".exchange")).to_have_count(1000)
    ada.get("/api/prompts/user")
    expect(page.locator(".exchange").first).to_contain_text("/api/prompts/user")
    expect(page.locator(".exchange")).to_have_count(1000)
    page.goto(f"{url}/_specdouble/#/documents/lead_management")
    page.locator("tbody tr", has_text="long").get_by_role("button", name="Edit").click()
    assert len(page.get_by_label("The document as JSON").input_value()) > 200_000


def test_the_stream_goes_on_after_the_double_was_away(browser: Browser, tmp_path: Path) -> None:
    with serving(Settings(ROOT)) as url:
        port = urlsplit(url).port
        page = browser.new_page()
        page.goto(f"{url}/_specdouble/")
        expect(page.locator(".live")).to_have_text("Live")
    expect(page.locator(".live")).not_to_have_text("Live", timeout=20_000)
    assert port is not None
    with serving(Settings(ROOT), port=port) as url:
        expect(page.locator(".live")).to_have_text("Live", timeout=30_000)
        httpx.get(f"{url}/api/pipelines")
        expect(page.locator(".exchange").first).to_contain_text("/api/pipelines", timeout=10_000)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.skipif(NPM is None, reason="npm is not installed")
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    browser: Browser, url: str, ada: httpx.Client, axe: str, size: str, scheme: Any
) -> None:
    ada.post(PATH, json=configuration())
    ada.post(PATH, json=configuration(costPerLaed=1))
    ada.put("/_specdouble/snapshots/before")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    for view in [*VIEWS, "requests/1", "operations/post_lead_management"]:
        page.goto(f"{url}/_specdouble/#/{view}")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        # The page's own policy runs no script that is not the page's: the debugger may.
        context.new_cdp_session(page).send("Runtime.evaluate", {"expression": axe})
        violations = page.evaluate("axe.run().then((found) => found.violations)")
        serious = [
            (one["id"], one["nodes"][0]["html"]) for one in violations if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], view
    context.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    folder = tmp_path_factory.mktemp("axe")
    assert NPM is not None
    subprocess.run([NPM, "install", "--silent", "--prefix", str(folder), "axe-core@4"], check=True, timeout=120)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
