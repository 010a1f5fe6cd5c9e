"""The control plane answers this machine alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from specdouble.double.app import application
from specdouble.double.double import Double, Settings

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("client", "status"), [("127.0.0.1", 200), ("127.8.8.8", 200), ("::1", 200), ("192.0.2.7", 403), ("unix", 403)]
)
@pytest.mark.parametrize("path", ["/_specdouble/health", "/_specdouble/journal", "/openapi.json"])
def test_only_a_loopback_address_is_answered(path: str, client: str, status: int) -> None:
    async def get() -> httpx.Response:
        app = application(Double(Settings(ROOT)))
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://double.example") as http:
            return await http.get(path)

    assert asyncio.run(get()).status_code == status
