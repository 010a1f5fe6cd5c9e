"""Pumps of which one in use has a serial: it is asked for by floor zero, changed while it runs, and brought back."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, HTTPException, Response

from tests.kinds.others import verdict_of

CONTRACT = Path(__file__).with_name("pumps.yaml")
SERIAL = "unique:pumps.serial"
Sent = Annotated[Any, Body()]


class Pumps:
    """The server, with one fault or none.

    Args:
        fault: `zero is none`, `running stays`, `brought back`.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.numbers = count(1)
        self.kept: dict[str, dict[str, Any]] = {}
        self.app = app = FastAPI()
        app.post("/pumps", status_code=201)(self.add)
        app.get("/pumps")(self.all)
        app.get("/pumps/{pump}")(self.pump)
        app.patch("/pumps/{pump}")(self.change)
        app.delete("/pumps/{pump}", status_code=204)(self.remove)
        app.post("/pumps/{pump}/start")(self.start)

    async def add(self, body: Sent) -> dict[str, Any]:
        hold_shape(body, serial=str, floor=int, note=str)
        if "serial" not in body:
            raise HTTPException(422)
        self.hold_free(body["serial"])
        pump = {"id": f"p{next(self.numbers)}", "floor": 0, "note": "", "retired": False, "state": "idle"}
        pump |= {name: body[name] for name in ("serial", "floor", "note") if name in body}
        self.kept[str(pump["id"])] = pump
        return pump

    def hold_free(self, serial: str, but: str = "") -> None:
        in_use = (one for one in self.kept.values() if not one["retired"] and one["id"] != but)
        if any(one["serial"] == serial for one in in_use):
            raise HTTPException(409)

    def all(self, floor: int | None = None) -> list[dict[str, Any]]:
        is_asked = bool(floor) if self.fault == "zero is none" else floor is not None
        return [one for one in self.kept.values() if not is_asked or one["floor"] == floor]

    def pump(self, pump: str) -> dict[str, Any]:
        if pump not in self.kept:
            raise HTTPException(404)
        return self.kept[pump]

    async def change(self, pump: str, body: Sent) -> dict[str, Any]:
        found = self.pump(pump)
        hold_shape(body, note=str, retired=bool)
        if body.get("retired") is False and self.fault != "brought back":
            self.hold_free(found["serial"], pump)
        if self.fault != "running stays" or found["state"] == "idle":
            found.update({name: body[name] for name in ("note", "retired") if name in body})
        return found

    async def remove(self, pump: str) -> Response:
        del self.kept[self.pump(pump)["id"]]
        return Response(status_code=204)

    async def start(self, pump: str) -> dict[str, Any]:
        found = self.pump(pump)
        if found["state"] != "idle":
            raise HTTPException(409)
        found["state"] = "running"
        return found


def hold_shape(body: Any, **types: type) -> None:
    if not isinstance(body, dict):
        raise HTTPException(422)
    for name, wanted in types.items():
        value: Any = body.get(name, wanted())
        fits = type(value) is wanted and (not isinstance(value, str) or len(value) <= 60)
        if not fits or (name == "serial" and name in body and not value):
            raise HTTPException(422)
        if name == "floor" and not -2 <= value <= 30:
            raise HTTPException(422)


def test_of_a_correct_server_nothing_is_said() -> None:
    verdict = verdict_of(Pumps().app, CONTRACT, ())
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []


@pytest.mark.parametrize(
    ("fault", "rule"), [("zero is none", "filtering"), ("running stays", "read_your_writes"), ("brought back", SERIAL)]
)
def test_a_fault_of_it_is_found(fault: str, rule: str) -> None:
    assert {one.check for one in verdict_of(Pumps(fault).app, CONTRACT, (rule,)).failures} == {rule}
