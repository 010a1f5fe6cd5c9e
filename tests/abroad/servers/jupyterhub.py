"""JupyterHub, which starts notebook servers, from PyPI. Its source package holds its OpenAPI 3.1 file."""

from __future__ import annotations

import json
import subprocess
import tarfile
from pathlib import Path
from urllib.parse import quote

import httpx

from .server import Argued, Server, free_port, install_from_pypi, run, undeclared

TOKEN = "for-tests-on-loopback"
CONFIGURATION = """\
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.ConfigurableHTTPProxy.command = ["{home}/node_modules/.bin/configurable-http-proxy"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.Spawner.args = ["--allow-root"]
c.JupyterHub.services = [{{"name": "operator", "api_token": "{token}", "admin": True}}]
"""
# The hub notes when somebody was last seen, whoever asks.
MOVED_BY_THE_CLOCK = ("last_activity", "last_used")


class JupyterHub(Server):
    """One token that may administer the hub."""

    name = "jupyterhub"
    argued = (
        Argued(
            "unknown_properties",
            r"Invalid JSON keys|Schema-valid request rejected",
            "what a schema does not name is refused, though it is left open",
            ["patch-user", "post-user-tokens"],
        ),
        Argued(
            "boundaries",
            r"expires_in must be",
            "a token expires after a whole number of seconds, and not at once: its schema has no bound",
            ["post-user-tokens"],
        ),
        Argued(
            "boundaries",
            r"Schema-valid request rejected",
            "an offset and a limit are whole numbers, where the contract says numbers",
            ["get-users", "get-groups", "get-proxy"],
        ),
        Argued(
            "authentication",
            r"not valid: the server answered 403 .*Missing or invalid credentials",
            "403 where the contract says 401",
            ["post-user-activity", "get-user-tokens"],
        ),
        Argued(
            "conformance",
            r"refuses (a body that is no object|what does not fit).*the server answered 20[01]",
            "bytes that are no UTF-8 are taken within a text, and what is no note for none",
            ["put-group-properties", "post-user-tokens"],
        ),
        Argued(
            "conformance",
            r'auth_state: null|expires_at: null|/info: null|null is not of type "(object|string)"',
            "null where the contract says an object or a text",
            [
                "post-user",
                "get-user",
                "patch-user",
                "post-users",
                "get-users",
                "post-user-tokens",
                "get-user-token",
                "get-user-tokens",
                "get-current-user",
            ],
        ),
        Argued(
            "conformance",
            r'Response violates schema.*"kind":"service"',
            "a service is shown with what is null, where the contract says a user, or a service without these",
            ["get-current-user"],
        ),
        Argued(
            "conformance",
            r'the body: \{"operator"|Response violates schema',
            "an object by name, where the contract says an array",
            ["get-services"],
        ),
        Argued(
            "*",
            r"answering 5xx|Server error|answered 500|Received: 500",
            "500 at a server that cannot start, at a share of none, and at what is of another type",
            [
                "post-user-tokens",
                "post-group-users",
                "patch-shares-server",
                "patch-user-server-name",
                "delete-group-users",
                "delete-user-server-name",
                "post-user-server",
                "post-user-server-name",
                "post-shares-server",
                "post-share-code",
                "post-users",
                "patch-user",
                "post-user-activity",
            ],
        ),
        Argued(
            "*",
            r'POST /hub/api/users .*answered 400 \{"status": 400, "message": "(Must specify|Invalid)',
            "one user at least, of a name that is allowed, and nothing else: no schema says so",
            ["post-users"],
        ),
        Argued("*", r"POST /hub/api/users: usernames.*answered 400", "the same", ["post-users"]),
        Argued(
            "boundaries",
            r"takes properties that its schema does not name: the server answered 400 .*Invalid JSON keys",
            "the same: its schema is open",
            ["patch-user"],
        ),
        Argued("conformance", undeclared(302), "who signs in is led on, and so is who cannot", ["get-oauth-authorize"]),
        Argued(
            "*",
            r"Schema-valid request rejected",
            "names and times that it does not say",
            ["post-users", "post-user", "post-user-activity", "patch-user", "post-group-users", "post-user-tokens"],
        ),
        Argued("conformance", undeclared(400, 403, 404, 405, 409, 410), "nearly no refusal is declared"),
        Argued(
            "conformance",
            r"Schema-violating request accepted",
            "a value of the wrong type is taken for none",
            [
                "post-users",
                "get-user",
                "get-users",
                "get-groups",
                "get-services",
                "get-proxy",
                "post-user-activity",
                "post-user",
                "patch-user",
                "post-user-tokens",
                "patch-proxy",
                "post-user-server",
                "post-group",
            ],
        ),
        Argued(
            "read_your_writes",
            r"POST /hub/api/users ",
            "a text is taken for the users that its letters name",
            ["post-users"],
        ),
        Argued("conformance", r"Undocumented Content-Type|an answer .* of type", "an error without a type"),
        Argued(
            "authentication",
            r"not valid|without authentication|invalid authentication",
            "the version and what signs in are shown to everybody, though the contract protects them",
            [
                "get-version",
                "get-api",
                "get-",
                "get-oauth-authorize",
                "post-oauth-token",
                "get-info",
                "post-auth-token",
                "get-auth-token",
                "get-auth-cookie",
            ],
        ),
    )
    contract_name = "openapi.yaml"
    settings = f"""\
[[tool.specdouble.verify.users]]
name = "operator"
credentials = {{ token = "{TOKEN}", oauth2 = "{TOKEN}" }}
"""

    def install(self) -> None:
        install_from_pypi(self.home, "jupyterhub", "jupyterlab")
        run("npm", "install", "--silent", "--no-fund", "--prefix", self.home, "configurable-http-proxy")
        if not self._contract.exists():
            self._contract.write_bytes(self._read_from_the_source_package("docs/source/_static/rest-api.yml"))

    @property
    def _contract(self) -> Path:
        return self.home / "rest-api.yml"

    def _read_from_the_source_package(self, name: str) -> bytes:
        """A file that the wheel leaves out."""
        pip = self.home / "bin" / "pip"
        listed = subprocess.run([pip, "show", "jupyterhub"], check=True, capture_output=True, text=True).stdout
        version = next(line.split()[1] for line in listed.splitlines() if line.startswith("Version:"))
        run(pip, "download", "--quiet", "--no-deps", "--no-binary", "jupyterhub", f"--dest={self.home}",
            f"jupyterhub=={version}")  # fmt: skip
        with tarfile.open(self.home / f"jupyterhub-{version}.tar.gz") as archive:
            file = archive.extractfile(f"jupyterhub-{version}/{name}")
            assert file
            return file.read()

    def missing(self) -> str | None:
        needed = (self.home / "bin" / "jupyterhub", self.home / "node_modules", self._contract)
        if all(file.exists() for file in needed):
            return None
        return "JupyterHub is not installed: make servers SERVERS=jupyterhub"

    def command(self, folder: Path, port: int) -> list[str]:
        file = folder / "jupyterhub_config.py"
        text = CONFIGURATION.format(port=port, hub=free_port(), proxy=free_port(), home=self.home, token=TOKEN)
        file.write_text(text, "utf-8")
        return [str(self.home / "bin" / "jupyterhub"), "--config", str(file)]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/hub/api"

    def ready(self, url: str) -> bool:
        return httpx.get(f"{url}/", timeout=2).status_code == 200

    def client(self, url: str) -> httpx.Client:
        return httpx.Client(base_url=url, timeout=20, headers={"Authorization": f"token {TOKEN}"})

    def contract(self, client: httpx.Client) -> str:
        return self._contract.read_text("utf-8")

    def populate(self, client: httpx.Client) -> None:
        for name in ("kept", "also-kept"):
            client.post(f"/users/{name}").raise_for_status()
            client.post(f"/users/{name}/tokens", json={"note": "there before"}).raise_for_status()
        client.post("/groups/keepers").raise_for_status()
        client.post("/groups/keepers/users", json={"users": ["kept"]}).raise_for_status()
        client.put("/groups/keepers/properties", json={"purpose": "there before"}).raise_for_status()

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found = {}
        for user in client.get("/users").raise_for_status().json():
            for path in (f"/users/{quote(user['name'])}", f"/users/{quote(user['name'])}/tokens"):
                found[path] = _at_rest(client.get(path).raise_for_status().json())
        for group in client.get("/groups").raise_for_status().json():
            path = f"/groups/{quote(group['name'])}"
            found[path] = client.get(path).raise_for_status().content
        for service in client.get("/services").raise_for_status().json().values():
            found[f"/services/{service['name']}"] = _at_rest(service)
        return found


def _at_rest(value: object) -> bytes:
    """The value without what the clock moves."""

    def hook(pairs: list[tuple[str, object]]) -> dict[str, object]:
        return {name: item for name, item in pairs if name not in MOVED_BY_THE_CLOCK}

    return json.dumps(json.loads(json.dumps(value), object_pairs_hook=hook)).encode()
