"""What each parent numbers anew is told apart by its parent: the first of one is not the first of another."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.ledger import Ledger
from specdouble.verify.verdict import KEPT
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Tickets of projects, version: "1"}
components:
  schemas:
    NewProject:
      type: object
      required: [name]
      properties: {name: {type: string, minLength: 1, maxLength: 60}}
    Project: {type: object, required: [id, name], properties: {id: {type: integer}, name: {type: string}}}
    NewTicket:
      type: object
      required: [title]
      properties: {title: {type: string, minLength: 1, maxLength: 80}}
    TicketPatch:
      type: object
      properties: {title: {type: string, minLength: 1, maxLength: 80}}
    Ticket: {type: object, required: [number, title], properties: {number: {type: integer}, title: {type: string}}}
  requestBodies:
    Project: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewProject"}}}}
    Ticket: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewTicket"}}}}
    Patch: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/TicketPatch"}}}}
  responses:
    Bad: {description: refused}
    None: {description: there is none}
    Project: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Project"}}}}
    Ticket: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Ticket"}}}}
paths:
  /projects:
    post:
      operationId: createProject
      requestBody: {$ref: "#/components/requestBodies/Project"}
      responses: {"201": {$ref: "#/components/responses/Project"}, "400": {$ref: "#/components/responses/Bad"}}
  /projects/{projectId}:
    parameters: [{name: projectId, in: path, required: true, schema: {type: integer}}]
    delete:
      operationId: deleteProject
      responses:
        "204": {description: gone}
        "400": {$ref: "#/components/responses/Bad"}
        "404": {$ref: "#/components/responses/None"}
        "409": {description: it has tickets}
  /projects/{projectId}/tickets:
    parameters: [{name: projectId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: listTickets
      responses:
        "200":
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Ticket"}}}}
        "400": {$ref: "#/components/responses/Bad"}
        "404": {$ref: "#/components/responses/None"}
    post:
      operationId: createTicket
      requestBody: {$ref: "#/components/requestBodies/Ticket"}
      responses:
        "201": {$ref: "#/components/responses/Ticket"}
        "400": {$ref: "#/components/responses/Bad"}
        "404": {$ref: "#/components/responses/None"}
  /projects/{projectId}/tickets/{number}:
    parameters:
    - {name: projectId, in: path, required: true, schema: {type: integer}}
    - {name: number, in: path, required: true, schema: {type: integer}}
    get:
      operationId: getTicket
      responses:
        "200": {$ref: "#/components/responses/Ticket"}
        "400": {$ref: "#/components/responses/Bad"}
        "404": {$ref: "#/components/responses/None"}
    patch:
      operationId: editTicket
      requestBody: {$ref: "#/components/requestBodies/Patch"}
      responses:
        "200": {$ref: "#/components/responses/Ticket"}
        "400": {$ref: "#/components/responses/Bad"}
        "404": {$ref: "#/components/responses/None"}
    delete:
      operationId: deleteTicket
      responses:
        "204": {description: gone}
        "400": {$ref: "#/components/responses/Bad"}
        "404": {$ref: "#/components/responses/None"}
"""

Reply = tuple[int, Any]
REFUSED, NONE = (400, None), (404, None)


