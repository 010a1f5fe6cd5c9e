"""A server of crates in depots, which count and weigh them; it can be made to do a part of what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Response

Json = dict[str, Any]
Sent = Annotated[Any, Body()]
MOST = 6


class Refused(HTTPException):
    """A refusal.

    Args:
        status: of the answer.
        why: the rule that is broken.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(status)
        self.why = why


class Depots:
    """The server, with one fault or none.

    Args:
        fault: a name; or `OPERATION REASON: EFFECT`, what a request leaves that is refused for that reason.
        manner: what it does that the contract leaves open: `shipped are fixed`, `shipped stay`, `stored count`.
    """

    def __init__(self, fault: str = "", manner: str = "") -> None:
        self.fault, self.manner = fault, manner
        self.numbers = count(1)
        self.depots: dict[str, Json] = {}
        self.crates: dict[str, Json] = {}
        self.carriers: dict[str, Json] = {}
        self.seals: dict[str, Json] = {}
        self.labels: dict[tuple[str, str], str] = {}
        self.places: dict[str, int] = {}
        self.unnoticed: set[str] = set()
        self.app = app = FastAPI()
        app.post("/depots", status_code=201)(self.post_depot)
        app.get("/depots/{key}")(lambda key: found(self.depots, key))
        app.delete("/depots/{key}", status_code=204)(self.delete_depot)
        app.get("/depots/{key}/crates")(self.list_crates)
        app.post("/depots/{key}/crates", status_code=201)(self.post_crate)
        app.post("/depots/{key}/crates/several", status_code=201)(self.post_crates)
        app.get("/crates/{key}")(lambda key: found(self.crates, key))
        app.put("/crates/{key}")(self.put_crate)
        app.patch("/crates/{key}")(self.patch_crate)
        app.delete("/crates/{key}", status_code=204)(self.delete_crate)
        app.post("/crates/{key}/ship")(self.ship)
        app.post("/crates/{key}/lose")(self.lose)
        app.post("/carriers", status_code=201)(self.post_carrier)
        app.get("/carriers/{key}")(lambda key: found(self.carriers, key))
        app.delete("/carriers/{key}", status_code=204)(self.delete_carrier)
        app.post("/seals", status_code=201)(self.post_seal)
        app.get("/seals/{key}")(lambda key: found(self.seals, key))
        app.delete("/seals/{key}", status_code=204)(self.delete_seal)

    def key(self, things: str) -> str:
        return f"{things}-{next(self.numbers)}"

    # Depots

    async def post_depot(self, body: Sent) -> Json:
        key = self.key("depot")
        self.places[key] = 0
        self.depots[key] = {"id": key, "name": text_of(body, "name"), "crateCount": 0, "totalWeight": 0}
        return self.depots[key]

    async def delete_depot(self, key: str) -> Response:
        found(self.depots, key)
        crates = [one for one in self.crates.values() if one["depotId"] == key]
        if any(seal["crateId"] == one["id"] for seal in self.seals.values() for one in crates):
            raise Refused(409, "restrict")
        for one in crates:
            if not (self.fault == "shipped stay" and one["state"] == "shipped"):
                self.leave(one)
        del self.depots[key]
        return Response(status_code=204)

    # Crates

    def list_crates(self, key: str) -> list[Json]:
        found(self.depots, key)
        return [one for one in self.crates.values() if one["depotId"] == key]

    async def post_crate(self, key: str, body: Sent) -> Json:
        found(self.depots, key)
        return self.added(key, body, "post")

    def new(self, depot: str, body: Any) -> Json:
        told = known(body, ("label", "weight", "value", "carrierId"), ("label", "weight"))
        now = moment()
        return {
            "id": self.key("crate"), "depotId": depot, "value": 0, "carrierId": None, **told, "state": "stored",
            "addedAt": now, "changedAt": now, "duty": told.get("value", 0) * 3,
        }  # fmt: skip

    def added(self, depot: str, body: Any, operation: str) -> Json:
        crate = self.new(depot, body)
        try:
            self.hold(crate, None, operation)
        except Refused as refusal:
            self.after(operation, refusal, crate, None)
            raise
        self.enter(crate)
        return crate

    async def post_crates(self, key: str, body: Sent) -> list[Json]:
        depot = found(self.depots, key)
        if not isinstance(body, list) or not 1 <= len(body) <= 4:
            raise Refused(422, "schema")
        made: list[Json] = []
        before = dict(depot)
        try:
            made.extend(self.added(key, one, "several") for one in body)
        except Refused:
            for crate in made:
                self.forget(crate)
            raise
        self.finish(depot, before, made)
        return made

    def finish(self, depot: Json, before: Json, made: list[Json]) -> None:
        """Do of several what a fault does of them."""
        if self.fault == "several: first counts":
            depot["crateCount"] = before["crateCount"] + 1
        if self.fault == "several: first weighs":
            depot["totalWeight"] = before["totalWeight"] + made[0]["weight"]
        for crate in made:
            if self.fault == "several: added long ago":
                crate["addedAt"] = "2020-01-01T00:00:00Z"
            if self.fault == "several: duty lacks":
                crate["duty"] = 0
            if self.fault == "several: forgotten":
                self.unnoticed.add(crate["id"])

    def forget(self, crate: Json) -> None:
        """Take back one of several, but for what a fault leaves of it."""
        self.leave(crate)
        told, _, effect = self.fault.partition(": ")
        if told == "several refused":
            self.do(effect, crate, None)

    def enter(self, crate: Json) -> None:
        self.crates[crate["id"]] = crate
        depot = self.depots[crate["depotId"]]
        depot["crateCount"] += 1
        depot["totalWeight"] += crate["weight"]
        self.labels[depot["id"], crate["label"]] = crate["id"]
        self.places[depot["id"]] += 1

    def leave(self, crate: Json) -> None:
        depot = self.depots[crate["depotId"]]
        if not (self.fault == "shipped count" and crate["state"] == "shipped") and self.counts(crate):
            depot["crateCount"] -= 1
        if self.fault != "weight stays" and self.counts(crate):
            depot["totalWeight"] -= crate["weight"]
        self.labels.pop((depot["id"], crate["label"]), None)
        self.places[depot["id"]] -= 1
        del self.crates[crate["id"]]

    def counts(self, crate: Json) -> bool:
        return self.manner != "stored count" or crate["state"] == "stored"

    def hold(self, crate: Json, before: Json | None, operation: str) -> None:
        """Hold a crate to the rules."""
        later = before is not None and before["state"] != "stored"

        def unchecked(why: str) -> bool:
            return self.fault in (f"{operation}: no {why}", "later: no " + why if later else "-")

        depot = crate["depotId"]
        carrier = crate["carrierId"]
        if depot not in self.depots:
            raise Refused(422, "depot")
        if carrier is not None and carrier not in self.carriers and not unchecked("reference"):
            raise Refused(422, "reference")
        if crate["value"] > 2 * crate["weight"] and not unchecked("validation"):
            raise Refused(422, "validation")
        other = self.labels.get((depot, crate["label"]))
        if other not in (None, crate["id"]) and not unchecked("label"):
            raise Refused(409, "label")
        arrives = before is None or before["depotId"] != depot
        if arrives and self.places[depot] >= MOST and not unchecked("limit"):
            raise Refused(409, "limit")

    def after(self, operation: str, refusal: Refused, crate: Json, before: Json | None) -> None:
        """Do of what was refused what the fault says."""
        told, _, effect = self.fault.partition(": ")
        if told == f"{operation} {refusal.why}":
            self.do(effect, crate, before)

    def do(self, effect: str, crate: Json, before: Json | None) -> None:
        """A part of what makes a crate of the depot, or of what changes it."""
        was = before or crate
        depot = self.depots.get(crate["depotId"]) or self.depots[was["depotId"]]
        if effect == "counts":
            depot["crateCount"] += 1
        elif effect == "weighs":
            depot["totalWeight"] += crate["weight"] - (before["weight"] if before else 0)
        elif effect == "takes label":
            self.labels.setdefault((depot["id"], crate["label"]), crate["id"])
        elif effect == "frees label":
            self.labels.pop((was["depotId"], was["label"]), None)
        elif effect == "takes place":
            self.places[depot["id"]] += 1
        elif effect == "stores":
            self.crates[crate["id"]] = crate
        elif effect == "moves time":
            was["changedAt"] = moment()

    def changed(self, before: Json, changes: Json, operation: str) -> Json:
        crate = {**before, **changes}
        if self.manner == "shipped are fixed" and operation in ("put", "patch") and before["state"] != "stored":
            raise Refused(409, "state")
        try:
            self.hold(crate, before, operation)
        except Refused as refusal:
            self.after(operation, refusal, crate, before)
            raise
        crate["duty"] = crate["value"] * 3
        is_later = before["state"] != "stored"
        if self.fault != f"{operation}: time stands" and not (self.fault == "later: time stands" and is_later):
            crate["changedAt"] = moment()
        if self.fault == f"{operation}: added anew":
            crate["addedAt"] = moment()
        self.move(before, crate, operation)
        self.crates[crate["id"]] = crate
        return crate

    def move(self, before: Json, crate: Json, operation: str) -> None:
        """Count and weigh a crate that was changed where it is now."""
        here, there = self.depots[before["depotId"]], self.depots[crate["depotId"]]
        if self.manner == "stored count" and before["state"] != "stored":
            pass
        elif self.manner == "stored count" and crate["state"] != "stored":
            here["crateCount"] -= 1
            here["totalWeight"] -= before["weight"]
        elif self.fault != f"{operation}: weight stands":
            here["totalWeight"] -= before["weight"]
            there["totalWeight"] += crate["weight"]
        if here is not there:
            here["crateCount"] -= self.fault != "move: old counts" and self.counts(crate)
            there["crateCount"] += self.fault != "move: new does not" and self.counts(crate)
            self.places[here["id"]] -= self.fault != "move: old place"
            self.places[there["id"]] += 1
        del self.labels[here["id"], before["label"]]
        self.labels[there["id"], crate["label"]] = crate["id"]

    async def put_crate(self, key: str, body: Sent) -> Json:
        told = known(body, ("label", "weight", "value", "carrierId"), ("label", "weight"))
        return self.changed(found(self.crates, key), {"value": 0, "carrierId": None, **told}, "put")

    async def patch_crate(self, key: str, body: Sent) -> Json:
        told = known(body, ("label", "weight", "value", "carrierId", "depotId"))
        before = found(self.crates, key)
        return self.changed(before, told, "patch") if told else before

    async def delete_crate(self, key: str) -> Response:
        crate = found(self.crates, key)
        if self.manner == "shipped stay" and crate["state"] == "shipped":
            raise Refused(409, "state")
        is_free = self.fault == "lost not restricted" and crate["state"] == "lost"
        if any(one["crateId"] == key for one in self.seals.values()) and not is_free:
            refusal = Refused(409, "restrict")
            self.after("delete", refusal, crate, None)
            raise refusal
        self.leave(crate)
        return Response(status_code=204)

    async def ship(self, key: str, body: Sent) -> Json:
        told, before = known(body, ("carrierId",), ("carrierId",)), found(self.crates, key)
        return self.moved(before, {**told, "state": "shipped"}, ("stored",), "ship")

    async def lose(self, key: str) -> Json:
        return self.moved(found(self.crates, key), {"state": "lost"}, ("stored", "shipped"), "lose")

    def moved(self, before: Json, changes: Json, states: tuple[str, ...], operation: str) -> Json:
        if before["state"] not in states:
            refusal = Refused(409, "state")
            self.after(operation, refusal, {**before, **changes}, before)
            raise refusal
        return self.changed(before, changes, operation)

    # What they name, and what names them

    async def post_carrier(self, body: Sent) -> Json:
        carrier = {"id": self.key("carrier"), "name": text_of(body, "name")}
        self.carriers[carrier["id"]] = carrier
        return carrier

    async def delete_carrier(self, key: str) -> Response:
        found(self.carriers, key)
        naming = [one for one in self.crates.values() if one["carrierId"] == key and one["id"] not in self.unnoticed]
        free = {"shipped forgotten": "shipped", "lost forgotten": "lost"}.get(self.fault)
        if any(one["state"] != free for one in naming):
            raise Refused(409, "restrict")
        del self.carriers[key]
        return Response(status_code=204)

    async def post_seal(self, body: Sent) -> Json:
        crate = text_of(body, "crateId")
        if crate not in self.crates:
            raise Refused(422, "reference")
        seal = {"id": self.key("seal"), "crateId": crate}
        self.seals[seal["id"]] = seal
        return seal

    async def delete_seal(self, key: str) -> Response:
        del self.seals[found(self.seals, key)["id"]]
        return Response(status_code=204)


def found(kept: dict[str, Json], key: str) -> Json:
    if key not in kept:
        raise HTTPException(404)
    return kept[key]


def moment() -> str:
    return datetime.now(UTC).isoformat()


def text_of(body: Any, name: str) -> str:
    text = body.get(name) if isinstance(body, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= 60:
        raise Refused(422, "schema")
    return text


def known(body: Any, names: tuple[str, ...], needed: tuple[str, ...] = ()) -> Json:
    if not isinstance(body, dict) or any(name not in body for name in needed):
        raise Refused(422, "schema")
    told = {name: body[name] for name in names if name in body}
    for name in {"label", "carrierId", "depotId"} & told.keys():
        if not (name == "carrierId" and told[name] is None):
            text_of(told, name)
    for name, least in (("weight", 1), ("value", 0)):
        if name in told and (type(told[name]) is not int or not least <= told[name] <= 1000):
            raise Refused(422, "schema")
    return told
