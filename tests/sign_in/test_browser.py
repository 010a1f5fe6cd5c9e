"""Real libraries in a real browser: oidc-client-ts, a session in cookies, Swagger UI."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.sign_in.doubles import Running, running

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER, NPM = shutil.which("chromium"), shutil.which("chromedriver"), shutil.which("npm")
PATIENCE = 30  # seconds
LIBRARY = "oidc-client-ts@3"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="Chromium or its driver is not installed"),
]

# A front-end as its library's documentation has it; it knows the double's address, and nothing else of it.
PAGE = """<!doctype html>
<title>app</title><link rel="icon" href="data:,">
<script src="oidc-client-ts.min.js"></script>
<script>
const api = new URLSearchParams(location.search).get("api") || localStorage.api;
localStorage.api = api;
const manager = (scope) => new oidc.UserManager({
  authority: api + "/_specdouble/auth", client_id: "app", scope,
  redirect_uri: location.origin + "/index.html", post_logout_redirect_uri: location.origin + "/index.html?out=1",
  silent_redirect_uri: location.origin + "/silent.html", automaticSilentRenew: false,
  userStore: new oidc.WebStorageStateStore({store: localStorage}),
});
const users = manager("openid profile read");
const call = async (path) => {
  const user = await users.getUser();
  const answer = await fetch(api + "/v1/" + path, {headers: {Authorization: "Bearer " + (user && user.access_token)}});
  return [answer.status, answer.headers.get("www-authenticate")];
};
const done = location.search.includes("code=") ? users.signinCallback() : Promise.resolve();
done.then(() => { document.title = "ready"; }, (error) => { document.title = "error: " + error; });
</script>
"""
SILENT = """<!doctype html><script src="oidc-client-ts.min.js"></script>
<script>new oidc.UserManager({}).signinSilentCallback();</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """Headless Chromium."""
    assert CHROMIUM is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    quiet = ["disable-background-networking", "disable-component-update", "disable-sync", "no-first-run"]
    for flag in ["headless", "no-sandbox", "disable-gpu", "disable-quic", *quiet]:
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(PATIENCE)
    driver.set_page_load_timeout(PATIENCE)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A double that is asked as `localhost`, as front-ends ask."""
    with running(tmp_path_factory.mktemp("double"), strict_auth=True) as found:
        yield Running(found.double, found.url.replace("127.0.0.1", "localhost"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A front-end on another port of this machine: another origin."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "index.html").write_text(PAGE)
    (folder / "silent.html").write_text(SILENT)

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def library(app: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The front-end with oidc-client-ts beside its page."""
    if NPM is None:
        pytest.skip("npm is not installed")
    place = tmp_path_factory.mktemp("npm")
    command = [NPM, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(place), LIBRARY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {LIBRARY}: {done.stderr[-200:]}")
    built = place / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
    folder = next(tmp_path_factory.getbasetemp().glob("app*"))
    shutil.copy(built, Path(folder) / built.name)
    return app


def until(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], Any]) -> Any:
    wait: WebDriverWait[webdriver.Chrome] = WebDriverWait(browser, PATIENCE)
    return wait.until(condition)


def ready(browser: webdriver.Chrome) -> None:
    until(browser, lambda driver: driver.title == "ready" or driver.title.startswith("error"))
    assert browser.title == "ready"


def run(browser: webdriver.Chrome, expression: str) -> Any:
    """What a promise in the page comes to."""
    script = f"const done = arguments[0]; ({expression}).then(done, (error) => done('error: ' + error))"
    return browser.execute_async_script(script)


def choose(browser: webdriver.Chrome, user: str) -> None:
    """Choose somebody on the double's page."""
    until(browser, lambda driver: driver.find_elements(By.CSS_SELECTOR, f"button[value={user}]"))[0].click()


