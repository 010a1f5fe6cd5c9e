"""Invoices of accounts, as somebody with Starlette keeps them: each account has names of its own, and states close.

What it refuses is right, and looks like a broken promise to who does not look twice: a PUT of a name that another
account has creates one of one's own (201), an invoice that was voided takes no more lines (409), a part of an address
makes none where there is none (422), and a change without a condition is asked for one (428).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from itertools import count
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

USERS = {"token-of-mira": "mira", "token-of-tom": "tom"}
MOST_LINES = 4
Document = dict[str, Any]


class Accounts:
    """The documents, and what is wrong with them.

    Args:
        faults: those that `test_accounts.py` names.
    """

    def __init__(self, faults: Collection[str] = ()) -> None:
        self.faults = faults
        self.customers: dict[tuple[str, str], Document] = {}
        self.invoices: dict[str, Document] = {}
        self.lines: dict[str, Document] = {}
        self.tags: dict[str, int] = {}
        self.numbers = count(1)

    def app(self) -> Starlette:
        """What serves them."""
        routes = [
            Route("/customers", self.list_customers),
            Route("/customers/{id}", self.customer, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/invoices", self.list_invoices),
            Route("/invoices", self.create_invoice, methods=["POST"]),
            Route("/invoices/{id}", self.invoice, methods=["GET", "PUT", "DELETE"]),
            Route("/invoices/{id}/void", self.void, methods=["POST"]),
            Route("/invoices/{id}/lines", self.list_lines, methods=["GET", "POST"]),
            Route("/invoices/{id}/lines/{line}", self.line, methods=["GET", "DELETE"]),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: refused})

    async def list_customers(self, request: Request) -> Response:
        user, text = caller(request), request.query_params.get("q", "")
        if "q" in request.query_params and not 1 <= len(text) <= 40:
            raise HTTPException(400)
        own = [one for (owner, _), one in self.customers.items() if owner == user]
        return JSONResponse([one for one in own if self.has(one["title"], text)])

    def has(self, title: str, text: str) -> bool:
        """Whether a title contains a text, in whatever letters."""
        is_any = "q_ignored" in self.faults or ("%" in text and "q_is_a_pattern" in self.faults)
        return is_any or text.casefold() in title.casefold()

    async def list_invoices(self, request: Request) -> Response:
        user, name = caller(request), request.query_params.get("customerId")
        asked = name is not None and "customer_filter_ignored" not in self.faults
        own = [one for one in self.invoices.values() if one["account"] == user]
        return JSONResponse([one for one in own if not asked or one["customerId"] == name])

    async def customer(self, request: Request) -> Response:
        user, name = caller(request), request.path_params["id"]
        if request.method == "PUT":
            return await self.put_customer(request, user, name)
        found = self.customers.get((user, name))
        if found is None:
            raise HTTPException(404)
        if request.method == "DELETE":
            if any(one["customerId"] == name and one["account"] == user for one in self.invoices.values()):
                raise HTTPException(409)
            del self.customers[user, name]
            return Response(status_code=204)
        if request.method == "PATCH":
            sent = await body_of(request)
            changes: Document = {key: sent[key] for key in ("title", "phone", "address") if key in sent}
            if isinstance(changes.get("address"), dict):
                changes["address"] = {**(found["address"] or {}), **changes["address"]}
            found.update(checked({**found, **changes}))
        return JSONResponse(found)

    async def put_customer(self, request: Request, user: str, name: str) -> Response:
        if re.fullmatch("[0-9A-Z]{10}", name) is None:
            raise HTTPException(400)
        sent, known = await body_of(request), self.customers.get((user, name))
        asked_anew = request.headers.get("if-none-match") == "*" and "star_replaces" not in self.faults
        if known is not None and asked_anew:
            raise HTTPException(412)
        if "put_takes_anothers" in self.faults:
            user = next((owner for owner, other in self.customers if other == name), user)
        told = {"title": None, "phone": None, "address": None, "currency": "EUR", **sent}
        if "default_missing" in self.faults and "currency" not in sent:
            told["currency"] = "USD"
        if "null_becomes_text" in self.faults and "phone" in sent and sent["phone"] is None:
            told["phone"] = ""
        whole = checked({key: told[key] for key in ("title", "phone", "address", "currency")})
        self.customers[user, name] = {"id": name, "account": user, **whole}
        return JSONResponse(self.customers[user, name], 201 if known is None else 200)

    async def create_invoice(self, request: Request) -> Response:
        user, sent = caller(request), await body_of(request)
        self.hold_customer(user, sent)
        invoice: Document = {"id": str(next(self.numbers) + 10_000_000_000_000_000), "account": user, "state": "open"}
        invoice |= {"customerId": sent["customerId"], "lineCount": 0}
        self.invoices[invoice["id"]] = invoice
        return self.shown(invoice, 201)

    def hold_customer(self, user: str, sent: Document) -> None:
        name = sent.get("customerId")
        if not isinstance(name, str) or (user, name) not in self.customers:
            raise HTTPException(422)

    def found(self, request: Request) -> Document:
        """The invoice of the path, where it is the caller's."""
        invoice = self.invoices.get(request.path_params["id"])
        if invoice is None or invoice["account"] != caller(request):
            raise HTTPException(404)
        return invoice

    def shown(self, invoice: Document, status: int = 200) -> Response:
        return JSONResponse(invoice, status, {"ETag": f'"{self.tags.get(invoice["id"], 0)}"'})

    async def invoice(self, request: Request) -> Response:
        invoice = self.found(request)
        if request.method == "GET":
            return self.shown(invoice)
        sent = await body_of(request) if request.method == "PUT" else {}
        asked = request.headers.get("if-match")
        if asked is None:
            raise HTTPException(428)
        if asked not in ("*", f'"{self.tags.get(invoice["id"], 0)}"'):
            raise HTTPException(412)
        if request.method == "DELETE":
            del self.invoices[invoice["id"]]
            self.lines = {name: one for name, one in self.lines.items() if one["invoiceId"] != invoice["id"]}
            return Response(status_code=204)
        self.hold_customer(invoice["account"], sent)
        invoice["customerId"] = sent["customerId"]
        self.tags[invoice["id"]] = self.tags.get(invoice["id"], 0) + 1
        return self.shown(invoice)

    async def void(self, request: Request) -> Response:
        if "acted_on_by_others" in self.faults and request.path_params["id"] in self.invoices:
            invoice = self.invoices[request.path_params["id"]]
        else:
            invoice = self.found(request)
        if invoice["state"] == "void":
            raise HTTPException(409)
        invoice["state"] = "void"
        self.tags[invoice["id"]] = self.tags.get(invoice["id"], 0) + 1
        return self.shown(invoice)

    async def list_lines(self, request: Request) -> Response:
        invoice = self.found(request)
        sent = await body_of(request) if request.method == "POST" else {}
        there = [one for one in self.lines.values() if one["invoiceId"] == invoice["id"]]
        if request.method == "GET":
            return JSONResponse(there)
        if not isinstance(sent.get("text"), str) or not 1 <= len(sent["text"]) <= 60:
            raise HTTPException(422)
        if invoice["state"] == "void" or len(there) == MOST_LINES:
            raise HTTPException(409)
        line = {"id": str(next(self.numbers) + 20_000_000_000_000_000), "invoiceId": invoice["id"]}
        line["text"] = sent["text"]
        self.lines[line["id"]] = line
        invoice["lineCount"] += 1
        return JSONResponse(line, 201)

    async def line(self, request: Request) -> Response:
        invoice, line = self.found(request), self.lines.get(request.path_params["line"])
        if line is None or line["invoiceId"] != invoice["id"]:
            raise HTTPException(404)
        if request.method == "DELETE":
            del self.lines[line["id"]]
            invoice["lineCount"] -= 1
            return Response(status_code=204)
        return JSONResponse(line)


