"""Alertmanager, which routes and silences alerts, from Debian. Its program holds its Swagger 2.0 file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx

from .server import Argued, Server, install_from_debian, undeclared

PROGRAM = "/usr/bin/prometheus-alertmanager"
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


class Alertmanager(Server):
    """Nobody signs in."""

    name = "alertmanager"
    argued = (
        Argued(
            "*",
            r'(is accepted|is sent|not name): the server answered 400 "(silence invalid|start time|end time)',
            "a label has to be a name, a start before an end, a matcher one that can fail: no schema says so",
            ["postSilences", "postAlerts"],
        ),
        Argued(
            "*",
            r"Schema-valid request rejected",
            "the same; a filter has to be a matcher, a receiver a regular expression",
            ["postSilences", "postAlerts", "getAlerts", "getAlertGroups", "getSilences"],
        ),
        Argued(
            "conformance",
            r"/silences refuses what does not fit",
            "`null` is taken for an id, and for a time",
            ["postSilences"],
        ),
        Argued(
            "read_your_writes",
            r'POST /api/v2/silences keeps what.*a read shows "20',
            "a start that is over becomes the moment of the create",
            ["postSilences"],
        ),
        Argued(
            "deletion",
            r"takes its document (away|out of).*it is still shown",
            "a silence that was deleted is shown as expired",
            ["deleteSilence"],
        ),
        Argued(
            "conformance", undeclared(400, 422), "422 of go-openapi at what does not fit, and 400, are nowhere declared"
        ),
        Argued(
            "conformance",
            r"Schema-violating request accepted.*(query|in body)",
            "a truth that is none, and a body that is null, are taken for none",
            ["getAlerts", "getAlertGroups", "postSilences", "postAlerts"],
        ),
        Argued(
            "error_shape",
            r'"code":400,"message":"parsing',
            "a refusal of go-openapi is an object, where the contract says a text",
            ["postSilences", "postAlerts"],
        ),
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
