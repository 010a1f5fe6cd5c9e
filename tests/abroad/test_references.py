"""Answers that a discriminator tells apart fit one schema, however many others their properties would fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI

from specdouble.contract import read
from specdouble.verify import Settings, verify
from tests.applications import serving

BRANCH = {
    "type": "object",
    "required": ["type", "name"],
    "properties": {"type": {"type": "string"}, "name": {"type": "string"}},
}
REFERENCE = {
    "oneOf": [{"$ref": "#/components/schemas/Branch"}, {"$ref": "#/components/schemas/Tag"}],
    "discriminator": {
        "propertyName": "type",
        "mapping": {"BRANCH": "#/components/schemas/Branch", "TAG": "#/components/schemas/Tag"},
    },
}


def _contract(folder: Path, reference: dict[str, Any]) -> Path:
    answer = {"description": "it", "content": {"application/json": {"schema": reference}}}
    contract = {
        "openapi": "3.0.3",
        "info": {"title": "References", "version": "1"},
        "paths": {"/references/main": {"get": {"operationId": "main", "responses": {"200": answer}}}},
        "components": {"schemas": {"Branch": BRANCH, "Tag": BRANCH}},
    }
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    return file


@pytest.mark.slow
@pytest.mark.parametrize(("without", "failures"), [((), 0), (("discriminator",), 1)])
def test_a_discriminator_chooses_one_of_several_that_fit(
    tmp_path: Path, without: tuple[str, ...], failures: int
) -> None:
    app = FastAPI()

    @app.get("/references/main")
    def main() -> dict[str, str]:
        return {"type": "BRANCH", "name": "main"}

    told = {key: value for key, value in REFERENCE.items() if key not in without}
    with serving(app) as url:
        verdict = verify(read(_contract(tmp_path, told)), Settings(url, yes=True, max_examples=5))
    assert len([one for one in verdict.failures if "oneOf" in one.seen or "alternatives" in one.seen]) >= failures
    assert failures or not verdict.failures
