"""Kinto, a document store of buckets, collections and records, from PyPI. It serves OpenAPI 2.0 at `/__api__`."""

from __future__ import annotations

from pathlib import Path

import httpx

from .server import Argued, Server, install_from_pypi

CONFIGURATION = """\
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}

[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.userid_hmac_secret = for-tests-on-loopback
kinto.bucket_create_principals = system.Authenticated
multiauth.policies = basicauth
"""


class Kinto(Server):
    """Two users; each bucket is its creator's own."""

    name = "kinto"
    argued = (
        Argued(
            "conformance",
            r"answering 5xx|Server error|Received: 500",
            "500 where the file `version.json` is not there",
            ["__version__"],
        ),
        Argued(
            "conformance",
            r"refuses a body that is no object: it answered 500|answering 5xx",
            "500 at a body that is nested deeper than Python recurses",
            ["create_*", "update_*", "patch_*", "batch"],
        ),
        Argued(
            "conformance",
            r"Server error",
            "500 at a query or a header field that it cannot use",
            [
                "*_bucket",
                "*_collection",
                "*_group",
                "*_record",
                "get_buckets",
                "get_collections",
                "get_groups",
                "get_records",
            ],
        ),
        Argued(
            "conformance",
            r"Schema-valid request rejected",
            "`If-Match`, `If-None-Match`, `_since` and their like must be numbers in quotation marks",
            ["*bucket*", "*collection*", "*group*", "*record*", "batch"],
        ),
        Argued(
            "conformance",
            r"Schema-violating request accepted.*(header|query)",
            "a header field or query that does not fit is taken for none",
            ["*bucket*", "*collection*", "*group*", "*record*"],
        ),
        Argued(
            "authentication",
            r"not valid|without authentication|invalid authentication",
            "`basicauth` takes each name and password for a user of its own",
        ),
    )
    settings = """\
[[tool.specdouble.verify.users]]
name = "alice"
credentials = { basicauth = "alice:alice-password" }

[[tool.specdouble.verify.users]]
name = "bob"
credentials = { basicauth = "bob:bob-password" }
"""

    def install(self) -> None:
        install_from_pypi(self.home, "kinto")

    def missing(self) -> str | None:
        return None if (self.home / "bin" / "kinto").exists() else "Kinto is not installed: make servers SERVERS=kinto"

    def command(self, folder: Path, port: int) -> list[str]:
        file = folder / "kinto.ini"
        file.write_text(CONFIGURATION.format(port=port), "utf-8")
        return [str(self.home / "bin" / "kinto"), "start", "--ini", str(file)]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/v1"

    def client(self, url: str) -> httpx.Client:
        # Others are other users, and one document is of the very user who verifies.
        return httpx.Client(base_url=url, timeout=10, auth=("alice", "alice-password"))

    def contract(self, client: httpx.Client) -> str:
        return client.get("/__api__").raise_for_status().text

    def populate(self, client: httpx.Client) -> None:
        for bucket in ("kept", "also-kept"):
            client.put(f"/buckets/{bucket}", json={"data": {"purpose": "there before"}}).raise_for_status()
            client.put(f"/buckets/{bucket}/groups/readers", json={"data": {"members": ["system.Everyone"]}})
            client.put(f"/buckets/{bucket}/collections/notes", json={"data": {"sort": "title"}}).raise_for_status()
            for number in range(5):
                path = f"/buckets/{bucket}/collections/notes/records/note-{number}"
                client.put(path, json={"data": {"title": f"Note {number}"}}).raise_for_status()

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for bucket in _ids(client, "/buckets", found):
            _ids(client, f"/buckets/{bucket}/groups", found)
            for collection in _ids(client, f"/buckets/{bucket}/collections", found):
                _ids(client, f"/buckets/{bucket}/collections/{collection}/records", found)
        return found


def _ids(client: httpx.Client, path: str, found: dict[str, bytes]) -> list[str]:
    """The ids of a list; its documents are put among those that were found."""
    ids = [one["id"] for one in client.get(path).raise_for_status().json()["data"]]
    for id in ids:
        found[f"{path}/{id}"] = client.get(f"{path}/{id}").raise_for_status().content
    return ids
