"""What a `PUT` leaves out is tried wherever its body and its path together are a whole document."""

from __future__ import annotations

from pathlib import Path

from specdouble.contract import read
from specdouble.verify.settings import Settings
from specdouble.verify.verification import verify
from tests.kinds.others import doubled

CONTRACT = """
openapi: 3.1.0
info: {title: Branches, version: '1'}
paths:
  /branches:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Sent'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Branch'}}}}
        '409': {description: taken}
        '422': {description: wrong}
  /branches/{slug}:
    parameters: [{name: slug, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        '200': {description: it, content: {application/json: {schema: {$ref: '#/components/schemas/Branch'}}}}
        '404': {description: none}
    put:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Sent'}}}}
      responses:
        '200': {description: it, content: {application/json: {schema: {$ref: '#/components/schemas/Branch'}}}}
        '404': {description: none}
        '409': {description: fixed}
        '422': {description: wrong}
components:
  schemas:
    Sent:
      type: object
      required: [slug, title]
      properties: {slug: {type: string, minLength: 1}, title: {type: string}, note: {type: [string, 'null']}}
    Branch:
      type: object
      x-resource: {collection: branches, id: slug}
      required: [slug, title]
      properties:
        slug: {type: string, x-immutable: true, x-unique: true}
        title: {type: string}
        note: {type: [string, 'null']}
"""


def test_a_put_whose_body_repeats_the_id_of_its_path_holds_a_whole_document(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    with doubled(tmp_path) as client:
        settings = Settings(url=str(client.base_url), rules=("replacement",), phases=("rules",), yes=True)
        row = verify(read(tmp_path), settings).rows["replacement"]
    assert row.state == "kept"
    assert row.decisive_ran


def test_what_a_put_leaves_out_has_the_default_that_the_contract_tells(tmp_path: Path) -> None:
    ranked = CONTRACT.replace("note: {type: [string, 'null']}}", "rank: {type: integer, maximum: 9, default: 1}}")
    ranked = ranked.replace("note: {type: [string, 'null']}", "rank: {type: integer, maximum: 9}")
    for name, text in (("served", ranked), ("promised", ranked.replace("default: 1", "default: 3"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "openapi.yaml").write_text(text, "utf-8")
    with doubled(tmp_path / "served") as client:
        settings = Settings(url=str(client.base_url), rules=("replacement",), phases=("rules",), yes=True)
        verdicts = [verify(read(tmp_path / name), settings) for name in ("served", "promised")]
    assert [[one.expected for one in verdict.failures] for verdict in verdicts] == [
        [], ["rank to be 3, as it is where it is not sent"],
    ]  # fmt: skip