class Projects:
    """Projects that number their tickets from one; one with tickets stays, and a change has to name a title.

    Args:
        most: how many tickets a project has at a time; nobody says so.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        self.most = most
        self.numbers = count(1)
        self.projects: dict[int, dict[int, Any]] = {}
        self.highest: dict[int, int] = {}

    def answer(self, method: str, path: str, sent: bytes) -> Reply:
        match path.strip("/").split("/"):
            case ["projects"] if method == "POST":
                return self._open(sent)
            case ["projects", project] if method == "DELETE":
                return self._close(_number(project))
            case ["projects", project, "tickets"] if method == "POST":
                return self._write(_number(project), sent)
            case ["projects", project, "tickets"] if method == "GET":
                tickets = self.projects.get(_number(project) or 0)
                return NONE if tickets is None else (200, list(tickets.values()))
            case ["projects", project, "tickets", number]:
                return self._ticket(method, _number(project), _number(number), sent)
        return 405, None

    def _open(self, sent: bytes) -> Reply:
        name = _text(sent, "name", 60)
        if name is None:
            return REFUSED
        project = next(self.numbers)
        self.projects[project], self.highest[project] = {}, 0
        return 201, {"id": project, "name": name}

    def _close(self, project: int | None) -> Reply:
        if project not in self.projects:
            return NONE
        if self.projects[project]:
            return 409, None
        del self.projects[project]
        return 204, None

    def _write(self, project: int | None, sent: bytes) -> Reply:
        title = _text(sent, "title", 80)
        if project not in self.projects:
            return NONE
        if title is None:
            return REFUSED
        if len(self.projects[project]) >= self.most:
            return 409, {"error": "the project is full"}
        self.highest[project] += 1
        number = self.highest[project]
        self.projects[project][number] = {"number": number, "title": title}
        return 201, self.projects[project][number]

    def _ticket(self, method: str, project: int | None, number: int | None, sent: bytes) -> Reply:
        tickets = self.projects.get(project or 0, {})
        if number not in tickets:
            return NONE
        if method == "GET":
            return 200, tickets[number]
        if method == "DELETE":
            del tickets[number]
            return 204, None
        title = _text(sent, "title", 80)
        if method != "PATCH" or title is None:
            return REFUSED if method == "PATCH" else (405, None)
        tickets[number]["title"] = title
        return 200, tickets[number]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _text(sent: bytes, name: str, longest: int) -> str | None:
    """A property of what was sent, where it is a text of that length; None where it is not."""
    try:
        told = json.loads(sent)
    except (ValueError, RecursionError):
        return None
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) and 1 <= len(value) <= longest else None


@pytest.mark.slow
def test_nothing_is_left_of_projects_that_stay_while_they_have_tickets(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    server = Projects()
    with serving(server.answer) as url:
        verdict = verify(read(tmp_path), Settings(url=url, phases=("rules",)))
    assert (server.projects, verdict.left) == ({}, [])
    assert not verdict.failures, [str(one) for one in verdict.failures]


def test_what_takes_a_few_and_does_not_say_so_is_told_as_nothing_else(tmp_path: Path) -> None:
    """A case that goes on below another project, where the tickets have the same numbers, begins anew."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    server = Projects(most=5)
    checks = ("distinct_ids", "deletion", "read_changes_nothing", "partial_update")
    with serving(server.answer) as url:
        verdict = verify(read(tmp_path), Settings(url=url, phases=("rules",), rules=checks))
    assert not verdict.failures, [str(one) for one in verdict.failures]
    assert (server.projects, verdict.rows["distinct_ids"].state) == ({}, KEPT)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Of two projects, which have a ticket each, both of them the first."""
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    contract = read(tmp_path)
    ledger = Ledger(contract)
    for project in (1, 2):
        done(ledger, Call(contract.operations["createProject"], has_body=True), 201, {"id": project})
        done(ledger, Call(contract.operations["createTicket"], path={"projectId": project}), 201, {"number": 1})
    return ledger


def done(ledger: Ledger, call: Call, status: int, shown: Any = None) -> None:
    headers, content = {"content-type": "application/json"}, b"" if shown is None else json.dumps(shown).encode()
    ledger.answer(0, call, Exchange(call, "POST", "http://x/", {}, None, status, headers, content, 0.0, 0.0))


def tickets(ledger: Ledger) -> set[str | None]:
    return {one for made in ledger.newest_first() if "tickets" in (one := ledger.removal(made) or "")}


def test_each_project_s_first_ticket_is_known(ledger: Ledger) -> None:
    assert tickets(ledger) == {"DELETE /projects/1/tickets/1", "DELETE /projects/2/tickets/1"}


@pytest.mark.parametrize(("gone", "stays"), [(1, 2), (2, 1)])
def test_the_first_ticket_of_one_project_is_deleted_and_the_other_s_is_still_known(
    gone: int, stays: int, ledger: Ledger
) -> None:
    deletion = Call(ledger.contract.operations["deleteTicket"], path={"projectId": gone, "number": 1})
    for _ in range(2):  # a second time it deletes nothing
        done(ledger, deletion, 204)
    assert tickets(ledger) == {f"DELETE /projects/{stays}/tickets/1"}


def test_what_a_list_shows_is_known_though_one_of_its_number_was_deleted_elsewhere(ledger: Ledger) -> None:
    for project in (1, 2):
        done(ledger, Call(ledger.contract.operations["deleteTicket"], path={"projectId": project, "number": 1}), 204)
    done(ledger, Call(ledger.contract.operations["createProject"], has_body=True), 201, {"id": 3})
    for project in (1, 3):
        ledger.trace(Call(ledger.contract.operations["createTicket"], path={"projectId": project}), 1)
    assert tickets(ledger) == {"DELETE /projects/3/tickets/1"}
