"""A server that refuses a change whose body names another document than its path, or none."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated

import pytest
import yaml
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from tests.applications import serving

Name = Annotated[str, Field(min_length=1, max_length=20)]
CHECKS = ("boundaries", "conformance")


class NewBreed(BaseModel):
    """What a breed is made from."""

    model_config = ConfigDict(strict=True)
    name: Name


class Breed(NewBreed):
    """A breed, as it is shown, and as a change sends it: whole, its id too."""

    id: int


class AnyName(BaseModel):
    """A breed whose name nobody looks at."""

    id: int
    name: str


def _breeds(fault: bool) -> FastAPI:
    app, kept, numbers = FastAPI(), dict[int, Breed](), count(1)

    @app.post("/breeds", status_code=201)
    def add(new: NewBreed) -> Breed:
        number = next(numbers)
        kept[number] = Breed(id=number, name=new.name)
        return kept[number]

    @app.get("/breeds/{id}", responses={404: {}})
    def breed(id: int) -> Breed:
        if id not in kept:
            raise HTTPException(404)
        return kept[id]

    def change(id: int, wanted: Breed) -> Breed:
        if wanted.id != breed(id).id:
            raise HTTPException(400, "the id of the body is not that of the path")
        kept[id] = wanted
        return wanted

    def change_at_will(id: int, wanted: AnyName) -> Breed:
        return change(id, Breed.model_construct(id=wanted.id, name=wanted.name))

    app.put("/breeds/{id}", responses={400: {}, 404: {}})(change_at_will if fault else change)
    return app


def _verified(fault: bool, folder: Path) -> Verdict:
    contract, file = _breeds(False).openapi(), folder / "openapi.yaml"
    for path in contract["paths"].values():
        for method, operation in path.items():
            operation["operationId"] = f"{method}_{operation['operationId'].split('_')[0]}"
    file.write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    with serving(_breeds(fault)) as url:
        return verify(read(file), Settings(url, yes=True, max_examples=10, rules=CHECKS))


@pytest.mark.slow
@pytest.mark.parametrize("fault", [False, True])
def test_a_change_is_sent_the_id_of_its_path_and_judged_by_what_it_changes(tmp_path: Path, fault: bool) -> None:
    verdict = _verified(fault, tmp_path)
    told = [
        one.promise for one in verdict.failures if one.check == "boundaries" or "valid request rejected" in one.promise
    ]
    assert (told == []) is not fault, told
    assert verdict.rows["boundaries"].state == (BROKEN if fault else KEPT)