def caller(request: Request) -> str:
    """Who asks."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in USERS:
        raise HTTPException(401)
    return USERS[token]


async def body_of(request: Request) -> Document:
    """The object in the body."""
    if request.headers.get("content-type", "").partition(";")[0] not in TYPES[request.method]:
        raise HTTPException(415)
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(sent, dict):
        raise HTTPException(422)
    try:
        json.dumps(sent, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character, which no answer could show
        raise HTTPException(400) from None
    return sent


TYPES = {"POST": ("application/json",), "PUT": ("application/json",), "PATCH": ("application/merge-patch+json",)}


def checked(customer: Document) -> Document:
    """A customer that fits the contract."""
    title, phone, address = customer["title"], customer["phone"], customer["address"]
    is_title = isinstance(title, str) and 1 <= len(title) <= 60
    is_phone = phone is None or (isinstance(phone, str) and len(phone) <= 20)
    if not (is_title and is_phone and customer["currency"] in ("EUR", "USD")):
        raise HTTPException(422)
    parts = address if isinstance(address, dict) else {}
    is_address = set(parts) == {"street", "city"} and all(is_part(one) for one in parts.values())
    if address is not None and not is_address:
        raise HTTPException(422)
    return customer


def is_part(value: Any) -> bool:
    """Whether it may be a part of an address."""
    return isinstance(value, str) and 1 <= len(value) <= 40


async def refused(_: Request, error: Exception) -> Response:
    """What a refusal says."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse({"status": status, "title": error.detail}, status, headers)
