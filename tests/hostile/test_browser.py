"""What web pages in a real browser may do with a double: call the contract's operations, and nothing else."""

from __future__ import annotations

import http.client
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from tests.contracts import FOLDER

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PATIENCE = 60  # seconds
EVIL = "evil.example"
TITLE = "the secret of the double"
CONTROL = [
    "/_specdouble/",
    "/_specdouble/journal",
    "/_specdouble/documents/tasks",
    "/_specdouble/docs",
    "/openapi.json",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="Chromium or its driver is not installed"),
]

# What a page gets of an address, in each way that it has; `null` where the browser gives it nothing.
FETCH = """
const [url, options, done] = arguments;
fetch(url, options).then(async (answer) => done([answer.status, await answer.text()]), () => done(null));
"""
TAG = """
const [kind, url, done] = arguments;
const tag = document.createElement(kind);
tag.onload = () => done("loaded");
tag.onerror = () => done("refused");
tag[kind === "link" ? "href" : "src"] = url;
if (kind === "link") tag.rel = "stylesheet";
document.head.append(tag);
"""
FRAME = """
const [url, done] = arguments;
const frame = document.createElement("iframe");
frame.onload = () => { try { done(frame.contentDocument.body.innerText); } catch (error) { done(null); } };
frame.src = url;
document.body.append(frame);
"""
SUBMIT = """
const [url, done] = arguments;
const frame = document.createElement("iframe");
frame.name = "answer";
const form = document.createElement("form");
Object.assign(form, {method: "post", action: url, target: "answer"});
document.body.append(frame, form);
form.submit();
setTimeout(done, 1000);  // an answer without a page, as 204 is one, tells the page nothing
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """Headless Chromium, for which the name of the evil host is this machine's."""
    assert CHROMIUM is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    quiet = ["disable-background-networking", "disable-component-update", "disable-sync", "no-first-run"]
    for flag in ["headless", "no-sandbox", "disable-gpu", "disable-quic", *quiet]:
        options.add_argument(f"--{flag}")
    options.add_argument(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1")
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(PATIENCE)
    driver.set_page_load_timeout(PATIENCE)
    yield driver
    driver.quit()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a double that has something to be read, and to be lost."""
    shutil.copy(FOLDER / "tasks.yaml", tmp_path / "openapi.yaml")
    server = Server(Double(Settings(tmp_path)), "127.0.0.1", 0)
    with server.running():
        port = server.address.port
        created = httpx.post(f"http://127.0.0.1:{port}/api/v1/tasks", json={"title": TITLE})
        assert created.status_code == 201
        yield port


def is_kept(port: int) -> bool:
    return TITLE in httpx.get(f"http://127.0.0.1:{port}/api/v1/tasks").text


class Page(BaseHTTPRequestHandler):
    """An empty page, whatever is asked."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>page</title><link rel=icon href='data:,'><body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


class Proxy(Page):
    """Passes on what is below a prefix, as proxies do that cut it off."""

    prefix = "/tools/mock"
    target = 0

    def do_GET(self) -> None:
        if not self.path.startswith(self.prefix + "/"):
            self.send_error(404)
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=PATIENCE)
        connection.request("GET", self.path.removeprefix(self.prefix), headers=dict(self.headers.items()))
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        connection.close()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def page(browser: webdriver.Chrome, host: str) -> Iterator[webdriver.Chrome]:
    """A browser that shows a page of another origin."""
    with serving(Page) as other:
        browser.get(f"http://{host}:{other}/")
        yield browser


def fetched(browser: webdriver.Chrome, url: str, **options: str) -> Any:
    return browser.execute_async_script(FETCH, url, options)


other_origins = pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "app.localhost", EVIL])


@other_origins
@pytest.mark.parametrize("path", CONTROL)
def test_a_page_of_another_origin_reads_nothing(page: webdriver.Chrome, port: int, path: str) -> None:
    for name in ("127.0.0.1", "localhost"):
        url = f"http://{name}:{port}{path}"
        assert fetched(page, url) is None
        assert fetched(page, url, credentials="include") is None
        assert fetched(page, url, mode="no-cors") == [0, ""] or fetched(page, url, mode="no-cors") is None
        assert not page.execute_async_script(FRAME, url)
        for tag in ("script", "img", "link"):
            assert page.execute_async_script(TAG, tag, url) == "refused"


