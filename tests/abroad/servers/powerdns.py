"""PowerDNS Authoritative, a name server, from Debian. It serves Swagger 2.0 at `/api/docs`."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import httpx

from .server import Argued, Server, free_port, install_from_debian, undeclared

KEY = "for-tests-on-loopback"
SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
HERE = "/servers/localhost"
WRITERS = [
    "createZone",
    "putZone",
    "patchZone",
    "createTSIGKey",
    "putTSIGKey",
    "createCryptokey",
    "modifyCryptokey",
    "createMetadata",
    "modifyMetadata",
]


class PowerDNS(Server):
    """One key for everybody: whoever has it may do everything."""

    name = "powerdns"
    argued = (
        Argued(
            "*",
            r'(is accepted|is sent|nothing else|not name): the server answered (400|409|422) \{"errors?"',
            "a name is canonical, a key is base64, an algorithm one that is known: no schema says so",
            WRITERS,
        ),
        Argued(
            "*",
            r"Schema-valid request rejected",
            "a name is canonical, a key is base64, an algorithm one that is known: no schema says so",
            [*WRITERS, "searchData", "listZones"],
        ),
        Argued(
            "*",
            r'answered 500 \{"error": "Internal Server Error"\}|Server error',
            "500 at a name that is no text, a catalog that is no name, a search that it cannot use, a key's number "
            "that is none or too large",
            [
                *WRITERS,
                "searchData",
                "getCryptokey",
                "deleteCryptokey",
                "cacheFlushByName",
                "getTSIGKey",
                "deleteTSIGKey",
                "listZone",
                "deleteZone",
            ],
        ),
        Argued(
            "conformance",
            r"changetype: is required|changetype",
            "`changetype` is required of answers that never have it",
            ["createZone", "listZone"],
        ),
        Argued(
            "*",
            r'/cryptokeys.* shows "(csk|ksk|zsk)"',
            "a first key becomes a `csk`, whatever is asked for",
            ["createCryptokey", "listCryptokeys", "modifyCryptokey"],
        ),
        Argued(
            "read_your_writes",
            r"PUT \S*/cryptokeys/\S+ keeps",
            "a `PUT` of 204 changes `active` alone",
            ["modifyCryptokey", "listCryptokeys"],
        ),
        Argued(
            "read_your_writes",
            r"(PATCH|PUT) \S*/zones/\S+ (changes|keeps)",
            "a change of a zone takes any property, and changes some",
            ["patchZone", "putZone"],
        ),
        Argued(
            "boundaries",
            r"(type|url) within its bounds is accepted: (the answer|a read) shows",
            "`type` and `url` are the server's own, and no schema says `readOnly`",
            ["createZone", "putZone"],
        ),
        Argued(
            "boundaries",
            r"PUT \S*/zones/\S+: (name|rrsets) within its bounds is accepted: a read shows",
            "a change of a zone takes any property, and changes some",
            ["putZone"],
        ),
        Argued(
            "boundaries",
            r"/cryptokeys.*(type|dnskey|c?ds|privatekey|algorithm) within its bounds is accepted: (the answer|a read)",
            "what the server makes of a key itself is taken and not kept, and no schema says `readOnly`",
            ["createCryptokey", "modifyCryptokey"],
        ),
        Argued(
            "boundaries",
            r"PUT \S*/cryptokeys/\S+ keeps",
            "a `PUT` of 204 changes `active` alone",
            ["modifyCryptokey"],
        ),
        Argued("partial_update", r"PATCH \S*/zones/.*serial", "each `PATCH` raises the serial number", ["patchZone"]),
        Argued(
            "conformance",
            r'is not of type "string"|Response violates schema',
            "the answer is an object, where the contract says a text",
            ["axfrExportZone", "rectifyZone", "notifyZone", "axfrRetrieveZone"],
        ),
        Argued(
            "conformance",
            r"Undocumented Content-Type: Received: text/plain",
            "an error that is no JSON, and the export, are plain texts",
        ),
        Argued("conformance", r"an answer 200 of type", "the export is a plain text", ["axfrExportZone"]),
        Argued(
            "conformance",
            r"refuses what does not fit.*the server answered 20[014]",
            "what is of another type is taken, or not looked at",
            [
                "createCryptokey",
                "modifyCryptokey",
                "createZone",
                "putZone",
                "patchZone",
                "createTSIGKey",
                "putTSIGKey",
                "createMetadata",
                "modifyMetadata",
            ],
        ),
        Argued(
            "conformance", r"Schema-violating request accepted", "what is of another type is taken, or not looked at"
        ),
        Argued("conformance", undeclared(404, 409, 412, 415, 422), "an undeclared refusal"),
        Argued("error_shape", r"answering 4\d\d|status code 4\d\d", "a refusal by its HTTP library is no object"),
    )
    contract_name = "openapi.yaml"
    settings = f"""\
