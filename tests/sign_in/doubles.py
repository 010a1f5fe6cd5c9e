"""The double of every security scheme, with its own users and with those that are made up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specdouble.double.double import Double, Settings
from specdouble.double.http.credentials import Credentials, Wish
from specdouble.double.server import Server

CONTRACT = Path(__file__).parent / "schemes.yaml"
PREFIX = "/v1"
USERS = [
    {"id": 1, "username": "mary", "email": "mary@acme.example", "password": "mary-secret", "apiKey": "mary-key",
     "tenant": "acme", "roles": ["owner"], "scopes": ["read"]},
    {"id": 2, "username": "tom", "password": "tom-secret", "header": "tom-header-key", "tenant": "acme"},
    {"id": 3, "username": "jane", "password": "jane-secret", "tenant": "other"},
]  # fmt: skip


@dataclass(frozen=True)
class Running:
    """A double that serves."""

    double: Double
    url: str

    def token(self, who: str, scheme: str = "oauth", **wish: Any) -> str:
        """What `specdouble token` prints."""
        credentials = Credentials(self.double)
        return credentials.credential(self.double.world("default"), credentials.schemes[scheme], who, Wish(**wish))


@contextmanager
def running(folder: Path, users: list[dict[str, Any]] | None = None, **settings: Any) -> Iterator[Running]:
    """A double of the contract in a folder of its own while the context lasts."""
    shutil.copy(CONTRACT, folder / "openapi.yaml")
    if users is not None:
        (folder / "mock_data").mkdir()
        (folder / "mock_data" / "users.json").write_text(json.dumps(users))
    double = Double(Settings(folder, **settings))
    with Server(double, "127.0.0.1", 0).running() as url:
        yield Running(double, url)
