"""Alertmanager, which routes and silences alerts, from Debian. Its program holds its Swagger 2.0 file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx

from .server import USUAL, Argued, Server, install_from_debian

PROGRAM = "/usr/bin/prometheus-alertmanager"
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


class Alertmanager(Server):
    """Nobody signs in."""

    name = "alertmanager"
    argued = (
        Argued(
            "read_your_writes",
            "*keeps whatever it is sent*",
            "`startsAt` must be before `endsAt`: no schema says so",
        ),
        Argued("conformance", "*/silences refuses*", "`null` is taken for an id, and for a time"),
        Argued("read_your_writes", "POST */silences keeps*", "a start that is over becomes the moment of the create"),
        Argued(
            "read_your_writes", "DELETE */silence/{silenceID} takes*", "a silence that was deleted is shown as expired"
        ),
        *USUAL,
    )

    def install(self) -> None:
        install_from_debian("prometheus-alertmanager")

    def missing(self) -> str | None:
        if shutil.which(PROGRAM):
            return None
        return "Alertmanager is not installed: make servers SERVERS=alertmanager"

    def command(self, folder: Path, port: int) -> list[str]:
        (folder / "alertmanager.yml").write_text(CONFIGURATION, "utf-8")
        return [
            PROGRAM, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder}",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
        ]  # fmt: skip

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/api/v2"

    def ready(self, url: str) -> bool:
        return httpx.get(f"{url}/status", timeout=2).status_code == 200

    def contract(self, client: httpx.Client) -> str:
        program = Path(PROGRAM).read_bytes()
        start = program.rindex(b'{\n  "consumes"', 0, program.index(b'"swagger": "2.0"'))
        text = program[start : start + 1_000_000].decode("utf-8", "replace")
        _, end = json.JSONDecoder().raw_decode(text)
        return text[:end]

    def populate(self, client: httpx.Client) -> None:
        for name in ("kept", "also kept"):
            matcher = {"name": "alertname", "value": name, "isRegex": False}
            silence = {
                "matchers": [matcher], "createdBy": "somebody", "comment": name,
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2036-01-01T00:00:00Z",
            }  # fmt: skip
            client.post("/silences", json=silence).raise_for_status()
        alert = {"labels": {"alertname": "Kept"}, "endsAt": "2036-01-01T00:00:00Z"}
        client.post("/alerts", json=[alert]).raise_for_status()

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found = {}
        for silence in client.get("/silences").raise_for_status().json():
            if silence["status"]["state"] != "expired":  # what is deleted is still listed for days, as expired
                found[f"/silence/{silence['id']}"] = client.get(f"/silence/{silence['id']}").content
        for alert in client.get("/alerts").raise_for_status().json():
            found[f"alert {alert['fingerprint']}"] = json.dumps(alert).encode()
        return found
