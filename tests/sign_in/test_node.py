"""Libraries of servers in Node sign in to the double: by its own issuer, and by the one that the contract names."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.sign_in.doubles import Running

NODE, NPM = shutil.which("node"), shutil.which("npm")
CLIENTS = Path(__file__).parent / "clients"
LIBRARIES = ("openid-client@6", "@auth/core@0")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NODE is None or NPM is None, reason="Node.js or npm is not installed"),
]
issuers = pytest.mark.parametrize("issuer", ["/_specdouble/auth", ""], ids=["the double's", "the contract's"])


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients and what they import."""
    folder = tmp_path_factory.mktemp("node")
    command = [str(NPM), "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder), *LIBRARIES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {LIBRARIES}: {done.stderr[-200:]}")
    for file in CLIENTS.iterdir():
        shutil.copy(file, folder)
    return folder


def told(folder: Path, client: str, double: Running, issuer: str) -> Any:
    """What a client prints that is given an issuer, and an operation to call."""
    url = double.url.replace("127.0.0.1", "localhost")
    command = [str(NODE), client, url + issuer, f"{url}/v1/oauth"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@issuers
def test_openid_client_uses_all_that_discovery_tells(libraries: Path, strict: Running, issuer: str) -> None:
    assert told(libraries, "openid-client.mjs", strict, issuer) == {
        "subject": "ada", "email": "ada@north.example", "called": 204, "reused": "invalid_grant", "refreshed": 204,
        "active": True, "revoked": 401, "device": 204, "client": [204, 204], "out": "http://localhost:3000/callback",
    }  # fmt: skip


@issuers
def test_auth_js_signs_in_and_calls_with_the_users_token(libraries: Path, strict: Running, issuer: str) -> None:
    assert told(libraries, "auth-core.mjs", strict, issuer) == {
        "home": "http://localhost:3000/home", "name": "Grace", "roles": ["member"], "called": 204,
    }  # fmt: skip
