"""What five validations cost a create: a ratio, from one run in which both doubles take turns.

python -m benchmarks.validations
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from specdouble.double.assembly import assembled
from specdouble.double.double import Double, Settings

ROUNDS, REQUESTS = 3000, 5  # short ones: on a busy machine some are not disturbed
BODY = json.dumps({
    "room": "a", "from": "2026-01-01T10:00:00Z", "to": "2026-01-01T11:00:00Z", "guests": 2, "price": 12.5,
    "deposit": 2, "seats": [{"row": 1, "name": "x"}],
}).encode()  # fmt: skip
RULES = (
    "self.from < self.to",
    "!has(self.deposit) || (has(self.price) && self.deposit <= self.price)",
    "self.room != '' || has(self.price)",
    "!has(self.seats) || self.seats.size() <= self.guests",
    "self.guests <= 400",
)


def contract(rules: tuple[str, ...]) -> dict[str, Any]:
    """A contract whose documents keep to these rules."""
    seat = {"type": "object", "properties": {"row": {"type": "integer"}, "name": {"type": "string"}}}
    moment = {"type": "string", "format": "date-time"}
    booking = {
        "x-resource": {"collection": "bookings", "id": "id"},
        "x-validations": [{"rule": rule} for rule in rules],
        "type": "object",
        "required": ["room", "from", "to", "guests"],
        "properties": {
            "id": {"type": "string", "readOnly": True}, "room": {"type": "string"}, "from": moment, "to": moment,
            "guests": {"type": "integer"}, "price": {"type": "number"}, "deposit": {"type": "number"},
            "seats": {"type": "array", "items": seat},
        },
    }  # fmt: skip
    media = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Booking"}}}}
    responses = {"201": {"description": "made", **media}, "422": {"description": "no"}}
    create = {"operationId": "post_booking", "requestBody": {"required": True, **media}, "responses": responses}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bookings", "version": "1"},
        "paths": {"/bookings": {"post": create}},
        "components": {"schemas": {"Booking": booking}},
    }


def served(folder: Path, rules: tuple[str, ...]) -> Any:
    """The application of a double under these rules."""
    folder.mkdir()
    (folder / "openapi.json").write_text(json.dumps(contract(rules)), "utf-8")
    return assembled(Double(Settings(folder, seed=1)))


async def create(app: Any) -> int:
    """Send one create; its status."""
    headers = [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/bookings",
        "raw_path": b"/bookings", "query_string": b"", "root_path": "", "scheme": "http", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


async def measure(folder: Path) -> tuple[float, float]:
    """The processor's microseconds of a create under none and under all rules, each the best of many rounds."""
    apps = [served(folder / "none", ()), served(folder / "five", RULES)]
    best = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for number, app in enumerate(apps):
            started = time.process_time()
            for _ in range(REQUESTS):
                if await create(app) != 201:
                    raise RuntimeError("a booking that keeps the rules was refused")
            best[number] = min(best[number], (time.process_time() - started) / REQUESTS * 1e6)
    return best[0], best[1]


def main() -> None:
    """Print both and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        none, five = asyncio.run(measure(Path(folder)))
    print(f"a create under no validation {none:.0f} µs, under five {five:.0f} µs: {five / none:.2f} times as much")


if __name__ == "__main__":
    main()
