"""Numbers that the server counts on: two documents that are created at the same time have two, wherever they lie."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from specdouble.contract import Contract, read
from specdouble.verify import Settings, verify
from tests.applications import serving


class New(BaseModel):
    """What a client creates a ticket with."""

    text: str = Field(min_length=1, max_length=80)


class Ticket(New):
    """A ticket, as it is shown."""

    id: str
    number: int = Field(json_schema_extra={"readOnly": True})


def _tickets(pause: float) -> FastAPI:
    """A server of tickets that takes some time between the last number and the next one."""
    app, tickets, lock = FastAPI(), dict[str, Ticket](), threading.Lock()

    @app.post("/tickets", status_code=201)
    def create_ticket(new: New) -> Ticket:
        with lock:
            number = 1 + max((one.number for one in tickets.values()), default=0)
            if not pause:
                return _kept(new, number)
        time.sleep(pause)
        return _kept(new, number)

    def _kept(new: New, number: int) -> Ticket:
        ticket = Ticket(id=f"t{len(tickets)}-{time.monotonic_ns()}", number=number, text=new.text)
        return tickets.setdefault(ticket.id, ticket)

    @app.get("/tickets/{id}", responses={404: {}})
    def read_ticket(id: str) -> Ticket:
        if id not in tickets:
            raise HTTPException(404, "no such ticket")
        return tickets[id]

    return app


def _contract(folder: Path, app: FastAPI) -> Contract:
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(app.openapi(), sort_keys=False), encoding="utf-8")
    return read(file)


@pytest.mark.parametrize(
    ("pause", "found"),
    [(0, []), (0.01, ["no two of tickets that are numbered together have the same number"])],
)
def test_a_number_of_all_documents_is_given_once(tmp_path: Path, pause: float, found: list[Any]) -> None:
    app = _tickets(pause)
    contract = _contract(tmp_path, app)
    with serving(app) as url:
        settings = Settings(url, yes=True, seed=1, workers=1, phases=("rules",), rules=("derived_values",))
        verdict = verify(contract, settings)
    assert ([one.promise for one in verdict.failures], verdict.rows["derived_values"].cases) == (found, 1)
