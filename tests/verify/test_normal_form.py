"""What the words of a contract say is written anew may be: what is lost beside that is told all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.normal_form import is_normal_form
from specdouble.verify.subject import subjects

HTML = "an empty one is null; HTML is taken out"
TAGS = "sorted, in lower case, each once"


@pytest.mark.parametrize(
    ("words", "sent", "seen", "other"),
    [
        ("trimmed", "  two words ", "two words", "two"),
        ("kept in lower case", "Ada@Example.com", "ada@example.com", "ada@example"),
        ("told in E.164", "+1 (555) 010-0142", "+15550100142", "+1555010014"),
        (TAGS, ["b", "A", "a"], ["a", "b"], ["a"]),
        (HTML, "<b>Tom & Ann</b>", "Tom & Ann", "Tom"),
        (HTML, "<b></b>", None, "b"),
        ("rounded to cents", 12345.678901, 12345.68, 12345.67),
        ("in UTC, to the second", "2026-03-04T05:06:07.089+05:30", "2026-03-03T23:36:07Z", "2026-03-04T05:06:07Z"),
        ("rounded", 7.25, 7, 6),
    ],
)
def test_a_form_that_is_told_is_what_was_sent_and_what_has_lost_more_is_not(
    words: str, sent: object, seen: object, other: object
) -> None:
    def form(shown: object, told: str = words) -> bool:
        return is_normal_form(shown, sent, {"description": told}, lambda schema: schema)

    assert (form(seen), form(other), form(seen, "a property")) == (True, False, False)


def test_the_words_stand_in_what_is_sent_or_in_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(
        """
openapi: 3.0.3
info: {title: Contacts, version: "1"}
paths:
  /contacts:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {name: {type: string, description: trimmed}, note: {type: string}}}
      responses:
        "201": {description: a, content: {application/json: {schema: {$ref: "#/components/schemas/Contact"}}}}
components:
  schemas:
    Contact:
      type: object
      x-resource: {collection: contacts, id: id}
      properties:
        id: {type: string}
        name: {type: string}
        note: {type: string}
        tags: {type: array, items: {type: string, description: in lower case}}
""",
        "utf-8",
    )
    subject = subjects(read(tmp_path))["contacts"]
    kept = [subject.keeps("name", " a ", "a"), subject.keeps("note", " a ", "a"), subject.keeps("tags", ["A"], ["a"])]
    assert kept == [True, False, True]