def test_oidc_client_ts_signs_in_renews_calls_and_signs_out(
    browser: webdriver.Chrome, double: Running, library: str
) -> None:
    browser.get(f"{library}/index.html?api={double.url}")
    ready(browser)
    assert run(browser, "call('oauth')")[0] == 401
    browser.execute_script("users.signinRedirect()")
    choose(browser, "grace")
    ready(browser)
    assert run(browser, "users.getUser().then((user) => user.profile.preferred_username)") == "grace"
    assert run(browser, "call('oauth')")[0] == 204
    status, challenge = run(browser, "call('write')")
    assert (status, challenge) == (403, 'Bearer error="insufficient_scope", scope="read write"')

    # By the refresh token, then in a frame, by the session of the browser.
    first = run(browser, "users.getUser().then((user) => user.access_token)")
    second = run(browser, "users.signinSilent().then((user) => user.access_token)")
    forget = "users.getUser().then((user) => { user.refresh_token = undefined; return users.storeUser(user); })"
    run(browser, forget)
    third = run(browser, "users.signinSilent().then((user) => user.access_token)")
    assert len({first, second, third}) == 3
    assert not any(token.startswith("error") for token in (first, second, third))
    assert run(browser, "call('oauth')")[0] == 204

    browser.execute_script("users.signoutRedirect()")
    until(browser, lambda driver: "out=1" in driver.current_url)
    ready(browser)
    assert run(browser, "users.getUser()") is None
    assert "login_required" in run(browser, "manager('openid').signinSilent()")


def test_a_page_of_another_origin_calls_with_the_cookie_of_a_session(
    browser: webdriver.Chrome, double: Running, app: str
) -> None:
    called = f"fetch('{double.url}/v1/cookie', {{credentials: 'include'}}).then((answer) => answer.status)"
    browser.get(f"{app}/silent.html")
    assert run(browser, called) == 401
    browser.get(f"{double.url}/_specdouble/auth/session?redirect_uri={app}/silent.html")
    choose(browser, "ada")
    until(browser, lambda driver: driver.current_url.startswith(app))
    assert run(browser, called) == 204
    assert run(browser, called.replace("include", "omit")) == 401
    assert browser.execute_script("return document.cookie") == ""


def test_what_clients_fetch_answers_other_origins_without_cookies_and_the_control_plane_none(
    browser: webdriver.Chrome, double: Running, app: str
) -> None:
    browser.get(f"{app}/silent.html")

    def fetched(path: str, options: str = "{}") -> Any:
        return run(browser, f"fetch('{double.url}{path}', {options}).then((answer) => answer.status)")

    at = "/_specdouble/auth"
    for path in ("/.well-known/openid-configuration", "/jwks"):
        assert fetched(at + path) == 200
        assert "error" in str(fetched(at + path, "{credentials: 'include'}"))
    form = "new URLSearchParams({grant_type: 'client_credentials', client_id: 'a'})"
    assert fetched(f"{at}/token", f"{{method: 'POST', body: {form}}}") == 200
    asked = "?response_type=code&client_id=a&scope=openid&redirect_uri=http://localhost:1/"
    for path in (f"{at}/authorize{asked}", f"{at}/logout", f"{at}/session", f"{at}/device", f"{at}/introspect"):
        assert "error" in str(fetched(path))
    for path in ("/journal", "/credentials/ada", "/keys/rotate", "/reset"):
        assert "error" in str(fetched("/_specdouble" + path, "{method: 'POST'}"))
        assert "error" in str(fetched("/_specdouble" + path))


# Swagger UI


def press(browser: webdriver.Chrome, selector: str) -> None:
    script = "const button = document.querySelector(arguments[0]); button?.click(); return button !== null"
    until(browser, lambda driver: driver.execute_script(script, selector))


def tried(browser: webdriver.Chrome, operation: str) -> int:
    """The status of the operation, asked by its button on the page."""
    block = f"[id$='-{operation}']"
    press(browser, f"{block} .opblock-summary-control")
    press(browser, f"{block} .try-out__btn")
    press(browser, f"{block} .execute")
    told = f'return document.querySelector("{block} .live-responses-table tbody .response-col_status")?.innerText'
    return int(until(browser, lambda driver: driver.execute_script(told)).split()[0])


@pytest.fixture
def dialog(browser: webdriver.Chrome, double: Running) -> webdriver.Chrome:
    """The page of documentation, with nobody signed in and the dialog open."""
    browser.get(f"{double.url}/_specdouble/docs")
    browser.execute_script("localStorage.clear()")
    browser.delete_all_cookies()  # else who has signed in once is not asked again
    browser.get(f"{double.url}/_specdouble/docs")
    press(browser, ".auth-wrapper .authorize")
    until(browser, lambda driver: driver.find_elements(By.CSS_SELECTOR, ".auth-container"))
    return browser


