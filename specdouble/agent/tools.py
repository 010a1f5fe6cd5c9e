"""What an agent can do with a double; each tool is a request to its control plane, as a person's console makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from specdouble.testing import WORLD, DoubleClient

Told = dict[str, Any]
_SHOWN = 50  # documents that a comparison shows
_MOST = 500  # documents of a page


class Tools:
    """The tools of one double. Their docstrings are what an agent reads of them.

    Args:
        double: the double.
    """

    def __init__(self, double: DoubleClient) -> None:
        self._double = double

    @property
    def all(self) -> list[Callable[..., Any]]:
        """Every tool."""
        return [
            self.list_operations,
            self.describe_operation,
            self.list_rules,
            self.list_users,
            self.list_worlds,
            self.call,
            self.explain,
            self.find_exchanges,
            self.list_documents,
            self.check_documents,
            self.reset_world,
            self.take_snapshot,
            self.restore_snapshot,
            self.compare_with_snapshot,
            self.set_clock,
            self.inject_faults,
            self.coverage,
        ]

    def _get(self, path: str, state: str = "default", **query: str | int | None) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return self._double.control("GET", path, params=given, headers={WORLD: state})

    # What there is

    def list_operations(self, search: str = "") -> list[Told]:
        """List the operations of the API: id, method, path, summary, how it is answered. `search` narrows them."""
        operations: list[Told] = self._get("contract")["operations"]
        words = search.lower().split()
        return [one for one in operations if all(word in json.dumps(one).lower() for word in words)]

    def describe_operation(self, operation_id: str) -> Told:
        """Tell all about an operation: parameters, example bodies, declared statuses, and its business rules."""
        told: Told = self._get(f"operations/{quote(operation_id, safe='')}")
        return told

    def list_rules(self) -> list[Told]:
        """List the business rules of the API that no schema says, each as a sentence with its place in the contract."""
        rules: list[Told] = self._get("contract")["rules"]
        return rules

    def list_users(self, world: str = "default") -> list[Told]:
        """List who can sign in, by security scheme. `call` takes any of their names as `user`."""
        users: list[Told] = self._get("users", world)
        return users

    def list_worlds(self) -> list[Told]:
        """List the worlds. A world is a state of its own; one begins with the seed as soon as it is named."""
        worlds: list[Told] = self._get("worlds")
        return worlds

    # Asking

    def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        user: str | None = None,
        world: str = "default",
        headers: dict[str, str] | None = None,
    ) -> Told:
        """Call an operation as any user.

        Args:
            method: GET, POST, ...
            target: the path with its query, such as /api/things?limit=3.
            body: a JSON value; a text is sent as it is.
            user: who is signed in, as list_users names them; nobody where it is left out.
            world: which state is asked.
            headers: further header fields.

        The answer has its status, body and the number of the exchange, which `explain` takes.
        """
        fields = dict(headers or {})
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        if body is not None and "content-type" not in {name.lower() for name in fields}:
            fields["Content-Type"] = "application/json"
        request: Told = {"method": method, "target": target, "headers": fields, "body": text, "world": world}
        if user is not None:
            request["as"] = user
        answer: Told = self._double.control("POST", "send", json=request)
        return {**answer, "exchange": answer.pop("number")}

    def explain(self, exchange: int) -> Told:
        """Tell what decided an answer: each rule with its decision (refused, kept, not asked) and its line in the
        contract, the document in the way, documents before and after, and what the contract does not know of the
        request, with the name that may be meant."""
        story: Told = self._get(f"journal/{exchange}")
        return story

    def find_exchanges(
        self,
        world: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        rule: str | None = None,
        limit: int = 20,
        wait: int = 0,
    ) -> list[Told]:
        """Find exchanges, the last one first; `wait` seconds for one that is still to come."""
        found: list[Told] = self._get(
            "journal",
            world=world,
            operation=operation,
            status=status,
            rule=rule,
            limit=limit,
            wait=wait,
            format="summary",
        )
        return found

    # The state

    def list_documents(self, collection: str, world: str = "default", skip: int = 0, limit: int = 50) -> Told:
        """List the documents of a collection, and how many there are."""
        told: Told = self._get(f"documents/{quote(collection, safe='')}", world, skip=skip, limit=limit)
        return told

    def check_documents(
        self, collection: str, where: dict[str, Any], count: int | None = None, world: str = "default"
    ) -> Told:
        """Assert on the end state: whether documents whose properties equal `where` are there; with `count`, so many.

        `holds` says whether it is so, `found` shows them.
        """
        matching = [one for one in self._every_document(collection, world) if _has(one, where)]
        holds = len(matching) == count if count is not None else bool(matching)
        return {"holds": holds, "count": len(matching), "found": matching[:_SHOWN]}

    def _every_document(self, collection: str, world: str) -> list[Told]:
        found: list[Told] = []
        while True:
            page = self.list_documents(collection, world, len(found), _MOST)
            found += [entry["document"] for entry in page["documents"]]
            if len(found) >= page["count"] or not page["documents"]:
                return found

    def reset_world(self, world: str = "default") -> str:
        """Give a world its seed again."""
        self._double.control("POST", f"worlds/{quote(world, safe='')}/reset")
        return f"{world} has its seed again"

    def take_snapshot(self, name: str, world: str = "default") -> Told:
        """Keep the documents of a world under a name, to come back to."""
        told: Told = self._double.control("PUT", f"snapshots/{quote(name, safe='')}", headers={WORLD: world})
        return told

    def restore_snapshot(self, name: str, world: str = "default") -> str:
        """Give a world the documents of a snapshot, and no others."""
        self._double.control("POST", f"snapshots/{quote(name, safe='')}/restore", headers={WORLD: world})
        return f"{world} is as {name} was"

    def compare_with_snapshot(self, name: str, world: str = "default") -> Told:
        """Tell what a world has added, removed and changed since a snapshot, document by document."""
        told: Told = self._get(f"snapshots/{quote(name, safe='')}/diff", world)
        return told

    def set_clock(self, at: str | None = None, shift: str | None = None, speed: float | None = None) -> Told:
        """Move the time of all worlds: to a moment (`at`, RFC 3339), by a shift (`+3h`), or make it run at a speed.

        Without any of them it is the machine's again.
        """
        self._double.set_clock(at, shift=shift, speed=speed)
        told: Told = self._get("clock")
        return told

    def inject_faults(self, faults: list[Told]) -> list[Told]:
        """Let answers fail, for rehearsal; an empty list removes all.

        A fault has `operation` ("POST /things"), `world`, `share` (0 to 1) and `times`, where it is not for all; and
        what goes wrong: `status`, `delay` (seconds), `rule` (its id), `connection` (drop, drop-after, cut), `trickle`.
        """
        told: list[Told] = self._double.control("PUT", "faults", json=faults)
        return told

    def coverage(self) -> Told:
        """Tell which operations, statuses and refusals have been provoked so far, and which never."""
        return self._double.coverage()


def _has(document: Told, where: Told) -> bool:
    return all(name in document and document[name] == value for name, value in where.items())
