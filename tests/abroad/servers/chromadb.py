"""ChromaDB, a vector database, from PyPI. It serves OpenAPI 3.1 at `/openapi.json`."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from .server import USUAL, Argued, Server, install_from_pypi

TENANT = "/api/v2/tenants/default_tenant"


class ChromaDB(Server):
    """Nobody signs in."""

    name = "chromadb"
    argued = (
        Argued(
            "read_your_writes",
            "PATCH */tenants/{tenant_name} keeps*",
            "the answer is 200, and what was written is not kept",
        ),
        Argued(
            "read_your_writes",
            "*keeps whatever it is sent*",
            "the least length of a name is not declared",
        ),
        Argued("boundaries", "*name within its bounds*", "the same"),
        Argued("authentication", "*", "401 is declared, and a server without users asks for no credentials"),
        Argued("conformance", "*refuses a body that is no object*", "bytes that are no UTF-8 are taken within a text"),
        Argued("conformance", "*5xx*", "500 at a name that is taken, and at what a local server cannot do"),
        Argued("authentication", "*indexing_status*", "500 at what a local server cannot do"),
        Argued(
            "read_your_writes",
            "GET */collections/{collection_id} shows*",
            "the path asks for an id, and wants the name",
        ),
        *USUAL,
    )

    def install(self) -> None:
        install_from_pypi(self.home, "chromadb")

    def missing(self) -> str | None:
        program = self.home / "bin" / "chroma"
        return None if program.exists() else "ChromaDB is not installed: make servers SERVERS=chromadb"

    def command(self, folder: Path, port: int) -> list[str]:
        program = str(self.home / "bin" / "chroma")
        return [program, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]

    def ready(self, url: str) -> bool:
        return httpx.get(f"{url}/api/v2/heartbeat", timeout=2).status_code == 200

    def contract(self, client: httpx.Client) -> str:
        return client.get("/openapi.json").raise_for_status().text

    def populate(self, client: httpx.Client) -> None:
        client.post("/api/v2/tenants", json={"name": "kept"}).raise_for_status()
        client.post(f"{TENANT}/databases", json={"name": "kept"}).raise_for_status()
        for database in ("kept", "default_database"):
            path = f"{TENANT}/databases/{database}/collections"
            collection = client.post(path, json={"name": "kept", "metadata": {"purpose": "there before"}})
            records = {"ids": ["a", "b"], "embeddings": [[1.0, 2.0], [3.0, 4.0]], "documents": ["one", "two"]}
            client.post(f"{path}/{collection.raise_for_status().json()['id']}/add", json=records).raise_for_status()

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found = {"/api/v2/tenants/kept": client.get("/api/v2/tenants/kept").raise_for_status().content}
        for database in client.get(f"{TENANT}/databases").raise_for_status().json():
            path = f"{TENANT}/databases/{database['name']}"
            found[path] = client.get(path).raise_for_status().content
            for collection in client.get(f"{path}/collections").raise_for_status().json():
                records = client.post(f"{path}/collections/{collection['id']}/get", json={"include": ["documents"]})
                found[f"{path}/collections/{collection['id']}/get"] = records.raise_for_status().content
                read = client.get(f"{path}/collections/{collection['name']}").raise_for_status().json()
                found[f"{path}/collections/{collection['name']}"] = json.dumps(read, sort_keys=True).encode()
        return found
