"""The control plane answers this machine's people, not its web pages; from elsewhere, whoever has the token."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.assembly import assembled
from specdouble.double.double import Double, Settings

ROOT = Path(__file__).parent.parent.parent
GUARDED = [
    "/_specdouble/journal",
    "/_specdouble/docs",
    "/_specdouble/docs/swagger-ui.css",
    "/openapi.json",
    "/_specdouble/",
    "/_specdouble/console/app.js",
    "/_specdouble/contract",
    "/_specdouble/documents/users",
    "/_specdouble/coverage",
]
TOKEN = "of-the-control-plane"


def asked(
    path: str, headers: dict[str, str] | None = None, *, client: str = "127.0.0.1", method: str = "GET", **settings: Any
) -> httpx.Response:
    """The answer of a double to one request; the host is the double's own unless the headers say otherwise."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(assembled(Double(Settings(ROOT, **settings))), client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:4010") as http:
            return await http.request(method, path, headers=headers)

    return asyncio.run(ask())


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"probe:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("client", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.8.8", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.7", 403),
        ("unix", 403),
    ],
)
@pytest.mark.parametrize("path", GUARDED)
def test_without_a_token_only_this_machine_is_answered(path: str, client: str, status: int) -> None:
    assert asked(path, client=client).status_code == status


@pytest.mark.parametrize("client", ["192.0.2.7", "127.0.0.1"])
@pytest.mark.parametrize("host", ["evil.example", "localhost"])
def test_health_is_told_to_everybody_and_says_only_that_it_lives(client: str, host: str) -> None:
    answer = asked("/_specdouble/health", {"Host": host, "Origin": "https://evil.example"}, client=client)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:4010", "LOCALHOST", "app.localhost", "127.0.0.1:80", "[::1]:4010"]
)
def test_a_name_of_loopback_is_this_machine(host: str) -> None:
    assert asked("/_specdouble/journal", {"Host": host}).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:4010", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.7", "[", ""],
)
def test_another_name_is_refused_whoever_asks(path: str, host: str) -> None:
    answer = asked(path, {"Host": host})
    assert answer.status_code == 403
    assert "--allow-host" in answer.json()["detail"]


def test_a_name_that_was_allowed_is_answered() -> None:
    for host in ("mock.example", "mock.example:8443", "MOCK.example"):
        assert asked("/_specdouble/journal", {"Host": host}, hosts=("Mock.example",)).status_code == 200


PAGES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://localhost"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "of a browser to come"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:4010"},
    {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("headers", PAGES, ids=str)
def test_a_web_page_reads_nothing_and_resets_nothing(headers: dict[str, str], token: str | None) -> None:
    for method, path in (("GET", "/_specdouble/journal"), ("GET", "/openapi.json"), ("POST", "/_specdouble/reset")):
        answer = asked(path, headers, method=method, control_token=token)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_preflight_of_a_page_is_not_answered_with_a_permission() -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = asked("/_specdouble/reset", headers, method="OPTIONS")
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost:4010", "Sec-Fetch-Site": "same-origin"}]
)
def test_the_doubles_own_page_and_the_address_bar_are_answered(headers: dict[str, str]) -> None:
    for path in GUARDED:
        assert asked(path, headers).status_code == 200
    assert asked("/_specdouble/reset", headers, method="POST").status_code == 204


@pytest.mark.parametrize("credential", [f"Bearer {TOKEN}", f"bearer {TOKEN}", basic(TOKEN)])
@pytest.mark.parametrize("path", GUARDED)
def test_the_token_opens_it_from_elsewhere(path: str, credential: str) -> None:
    headers = {"Authorization": credential, "Host": "mock:4010"}
    assert asked(path, headers, client="192.0.2.7", control_token=TOKEN).status_code == 200


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Token {TOKEN}",
        TOKEN,
        "Basic",
        "Basic ?",
        basic(""),
        basic("wrong"),
        "Bearer \xff",
    ],
)
def test_without_the_token_it_stays_closed_and_says_what_it_wants(credential: str) -> None:
    headers = httpx.Headers({"Authorization": credential}, encoding="latin-1")
    answer = asked("/_specdouble/journal", headers, client="192.0.2.7", control_token=TOKEN)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert TOKEN not in answer.text


@pytest.mark.parametrize("token", [None, ""])
def test_an_empty_token_opens_nothing(token: str | None) -> None:
    for credential in ("Bearer ", "Bearer", basic("")):
        headers = {"Authorization": credential}
        assert asked("/_specdouble/journal", headers, client="192.0.2.7", control_token=token).status_code == 403


@pytest.mark.parametrize(
    ("hops", "status"),
    [("127.0.0.1", 200), ("::1, 127.0.0.1", 200), ("192.0.2.7", 403), ("127.0.0.1, 192.0.2.7", 403), ("unknown", 403)],
)
def test_what_a_proxy_passes_on_from_elsewhere_is_from_elsewhere(hops: str, status: int) -> None:
    assert asked("/_specdouble/journal", {"X-Forwarded-For": hops}).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/_specdouble/console/nothing.js",
        "/_specdouble/nothing",
        "/_specdouble/journal/",
        "/_specdouble/docs/",
        "/_specdouble/docs/nothing.js",
        "/_specdouble/docs/%2e%2e/%2e%2e/pyproject.toml",
        "/_specdouble//journal",
        "/_specdouble/%00",
    ],
)
def test_an_unknown_path_is_404(path: str) -> None:
    answer = asked(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/_specdouble/health", {"GET", "HEAD"}),
        ("GET", "/_specdouble/reset", {"POST"}),
        ("OPTIONS", "/_specdouble/reset", {"POST"}),
        ("DELETE", "/_specdouble/journal", {"GET", "HEAD"}),
        ("PUT", "/_specdouble/docs", {"GET", "HEAD"}),
        ("POST", "/_specdouble/docs/swagger-ui.css", {"GET", "HEAD"}),
        ("PATCH", "/openapi.json", {"GET", "HEAD"}),
        ("BREW", "/_specdouble/journal", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_405_with_those_that_are_allowed(method: str, path: str, allowed: set[str]) -> None:
    answer = asked(path, method=method)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, allowed)


def test_the_contracts_own_operations_answer_any_origin_and_any_host() -> None:
    headers = {"Origin": "https://app.example", "Host": "app.example", "Sec-Fetch-Site": "cross-site"}
    answer = asked("/api/auth/verify-token", headers, client="192.0.2.7")
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"


def test_the_page_names_its_parts_relative_to_itself_and_runs_no_script_of_the_contract() -> None:
    page = asked("/_specdouble/docs")
    assert 'src="docs/swagger-ui-bundle.js"' in page.text
    assert 'href="/' not in page.text
    assert 'src="/' not in page.text
    assert "script-src 'self' 'sha256-" in page.headers["Content-Security-Policy"]
