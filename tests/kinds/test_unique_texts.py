"""The texts by which `x-unique` is attacked: as many as the schema has room for, and none that it has not."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from unicodedata import normalize

import pytest
from fastapi import Body, FastAPI
from fastapi.responses import JSONResponse

from specdouble.contract import read
from specdouble.rules.unique.attack import value
from specdouble.rules.unique.attack.variant import pairs
from specdouble.rules.unique.rule import Unique
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings
from tests.kinds.others import verdict_of

LABELS = """
openapi: 3.1.0
info: {title: Labels, version: "1"}
paths:
  /labels:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Label'}}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Label'}}}}
        '409': {description: taken}
        '422': {description: wrong}
components:
  schemas:
    Label:
      type: object
      x-resource: {collection: labels, id: id}
      required: [KEY]
      properties:
        id: {type: integer, readOnly: true}
        KEY: {type: string, SCHEMA, x-unique: {ignore: [case]}}
"""


def contract_of(folder: Path, schema: str) -> Path:
    (folder / "openapi.yaml").write_text(LABELS.replace("KEY", "label").replace("SCHEMA", schema), "utf-8")
    return folder


def labels(*, ignores_case: bool, without: str = "(?!)") -> FastAPI:
    """A server of labels; `without` is the pattern of what it leaves out of account."""
    app, known = FastAPI(), set[str]()

    @app.post("/labels")
    def create(label: dict[str, str] = Body()) -> JSONResponse:  # noqa: B008
        key = re.sub(without, "", normalize("NFC", label["label"]))
        key = key.casefold() if ignores_case else key
        if key in known:
            return JSONResponse({"detail": "taken"}, 409)
        known.add(key)
        return JSONResponse({**label, "id": len(known)}, 201)

    return app


@pytest.mark.parametrize("schema", ["minLength: 1, maxLength: 12", "maxLength: 24", "pattern: '^[A-Za-z0-9-]{6,20}$'"])
@pytest.mark.parametrize("ignores_case", [True, False])
def test_short_and_patterned_texts_are_tried_in_another_case(
    tmp_path: Path, schema: str, *, ignores_case: bool
) -> None:
    contract = contract_of(tmp_path, schema)
    verdict = verdict_of(labels(ignores_case=ignores_case), contract, ("unique:labels.label",))
    assert [one.detail for one in verdict.failures] == ([] if ignores_case else ["other case"])


@pytest.mark.parametrize(
    ("schema", "without", "nearly"),
    [
        ("pattern: '^[a-z0-9-]{3,40}$'", "-", "a mark more or less"),
        ("pattern: '^[a-z0-9-]{3,40}$'", "(?!)", ""),
        ("format: email", r"[+].*(?=@)", "a tag of its own"),
        ("format: email", r"[.](?=.*@)", "a dot within"),
        ("format: email", "(?!)", ""),
    ],
)
def test_nearly_the_same_slug_or_address_is_another(tmp_path: Path, schema: str, without: str, nearly: str) -> None:
    contract = contract_of(tmp_path, schema)
    verdict = verdict_of(labels(ignores_case=True, without=without), contract, ("unique:labels.label",))
    assert [one.detail for one in verdict.failures] == ([nearly] if nearly else [])


def test_a_text_that_has_grown_beyond_the_schema_is_not_sent(tmp_path: Path) -> None:
    contract = read(contract_of(tmp_path, "maxLength: 31"))
    session = Session(contract, Settings(url="http://127.0.0.1:9"))
    subject = session.subjects["labels"]
    tried = list(pairs(session, subject, next(iter(subject.resource.of(Unique))), subject.creators[0]))
    session.fresh._numbers = count(10**9)
    turned = next(pair for pair in tried if pair.what == "a dotted capital I")
    with pytest.raises(NotExercised):
        turned.mint()


def test_a_new_address_is_like_another_before_its_domain(tmp_path: Path) -> None:
    session = Session(read(contract_of(tmp_path, "format: email")), Settings(url="http://127.0.0.1:9"))
    subject, rule = session.subjects["labels"], next(iter(session.contract.resources["labels"].of(Unique)))
    schema = subject.resource.properties["label"]
    new = [value(session, subject, rule, schema, session.crowd.first, "First.Last+tag@Sub.Example.com") for _ in "ab"]
    assert len({*new}) == 2
    for one in new:
        local, _, domain = one.partition("@")
        assert local.startswith("First.Last+tag")
        assert domain == domain.lower()
        assert session.ledger.is_minted(one)
