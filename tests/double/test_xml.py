"""XML in and out, as the schema's `xml` says; one state for XML and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Zoo, version: '1'}
paths:
  /animals:
    get:
      operationId: animals
      responses:
        '200':
          description: Animals.
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Animal'}}}
            application/xml: {schema: {type: array, items: {$ref: '#/components/schemas/Animal'}}}
    post:
      operationId: add
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Animal'}}
          application/xml: {schema: {$ref: '#/components/schemas/Animal'}}
      responses:
        '201': {$ref: '#/components/responses/Animal'}
        '400': {$ref: '#/components/responses/Error'}
  /animals/{id}:
    get:
      operationId: animal
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        '200': {$ref: '#/components/responses/Animal'}
        '404': {$ref: '#/components/responses/Error'}
  /keeper:
    get:
      operationId: keeper
      responses:
        '200':
          description: The keeper.
          content:
            application/xml: {example: <keeper>Jo</keeper>, schema: {type: string}}
            application/json: {example: {name: Jo}}
  /place:
    get:
      operationId: place
      responses:
        '200':
          description: The place.
          content:
            text/xml:
              example: {city: Köln & Bonn, lines: [1, 2]}
              schema:
                type: object
                xml: {name: place, namespace: 'urn:zoo', prefix: z}
                properties:
                  city: {type: string, xml: {namespace: 'urn:zoo', prefix: z}}
                  lines: {type: array, xml: {wrapped: true}, items: {type: integer}}
components:
  responses:
    Animal:
      description: The animal.
      content:
        application/json: {schema: {$ref: '#/components/schemas/Animal'}}
        application/xml: {schema: {$ref: '#/components/schemas/Animal'}}
    Error:
      description: Refused.
      content:
        application/json: {schema: {$ref: '#/components/schemas/Error'}}
        application/xml: {schema: {$ref: '#/components/schemas/Error'}}
  schemas:
    Error: {type: object, required: [error], properties: {error: {type: string}}}
    Kind: {type: object, xml: {name: species}, properties: {latin: {type: string}, legs: {type: integer}}}
    Animal:
      type: object
      required: [name, photos]
      additionalProperties: false
      xml: {name: animal}
      properties:
        id: {type: integer, xml: {attribute: true}}
        name: {type: string, xml: {name: called}}
        tame: {type: boolean}
        weight: {type: number, nullable: true}
        kind: {$ref: '#/components/schemas/Kind'}
        photos: {type: array, items: {type: string, xml: {name: photo}}}
        visits: {type: array, xml: {name: calendar, wrapped: true}, items: {type: string, xml: {name: day}}}
        scores: {type: object, additionalProperties: {type: integer}}
        size: {oneOf: [{type: integer}, {enum: [small, large]}]}
"""
XML = {"Content-Type": "application/xml", "Accept": "application/xml"}
REX = """<?xml version="1.0"?>
<animal id="7" xmlns="urn:any"><called>Rex &amp; Co</called><tame>true</tame><weight>4.5</weight>
  <species><latin>Canis</latin><legs>4</legs></species><photo>a.png</photo><photo>b.png</photo>
  <calendar><day>Monday</day></calendar><scores><speed>3</speed></scores><size>12</size></animal>"""
AS_JSON = {
    "id": 7,
    "name": "Rex & Co",
    "tame": True,
    "weight": 4.5,
    "kind": {"latin": "Canis", "legs": 4},
    "photos": ["a.png", "b.png"],
    "visits": ["Monday"],
    "scores": {"speed": 3},
    "size": 12,
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("zoo")) as client:
        yield client


def sent(zoo: httpx.Client, body: str | bytes, **headers: str) -> httpx.Response:
    return zoo.post("/animals", content=body, headers={**XML, **headers})


def test_what_is_created_in_xml_is_read_as_json(zoo: httpx.Client) -> None:
    created = sent(zoo, REX, Accept="application/json")
    assert (created.status_code, created.json()) == (201, AS_JSON)
    assert zoo.get("/animals/7").json() == AS_JSON


def test_what_is_created_in_json_is_read_as_xml(zoo: httpx.Client) -> None:
    animal = zoo.post("/animals", json={**AS_JSON, "id": 8, "weight": None, "visits": []}).json()
    answer = zoo.get("/animals/8", headers=XML)
    assert (animal["id"], answer.headers["Content-Type"]) == (8, "application/xml")
    assert answer.text.splitlines()[1] == (
        '<animal id="8"><called>Rex &amp; Co</called><tame>true</tame>'
        '<weight xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true" />'
        "<species><latin>Canis</latin><legs>4</legs></species><photo>a.png</photo><photo>b.png</photo>"
        "<calendar /><scores><speed>3</speed></scores><size>12</size></animal>"
    )


