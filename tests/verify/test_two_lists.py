"""Documents that are listed below two parents lie below one of them: programs know no other place."""

from __future__ import annotations

from pathlib import Path

from specdouble.contract import read
from specdouble.verify.settings import Settings
from specdouble.verify.verification import verify
from tests.kinds.others import doubled

NAMED = """
  /NAMEs:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NAME'}}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/NAME'}}}}
        '422': {description: wrong}
  /NAMEs/{NAMEId}/notes:
    parameters: [{name: NAMEId, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        '200':
          description: some
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/note'}}}}
        '404': {description: none}
"""
CREATED = """
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/note'}}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/note'}}}}
        '404': {description: none}
        '422': {description: wrong}
  /boxs/{boxId}/notes/{noteId}:
    parameters:
      - {name: boxId, in: path, required: true, schema: {type: string}}
      - {name: noteId, in: path, required: true, schema: {type: string}}
    get:
      responses:
        '200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/note'}}}}
        '404': {description: none}
    delete: {responses: {'204': {description: gone}, '404': {description: none}}}
components:
  schemas:
    tag: &named
      type: object
      x-resource: {collection: tags, id: id}
      required: [name]
      properties: {id: {type: string, readOnly: true}, name: {type: string}}
    box: {<<: *named, x-resource: {collection: boxes, id: id}}
    note:
      type: object
      x-resource: {collection: notes, id: id}
      required: [tagId, text]
      properties:
        id: {type: string, readOnly: true}
        boxId: {type: string, readOnly: true, x-references: boxes}
        tagId: {type: string, x-references: tags}
        text: {type: string}
"""
CONTRACT = "openapi: 3.0.3\ninfo: {title: Notes, version: '1'}\npaths:" + NAMED.replace("NAME", "tag")
CONTRACT += NAMED.replace("NAME", "box").lstrip("\n").rstrip("\n") + CREATED


def test_a_list_of_all_that_name_a_document_is_no_list_of_a_place(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    with doubled(tmp_path) as client:
        settings = Settings(url=str(client.base_url), rules=("programs",), phases=("rules",), yes=True)
        verdict = verify(read(tmp_path), settings)
    assert ([one.sentence for one in verdict.failures], verdict.rows["programs"].state) == ([], "kept")
