"""A server of desks that keeps what it is sent, and merges patches: what is null is gone, wherever it stands."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from tests.kinds.others import verdict_of

CONTRACT = Path(__file__).with_name("desks.yaml")
PATCH = "PATCH /desks/{deskId}"
Json = dict[str, Any]


class Desks:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.ids, self.desks = fault, count(1), dict[str, Json]()
        self.app = FastAPI()
        self.app.post("/desks")(self.add)
        self.app.get("/desks/{key}")(self.show)
        self.app.patch("/desks/{key}")(self.change)
        self.app.delete("/desks/{key}", status_code=204)(self.remove)

    def _shown(self, key: str) -> Json:
        if key not in self.desks:
            raise HTTPException(404)
        empty = {"place": None, "note": None} if self.fault == "null is shown for what is not there" else {}
        return {**empty, **self.desks[key]}

    async def add(self, request: Request) -> JSONResponse:
        key = str(next(self.ids))
        sent = await request.json()
        self.desks[key] = {"id": key, **{name: one for name, one in sent.items() if one is not None}}
        return JSONResponse(self._shown(key), 201)

    def show(self, key: str) -> Json:
        return self._shown(key)

    async def change(self, key: str, request: Request) -> Json:
        self._shown(key)
        self._merge(self.desks[key], await request.json(), "")
        return self._shown(key)

    def _merge(self, into: Json, patch: Json, at: str) -> None:
        for name, one in patch.items():
            if one is None and self.fault != f"null stays{at}":
                into.pop(name, None)
            elif isinstance(one, dict):
                into[name] = into[name] if isinstance(into.get(name), dict) else {}
                self._merge(into[name], one, " within")
            else:
                into[name] = one

    def remove(self, key: str) -> None:
        self._shown(key)
        del self.desks[key]


@pytest.mark.parametrize("fault", ["", "null is shown for what is not there"])
def test_a_merge_patch_may_be_answered_with_null_where_what_is_not_there_is(fault: str) -> None:
    assert not verdict_of(Desks(fault).app, CONTRACT, ("partial_update",)).failures


@pytest.mark.parametrize(
    ("fault", "promise"),
    [("null stays", f"{PATCH} takes away what is null"), ("null stays within", f"{PATCH} merges objects")],
)
def test_a_merge_patch_that_keeps_null_keeps_what_it_should_take_away(fault: str, promise: str) -> None:
    failures = verdict_of(Desks(fault).app, CONTRACT, ("partial_update",)).failures
    assert promise in {one.promise for one in failures}