@other_origins
def test_a_page_of_another_origin_resets_nothing(page: webdriver.Chrome, port: int) -> None:
    for name in ("127.0.0.1", "localhost"):
        url = f"http://{name}:{port}/_specdouble/reset"
        fetched(page, url, method="POST")
        fetched(page, url, method="POST", mode="no-cors")
        fetched(page, url, method="POST", credentials="include", body="{}")
        page.execute_async_script(SUBMIT, url)
    assert is_kept(port)


@other_origins
def test_a_page_of_another_origin_calls_the_operations_of_the_contract(page: webdriver.Chrome, port: int) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/tasks"
    status, text = fetched(page, url, credentials="include")
    assert (status, TITLE in text) == (200, True)
    script = FETCH.replace(
        "fetch(url, options)", "fetch(url, {...options, headers: {'content-type': 'application/json'}})"
    )
    made = page.execute_async_script(script, url, {"method": "POST", "body": '{"title": "from a page"}'})
    assert made[0] == 201
    assert "from a page" in httpx.get(url).text


def test_a_host_that_is_rebound_reads_nothing_and_resets_nothing(browser: webdriver.Chrome, port: int) -> None:
    browser.get(f"http://{EVIL}:{port}/api/v1/tasks")
    assert TITLE in browser.page_source  # to the browser, the double is of that origin
    for path in CONTROL:
        status, text = fetched(browser, path)
        assert status == 403
        assert "in Host is neither this machine nor allowed" in text
        assert TITLE not in text
        assert "Tasks" not in text
    assert fetched(browser, "/_specdouble/reset", method="POST")[0] == 403
    assert is_kept(port)
    browser.get(f"http://{EVIL}:{port}/_specdouble/docs")
    assert "swagger" not in browser.page_source


def test_a_person_at_this_machine_reads_and_resets(browser: webdriver.Chrome, port: int) -> None:
    browser.get(f"http://localhost:{port}/_specdouble/journal")
    assert TITLE in browser.page_source
    assert fetched(browser, "/_specdouble/reset", method="POST")[0] == 204
    assert not is_kept(port)


def operations(browser: webdriver.Chrome) -> list[str]:
    """The operations that the page of documentation shows."""
    found = "return [...document.querySelectorAll('.opblock-summary-path')].map((one) => one.dataset.path)"
    wait: WebDriverWait[webdriver.Chrome] = WebDriverWait(browser, PATIENCE)
    shown: list[str] = wait.until(lambda driver: driver.execute_script(found))
    return shown


def complaints(browser: webdriver.Chrome) -> list[Any]:
    told = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return [one for one in told if one["level"] in ("SEVERE", "WARNING")]


@pytest.mark.parametrize("prefix", ["", Proxy.prefix], ids=["alone", "behind a prefix"])
def test_the_page_of_documentation_shows_and_asks_without_a_complaint(
    browser: webdriver.Chrome, port: int, prefix: str
) -> None:
    handler = type("ProxyOfDouble", (Proxy,), {"target": port})
    with serving(handler) as proxied:
        shown_at = proxied if prefix else port
        complaints(browser)  # those of earlier pages are forgotten
        browser.get(f"http://localhost:{shown_at}{prefix}/_specdouble/docs")
        assert sorted(set(operations(browser))) == ["/tasks", "/tasks/{id}"]
        press(browser, ".opblock-get .opblock-summary-control")
        press(browser, ".try-out__btn")
        press(browser, ".execute")
        told = "return document.querySelector('.live-responses-table tbody .response-col_description')?.innerText"
        wait: WebDriverWait[webdriver.Chrome] = WebDriverWait(browser, PATIENCE)
        text = wait.until(lambda driver: driver.execute_script(told))
        assert TITLE in text
        assert complaints(browser) == []


def press(browser: webdriver.Chrome, selector: str) -> None:
    """Press a button once it is there."""
    wait: WebDriverWait[webdriver.Chrome] = WebDriverWait(browser, PATIENCE)
    script = "const button = document.querySelector(arguments[0]); button?.click(); return button !== null"
    wait.until(lambda driver: driver.execute_script(script, selector))