[[tool.specdouble.verify.users]]
name = "operator"
credentials = {{ APIKeyHeader = "{KEY}" }}
"""

    def install(self) -> None:
        install_from_debian("pdns-server", "pdns-backend-sqlite3")

    def missing(self) -> str | None:
        if shutil.which("pdns_server", path="/usr/sbin:/usr/bin") and SCHEMA.exists():
            return None
        return "PowerDNS is not installed: make servers SERVERS=powerdns"

    def command(self, folder: Path, port: int) -> list[str]:
        with sqlite3.connect(folder / "zones.sqlite3") as database:
            database.executescript(SCHEMA.read_text("utf-8"))
        database.close()
        return [
            "/usr/sbin/pdns_server", "--no-config", "--daemon=no", "--guardian=no", f"--socket-dir={folder}",
            "--launch=gsqlite3", f"--gsqlite3-database={folder / 'zones.sqlite3'}", "--gsqlite3-dnssec=yes",
            "--local-address=127.0.0.1", f"--local-port={free_port()}",
            "--webserver=yes", "--webserver-address=127.0.0.1", f"--webserver-port={port}",
            "--api=yes", f"--api-key={KEY}",
        ]  # fmt: skip

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/api/v1"

    def client(self, url: str) -> httpx.Client:
        return httpx.Client(base_url=url, timeout=10, headers={"X-API-Key": KEY})

    def contract(self, client: httpx.Client) -> str:
        return client.get(str(client.base_url).replace("/api/v1/", "/api/docs")).raise_for_status().text

    def populate(self, client: httpx.Client) -> None:
        for name in ("kept.example.", "also-kept.example."):
            records = [{"content": "192.0.2.1", "disabled": False}]
            address = {"name": f"www.{name}", "type": "A", "ttl": 300, "records": records}
            zone = {"name": name, "kind": "Native", "nameservers": [f"ns1.{name}"], "rrsets": [address]}
            client.post(f"{HERE}/zones", json=zone).raise_for_status()
            key = {"keytype": "ksk", "active": True}
            client.post(f"{HERE}/zones/{name}/cryptokeys", json=key).raise_for_status()
            metadata = {"kind": "ALLOW-AXFR-FROM", "metadata": ["192.0.2.9"]}
            client.post(f"{HERE}/zones/{name}/metadata", json=metadata).raise_for_status()
        client.post(f"{HERE}/tsigkeys", json={"name": "kept", "algorithm": "hmac-sha256"}).raise_for_status()
        client.post(f"{HERE}/autoprimaries", json={"ip": "192.0.2.8", "nameserver": "ns.example", "account": "kept"})

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found = {f"{HERE}/autoprimaries": client.get(f"{HERE}/autoprimaries").content}
        for key in client.get(f"{HERE}/tsigkeys").raise_for_status().json():
            path = f"{HERE}/tsigkeys/{key['id']}"
            answer = client.get(path)
            if answer.is_success:  # a key whose name is a dot is listed, and cannot be read
                found[path] = answer.content
        for zone in client.get(f"{HERE}/zones").raise_for_status().json():
            for path in (zone["id"], f"{zone['id']}/cryptokeys", f"{zone['id']}/metadata"):
                found[f"{HERE}/zones/{path}"] = client.get(f"{HERE}/zones/{path}").raise_for_status().content
        return found
