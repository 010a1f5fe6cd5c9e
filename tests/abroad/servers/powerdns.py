"""PowerDNS Authoritative, a name server, from Debian. It serves Swagger 2.0 at `/api/docs`."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import httpx

from .server import USUAL, Argued, Server, free_port, install_from_debian

KEY = "for-tests-on-loopback"
SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
HERE = "/servers/localhost"


class PowerDNS(Server):
    """One key for everybody: whoever has it may do everything."""

    name = "powerdns"
    argued = (
        Argued("read_your_writes", "*keeps whatever it is sent*", "`name` is demanded, though not `required`"),
        Argued("boundaries", "*name within its bounds*", "`name` must end in a dot, and the contract says any text"),
        Argued("read_your_writes", "*/cryptokeys keeps*csk*", "a first key becomes a `csk`, whatever is asked for"),
        Argued("read_your_writes", "PUT */cryptokeys/{cryptokey_id} keeps*", "a `PUT` of 204 changes `active` alone"),
        Argued("read_your_writes", "*/zones* changes*", "a `PATCH` changes records alone, and takes any property"),
        Argued("partial_update", "PATCH */zones/{zone_id}*serial*", "each `PATCH` raises the serial number"),
        Argued(
            "refused_leaves_no_trace", "PUT */zones/{zone_id}*Internal Server Error*", "500 at a name that is no text"
        ),
        Argued("conformance", "*Server error*", "500 at a search or a key that it cannot use"),
        Argued("conformance", "*tsigkeys*5xx*", "500 at a key that it cannot use"),
        *USUAL,
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
