"""Requests leave by the proxy that the environment names, and this machine is asked directly."""

from __future__ import annotations

import asyncio
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest

from specdouble.contract import Contract
from specdouble.contract.remote import FetchError, fetched
from specdouble.outbound import outbound_proxy
from specdouble.proxy.backend import Backend as Behind
from specdouble.verify import verify
from specdouble.verify.verdict import KEPT
from tests.backend import Backend
from tests.verify.conftest import settings
from tests.verify.weather import Weather

NOBODY = "http://127.0.0.1:9"  # a proxy that does not answer
# What the rules send, and what Schemathesis sends by connections of its own.
LITTLE = [
    {"phases": ("rules",), "rules": ("read_your_writes",)},
    {"phases": ("coverage",), "operations": ("get_prompts_user",)},
]
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*VARIABLES, *map(str.lower, VARIABLES)):
        monkeypatch.delenv(variable, raising=False)


class Outbound(Weather):
    """A proxy of a company: it is asked for whole URLs, and whatever host they name, one server answers."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.hosts: set[str] = set()

    def forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = urlsplit(handler.path)
        self.hosts.add(asked.netloc)
        handler.path = asked._replace(scheme="", netloc="").geturl()
        super().forward(handler, body)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://api.example.com/v1", "http://proxy:3128"),
        ("https://api.example.com", "http://secure:3129"),
        ("http://internal.example.org", None),
        ("http://localhost:8000", None),
        ("http://api.localhost:8000", None),
        ("http://127.0.0.2:8000", None),
        ("http://[::1]:8000", None),
        ("nonsense", None),
    ],
)
def test_the_environment_tells_the_proxy_of_a_url(
    url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "proxy:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure:3129")
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert outbound_proxy(url) == expected


def test_a_proxy_of_another_protocol_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy:1080")
    assert outbound_proxy("http://api.example.com") is None


@pytest.mark.parametrize("told", LITTLE)
def test_a_server_on_this_machine_is_verified_past_any_proxy(
    contract: Contract, backend: Backend, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOBODY)
    verdict = verify(contract, settings(backend.url, **told))
    assert ({row.state for row in verdict.rows.values()}, verdict.notes) == ({KEPT}, [])


@pytest.mark.parametrize("told", LITTLE)
def test_a_server_elsewhere_is_verified_by_the_proxy_alone(
    contract: Contract, backend: Backend, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Outbound(backend.url) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        elsewhere = "http://api.of-nobody.test"
        verdict = verify(contract, settings(elsewhere, **told))
    assert ({row.state for row in verdict.rows.values()}, verdict.notes) == ({KEPT}, [])
    assert proxy.hosts == {"api.of-nobody.test"}


def test_a_contract_is_fetched_by_the_proxy(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    with Outbound(backend.url) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(FetchError, match="answered 404"):
            fetched("http://192.0.2.1/none.yaml")
    assert proxy.hosts == {"192.0.2.1"}


def test_what_the_proxy_command_hands_on_leaves_by_it(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> int:
        behind = Behind("http://192.0.2.1", "", 10)
        async with behind.answer("GET", b"/none", [(b"host", b"192.0.2.1")], b"") as answer:
            status = answer.status
        await behind.close()
        return status

    with Outbound(backend.url) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert asyncio.run(asked()) == 404
    assert proxy.hosts == {"192.0.2.1"}