def section(browser: webdriver.Chrome, scheme: str, flow: str = "") -> Any:
    """The part of the dialog that is about a scheme, once it is there: some of it is fetched."""
    return until(browser, lambda driver: found(driver, scheme, flow))


def found(browser: webdriver.Chrome, scheme: str, flow: str) -> Any:
    for part in browser.find_elements(By.CSS_SELECTOR, ".auth-container"):
        headings = part.find_elements(By.TAG_NAME, "h4")  # there is none of what the page does not know: Digest
        text = headings[0].text if headings else ""
        if text.startswith(f"{scheme} ") and flow in text:
            return part
    return None


def authorize(browser: webdriver.Chrome, part: Any) -> None:
    browser.execute_script("arguments[0].click()", part.find_element(By.CSS_SELECTOR, "button.authorize"))


def close(browser: webdriver.Chrome) -> None:
    press(browser, ".modal-ux .close-modal")


@pytest.mark.parametrize(
    ("scheme", "typed"),
    [("basic", ("ada", "ada-password")), ("bearer", ("TOKEN",)), ("header", ("ada-key",)), ("query", ("ada-key",)),
     ("authorization", ("ada-key",)), ("cookie", ("ada-key",))],
)  # fmt: skip
def test_authorize_signs_in_by_what_is_typed(
    dialog: webdriver.Chrome, double: Running, scheme: str, typed: tuple[str, ...]
) -> None:
    part = section(dialog, scheme)
    for field, text in zip(part.find_elements(By.TAG_NAME, "input"), typed, strict=True):
        field.send_keys(double.token("ada", "bearer") if text == "TOKEN" else text)
    authorize(dialog, part)
    close(dialog)
    assert tried(dialog, scheme) == 204


@pytest.mark.parametrize("flow", ["authorizationCode", "clientCredentials", "password"])
def test_authorize_signs_in_by_each_flow_of_oauth(dialog: webdriver.Chrome, flow: str) -> None:
    part = section(dialog, "oauth", flow)
    for checkbox in part.find_elements(By.CSS_SELECTOR, "input[type=checkbox] + label"):
        dialog.execute_script("arguments[0].click()", checkbox)
    if flow == "password":
        part.find_element(By.ID, "oauth_username").send_keys("ada")
        part.find_element(By.ID, "oauth_password").send_keys("ada-password")
    here = dialog.current_window_handle
    authorize(dialog, part)
    if flow == "authorizationCode":
        until(dialog, lambda driver: len(driver.window_handles) > 1)
        dialog.switch_to.window(next(one for one in dialog.window_handles if one != here))
        choose(dialog, "linus")
        dialog.switch_to.window(here)
    until(dialog, lambda driver: "Logout" in section(driver, "oauth", flow).text)
    close(dialog)
    assert tried(dialog, "oauth") == 204


def test_authorize_signs_in_by_open_id_connect(dialog: webdriver.Chrome) -> None:
    # The page fetches what the provider tells of itself; a dialog that was open before does not show it.
    is_fetched = "return performance.getEntriesByType('resource').some((one) => one.name.includes('openid-conf'))"
    until(dialog, lambda driver: driver.execute_script(is_fetched))
    close(dialog)
    press(dialog, ".auth-wrapper .authorize")
    part = section(dialog, "oidc", "authorization_code")
    for checkbox in part.find_elements(By.CSS_SELECTOR, "input[type=checkbox] + label"):
        dialog.execute_script("arguments[0].click()", checkbox)
    here = dialog.current_window_handle
    authorize(dialog, part)
    until(dialog, lambda driver: len(driver.window_handles) > 1)
    dialog.switch_to.window(next(one for one in dialog.window_handles if one != here))
    choose(dialog, "grace")
    dialog.switch_to.window(here)
    until(dialog, lambda driver: "Logout" in section(driver, "oidc", "authorization_code").text)
    close(dialog)
    assert tried(dialog, "oidc") == 204
