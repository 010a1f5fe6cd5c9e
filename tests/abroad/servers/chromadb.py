"""ChromaDB, a vector database, from PyPI. It serves OpenAPI 3.1 at `/openapi.json`."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from .server import Argued, Server, install_from_pypi, undeclared

TENANT = "/api/v2/tenants/default_tenant"


class ChromaDB(Server):
    """Nobody signs in."""

    name = "chromadb"
    argued = (
        Argued(
            "authentication",
            r"Server error|answering 5xx",
            "500 at what a local server does not do, whoever asks",
            ["indexing_status"],
        ),
        Argued(
            "authentication",
            r"no credentials|not valid|without authentication|invalid authentication|answered 200|answered 500",
            "401 is declared, and a server without users asks for no credentials",
        ),
        Argued(
            "*",
            r'(is accepted|is sent|an id stays|nothing else): the server answered 4(00|22) \{"error":',
            "a name is of 3 characters at least, of few kinds: no schema says so",
            ["create_tenant", "create_database", "create_collection", "update_collection", "update_tenant"],
        ),
        Argued(
            "*",
            r"Schema-valid request rejected",
            "a name is of 3 characters at least; an id is a UUID, an offset of 64 bits",
        ),
        Argued(
            "*",
            r"takes properties that its schema does not name: the server answered 422",
            "unknown properties are refused, and no schema says so",
            ["update_tenant", "create_tenant", "create_database", "create_collection", "update_collection"],
        ),
        Argued(
            "boundaries",
            r"(is accepted|keeps what it is sent): the server answered 400 .*Inconsistent number of IDs",
            "there are as many of each as there are ids: no schema says so",
            ["collection_update"],
        ),
        Argued(
            "conformance",
            r"answered 501|Received: 501",
            "501 at what a local server does not do: declared nowhere",
            [
                "fork_collection",
                "fork_count",
                "attach_function",
                "detach_function",
                "get_attached_function",
                "collection_search",
                "indexing_status",
            ],
        ),
        Argued(
            "conformance",
            r"answering 5xx|Server error|answered 500",
            "500 at a name that is taken, and at what a local server does not do",
            [
                "update_collection",
                "indexing_status",
                "create_collection",
                "get_attached_function",
                "detach_function",
                "attach_function",
            ],
        ),
        Argued(
            "conformance",
            r"answering 200: the body|Response violates schema",
            "an object, where the contract says a text",
            ["healthcheck", "version"],
        ),
        Argued(
            "conformance",
            r"an answer 200 of type text/plain|Undocumented Content-Type",
            "JSON, where the contract says a text",
            ["version"],
        ),
        Argued(
            "conformance",
            r"configuration_json: is required|Response violates schema",
            "`configuration_json` is required, and left out of lists",
            ["list_databases"],
        ),
        Argued(
            "conformance",
            r"refuses a body that is no object.*answered 200|no UTF-8",
            "bytes that are no UTF-8 are taken within a text",
            ["update_collection", "create_collection", "create_tenant", "create_database", "update_tenant"],
        ),
        Argued(
            "read_your_writes",
            r"PATCH /api/v2/tenants/\{tenant_name\} .*a read shows null",
            "the answer is 200, and what was written is not kept",
            ["update_tenant"],
        ),
        Argued(
            "read_your_writes",
            r"GET \S*/collections/\{collection_id\} shows.*404",
            "the path asks for an id, and wants the name: a database, too, is told apart by it",
            ["create_collection", "get_collection", "delete_database"],
        ),
        Argued("conformance", undeclared(400, 404, 409, 422), "an undeclared refusal"),
        Argued(
            "conformance",
            r"Schema-violating request accepted.*offset",
            "an offset below none is taken for none, and one of more than 32 bits for itself",
            ["list_databases", "list_collections", "list_*", "collection_query"],
        ),
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
