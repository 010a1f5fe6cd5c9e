"""Faults that a museum's server has, each a slip of a programmer, and what tells them; the correct one is silent."""

from __future__ import annotations

import json
from email.message import Message
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from specdouble.verify.verdict import Verdict
from tests.guard.service import serving_whole

STAFF = {"mara": ("north", "mara-1"), "otto": ("north", "otto-2"), "pia": ("south", "pia-3")}
CONTRACT = """
openapi: 3.0.3
info: {title: A museum, version: "1"}
security: [{key: []}]
paths:
  /staff:
    get:
      operationId: listStaff
      responses:
        "200":
          description: colleagues
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Person"}}}}
  /galleries:
    post:
      operationId: createGallery
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Gallery"}}}}
      responses: &made
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Gallery"}}}}
        "409": {description: taken}
        "422": {description: wrong}
    get:
      operationId: listGalleries
      parameters:
      - {name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}
      - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}
      - name: q
        in: query
        description: Text that is somewhere in code or note; case does not count.
        schema: {type: string, minLength: 1, maxLength: 60}
      responses:
        "200":
          description: a page
          content:
            application/json:
              schema:
                type: object
                required: [items, hasMore]
                properties:
                  items: {type: array, items: {$ref: "#/components/schemas/Gallery"}}
                  hasMore: {type: boolean}
  /galleries/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readGallery
      responses: &one
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Gallery"}}}}
        "404": {description: none}
        "409": {description: fixed}
        "422": {description: wrong}
    patch:
      operationId: changeGallery
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Change"}}}}
      responses: *one
    delete: {operationId: closeGallery, responses: {"204": {description: gone}, "404": {description: none}}}
  /paintings:
    post:
      operationId: hang
      parameters: [{name: Idempotency-Key, in: header, schema: {type: string, minLength: 1, maxLength: 64}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Painting"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Painting"}}}}
        "404": {description: no such gallery}
        "409": {description: another request}
        "422": {description: wrong}
      x-idempotency: Idempotency-Key
  /paintings/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readPainting
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Painting"}}}}
        "404": {description: none}
    delete: {operationId: sell, responses: {"204": {description: gone}, "404": {description: none}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}
  schemas:
    Person:
      type: object
      x-resource: {collection: staff, id: id, tenant: house}
      properties: {id: {type: string}, house: {type: string}}
    Gallery:
      type: object
      x-resource: {collection: galleries, id: id}
      required: [code]
      properties:
        id: {type: string, readOnly: true}
        code: {type: string, minLength: 1, maxLength: 60, x-immutable: true}
        note: {type: string, maxLength: 60}
    Change:
      type: object
      properties: {code: {type: string, minLength: 1, maxLength: 60}, note: {type: string, maxLength: 60}}
    Painting:
      type: object
      x-resource: {collection: paintings, id: id}
      required: [title]
      properties:
        id: {type: string, readOnly: true}
        title: {type: string, minLength: 1, maxLength: 60}
        galleryId: {type: string, nullable: true, x-references: {collection: galleries, onDelete: set-null}}
"""