def test_what_is_read_in_xml_may_be_sent_again(zoo: httpx.Client) -> None:
    zoo.post("/animals", json={**AS_JSON, "id": 9, "weight": None, "photos": [], "size": "small"})
    again = sent(zoo, zoo.get("/animals/9", headers=XML).content)
    assert again.status_code == 201
    assert again.content == zoo.get("/animals/9", headers=XML).content
    assert zoo.get("/animals/9").json() == {**AS_JSON, "id": 9, "weight": None, "photos": [], "size": "small"}


def test_an_array_at_the_root_holds_its_items(zoo: httpx.Client) -> None:
    zoo.post("/animals", json={**AS_JSON, "id": 10})
    root = ElementTree.fromstring(zoo.get("/animals", headers=XML).content)  # noqa: S314
    assert root.tag == "animals"
    assert {child.tag for child in root} == {"animal"}
    assert [child.get("id") for child in root] == [str(one["id"]) for one in zoo.get("/animals").json()]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<animal><called>Rex</called><tame>perhaps</tame></animal>", 'tame "perhaps" is not of type "boolean"'),
        ("<animal/>", "name is required"),
        ("<animal>true</animal>", 'is not of type "object"'),
        ("<animal><called>a</called><scores>7</scores></animal>", 'scores "7" is not of type "object"'),
        ("<animal><called>a</called><called>b</called></animal>", 'name ["a","b"] is not of type "string"'),
        ("<animal><called>a</called><tail>x</tail></animal>", "tail is not a property of the schema"),
        ("<animal tail='x'><called>a</called></animal>", "tail is not a property of the schema"),
        ("<animal><called>a</animal>", "is not XML: mismatched tag"),
        ('{"name": "Rex"}', "is not XML"),
        ("<animal><called>\x01</called></animal>", "is not XML"),
        ('<?xml version="1.0" encoding="klingon"?><animal/>', "is not XML"),
        ("<a>" * 200 + "</a>" * 200, "is nested more than 100 levels deep"),
        ("<animal><scores><speed>99999999999999999999</speed></scores></animal>", "is an integer beyond 64 bits"),
    ],
)
def test_what_breaks_the_schema_is_refused_in_xml(zoo: httpx.Client, body: str, message: str) -> None:
    refused = sent(zoo, body)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/xml")
    error = ElementTree.fromstring(refused.content)  # noqa: S314
    assert error.tag == "Error"
    assert message in (error.findtext("error") or "")


def test_a_document_type_is_refused_before_an_entity_grows(zoo: httpx.Client) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "%s"><!ENTITY c "%s">]><animal><called>&c;</called></animal>'
    assert "declares a document type" in sent(zoo, bomb % ("x" * 1000, "&b;" * 1000)).text
    assert "declares a document type" in sent(zoo, '<!DOCTYPE a SYSTEM "file:///etc/passwd"><animal/>').text


def test_other_encodings_are_read(zoo: httpx.Client) -> None:
    text = '<?xml version="1.0" encoding="iso-8859-1"?><animal><called>Zoë</called></animal>'
    assert sent(zoo, text.encode("latin-1"), Accept="application/json").json()["name"] == "Zoë"


def test_a_missing_document_is_told_in_xml(zoo: httpx.Client) -> None:
    missing = zoo.get("/animals/12345", headers=XML)
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/xml")
    assert ElementTree.fromstring(missing.content).tag == "Error"  # noqa: S314


def test_an_example_that_is_xml_already_is_sent_as_it_stands(zoo: httpx.Client) -> None:
    assert zoo.get("/keeper", headers=XML).text == "<keeper>Jo</keeper>"
    assert zoo.get("/keeper").json() == {"name": "Jo"}


def test_namespaces_prefixes_and_wrappers_stand_where_the_schema_has_them(zoo: httpx.Client) -> None:
    answer = zoo.get("/place")
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.content.decode().splitlines()[1] == (
        '<z:place xmlns:z="urn:zoo"><z:city xmlns:z="urn:zoo">Köln &amp; Bonn</z:city>'
        "<lines><lines>1</lines><lines>2</lines></lines></z:place>"
    )


def test_what_xml_cannot_write_is_replaced(zoo: httpx.Client) -> None:
    zoo.post("/animals", json={"id": 11, "name": "a\x01b", "photos": [], "scores": {"1 a": 1}})
    root = ElementTree.fromstring(zoo.get("/animals/11", headers=XML).content)  # noqa: S314
    assert root.findtext("called") == "a\ufffdb"
    assert root.findtext("scores/_1_a") == "1"


def test_a_contract_of_xml_alone_works_on_documents(tmp_path: Path) -> None:
    only = CONTRACT.replace("{application/json: ", "{application/xml: ")
    only = "\n".join(line for line in only.splitlines() if "application/json" not in line)
    with client_for(only, tmp_path) as client:
        assert sent(client, REX).status_code == 201
        assert ElementTree.fromstring(client.get("/animals/7").content).findtext("called") == "Rex & Co"  # noqa: S314
        assert client.get("/animals/77").headers["Content-Type"] == "application/xml"