class Museum:
    """The server, with a fault."""

    def __init__(self, fault: str) -> None:
        self.fault, self.numbers = fault, count(1)
        self.galleries: dict[str, dict[str, Any]] = {}
        self.paintings: dict[str, dict[str, Any]] = {}
        self.answered: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = {}

    def asked(self, method: str, target: str, sent: bytes, headers: Message) -> tuple[int, Any, dict[str, str]]:
        """The status, what is sent as JSON, and the header fields."""
        try:
            body = json.loads(sent) if sent else {}
        except ValueError:
            return 422, {}, {}
        return self.answer(method, target, body, headers) if isinstance(body, dict) else (422, {}, {})

    def answer(
        self, method: str, target: str, body: dict[str, Any], headers: Message
    ) -> tuple[int, Any, dict[str, str]]:
        """The same, once the body is known to be an object."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        who = next((one for one in STAFF.values() if one[1] == headers.get("X-Api-Key")), None)
        if who is None:
            return 401, {}, {}
        name = path.strip("/").partition("/")[0]
        id = path.removeprefix(f"/{name}").strip("/")
        if name == "staff":
            shown = [
                {"id": one, "house": house}
                for one, (house, _) in STAFF.items()
                if house == who[0] or self.fault == "staff of all houses"
            ]
            return 200, shown, {}
        held = self.galleries if name == "galleries" else self.paintings
        if not id:
            return self._all(method, name, held, query, body, (who[1], headers.get("Idempotency-Key") or ""))
        if id not in held:
            return 404, {}, {}
        if method == "DELETE":
            held.pop(id)
            naming = [one for one in self.paintings.values() if one["galleryId"] == id]
            for one in naming[:1] if self.fault == "one alone is emptied" else naming:
                one["galleryId"] = None
            return 204, None, {}
        return self._change(held[id], body) if method == "PATCH" else (200, held[id], {})

    def _change(self, one: dict[str, Any], body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        if not all(isinstance(value, str) and len(value) <= 60 for value in body.values()) or body.get("code") == "":
            return 422, {}, {}
        code = body.get("code", one["code"])
        is_same = code.lower() == one["code"].lower() if self.fault == "fixed but for case" else code == one["code"]
        if not is_same:
            return 409, {}, {}
        one |= {name: body[name] for name in ("code", "note") if name in body}
        return 200, one, {}

    def _has(self, one: dict[str, Any], text: str) -> bool:
        """Whether a search finds it."""
        texts = [one["code"]] if self.fault == "no search in the note" else [one["code"], one.get("note", "")]
        if self.fault != "a search heeds case":
            text, texts = text.lower(), [each.lower() for each in texts]
        at_start = self.fault == "a search from the start"
        return any(each.startswith(text) if at_start else text in each for each in texts)

    def _all(
        self, method: str, name: str, held: dict[str, Any], query: Any, body: Any, key: tuple[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        if method == "GET":
            number, size = int(query.get("page", ["1"])[0]), int(query.get("size", ["10"])[0])
            begin = (number - 1) * size
            found = [one for one in held.values() if self._has(one, query.get("q", [""])[0])]
            shown = found[begin : begin + size]
            more = len(shown) == size if self.fault == "more after a full page" else begin + size < len(found)
            return 200, {"items": shown, "hasMore": more}, {}
        word = "code" if name == "galleries" else "title"
        if not isinstance(body.get(word), str) or not 0 < len(body[word]) <= 60:
            return 422, {}, {}
        if not isinstance(body.get("note", ""), str) or len(body.get("note", "")) > 60:
            return 422, {}, {}
        if body.get("galleryId") is not None and body["galleryId"] not in self.galleries:
            return 422, {}, {}
        if key[1] and key in self.answered:
            sent, made = self.answered[key]
            led = {} if self.fault == "no Location again" else {"Location": f"/{name}/{made['id']}"}
            return (201, made, led) if sent == body else (422, {}, {})
        beside = {"note"} if name == "galleries" else {"galleryId"}
        made = {"id": f"x{next(self.numbers)}-{id(self):x}", word: body[word]}
        made |= {one: body[one] for one in beside if one in body}
        made |= {"galleryId": made.get("galleryId")} if name == "paintings" else {}
        held[made["id"]] = made
        self.answered[key] = (body, made)
        return 201, made, {"Location": f"/{name}/{made['id']}"}


RULES = (
    "paging",
    "filtering",
    "immutable:galleries.code",
    "references:paintings.galleryId",
    "references:paintings.galleryId.onDelete",
    "idempotency:hang",
    "tenant:staff.house",
)


def verified(contract: str, museum: Museum, folder: Path) -> Verdict:
    """What a verification makes of the museum."""
    (folder / "openapi.yaml").write_text(contract, "utf-8")
    users = tuple(Account(name, credentials={"key": key}, tenant=house) for name, (house, key) in STAFF.items())
    with serving_whole(museum.asked) as url:
        return verify(read(folder), Settings(url=url, users=users, phases=("rules",), rules=RULES, yes=True))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("", []),
        ("more after a full page", ["paging"]),
        ("a search heeds case", ["filtering"]),
        ("a search from the start", ["filtering"]),
        ("no search in the note", ["filtering"]),
        ("fixed but for case", ["immutable:galleries.code"]),
        ("one alone is emptied", ["references:paintings.galleryId.onDelete"]),
        ("no Location again", ["idempotency:hang"]),
        ("staff of all houses", ["tenant:staff.house"]),
    ],
)
def test_each_fault_is_told_by_the_rule_that_it_breaks(fault: str, told: list[str], tmp_path: Path) -> None:
    verdict = verified(CONTRACT, Museum(fault), tmp_path)
    assert verdict.broken == told, verdict.failures


class Odd(Museum):
    """A museum that shows other things than it keeps."""

    def answer(
        self, method: str, target: str, body: dict[str, Any], headers: Message
    ) -> tuple[int, Any, dict[str, str]]:
        status, shown, led = super().answer(method, target, body, headers)
        if self.fault == "its lists are empty" and "items" in (shown or {}):
            return status, {"items": [], "hasMore": False}, led
        if self.fault == "its notes are null" and "code" in (shown or {}):
            return status, {**shown, "note": None}, led
        if self.fault == "its staff have objects for ids" and target == "/staff":
            return status, [{"id": {"number": 1}, "house": "north"}], led
        return status, shown, led


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("its lists are empty", marks=pytest.mark.slow),
        "its notes are null",
        "its staff have objects for ids",
    ],
)
def test_what_a_server_shows_oddly_ends_no_verification(fault: str, tmp_path: Path) -> None:
    contract = CONTRACT.replace("minimum: 1, maximum: 50", "minimum: 0, maximum: 50")

    verdict = verified(contract, Odd(fault), tmp_path)

    assert {"paging", "filtering", "tenant:staff.house"} <= verdict.rows.keys()
