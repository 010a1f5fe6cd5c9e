"""No credential is shown: not by its name, not where it is quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.double.state.masking import MASK, Exchanged, Masking

CONTRACT = """
openapi: 3.0.3
info: {title: Credentials, version: '1'}
paths:
  /reset/{token}:
    post:
      operationId: reset
      parameters:
        - {name: token, in: path, required: true, schema: {type: string}}
        - {name: phrase, in: query, schema: {type: string, format: password}}
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Reset'}}}
      responses: {'204': {description: Done.}}
components:
  securitySchemes: {key: {type: apiKey, in: query, name: door}}
  schemas:
    Hidden: {type: string, writeOnly: true}
    Reset:
      type: object
      properties:
        mother: {$ref: '#/components/schemas/Hidden'}
        birthday: {type: string, format: password}
        name: {type: string}
      example: {properties: {x: {$ref: '#/nothing'}}}
"""


@pytest.fixture
def masked(tmp_path: Path) -> Exchanged:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    return Masking(read(tmp_path)).exchange()


NAMES = [
    "password", "Password", "newPassword", "new_password", "passwd", "pwd", "userpassword", "token", "accessToken",
    "refresh_token", "idtoken", "tokens", "X-API-Key", "apiKey", "api_key", "APIKEY", "secret", "clientSecret",
    "Authorization", "cookie", "Set-Cookie", "sessionId", "privateKey", "credentials", "otp",
    "mother", "birthday", "door", "phrase", "pass\\u0077ord",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_credential_of_that_name_is_masked_in_every_representation(masked: Exchanged, name: str) -> None:
    plain = name.replace("\\u0077", "w")
    written = [
        f'{{"{name}": "hunter2"}}',
        f'{{"user": [{{"{name}": {{"value": "hunter2"}}}}]}}',
        f'{{"{name}": "hunter2", "cut": "…',
        f'{{"{name}": "hunter2',
        f'{{"{name}": {{"value": "hunter2',
        f"a=b&{plain}=hunter2&c=d",
        f"user%5B{plain}%5D=hunter2",
        f'--x\r\nContent-Disposition: form-data; name="{plain}"\r\nContent-Type: text/plain\r\n\r\nhunter2\r\n--x--',
        f"<user><{plain} a='b'>hunter2</{plain}></user>",
        f"<user><{plain}><![CDATA[hunter2",
        f'<user {plain}="hunter2"/>',
    ]
    for text in written:
        assert "hunter2" not in masked.body(text), text


@pytest.mark.parametrize(
    "name",
    ["name", "tokenType", "author", "key", "id", "passenger", "compassion", "primaryKey", "status", "idempotencyKey"],
)
def test_what_is_no_credential_is_shown(masked: Exchanged, name: str) -> None:
    for text in (f'{{"{name}":  "shown"}}', f'{{"{name}": "shown', f"{name}=shown", f"<a {name}='shown'/>"):
        assert masked.body(text) == text


def test_a_flag_and_nothing_are_shown(masked: Exchanged) -> None:
    text = '{"password": true, "token": null, "secret": ""}'
    assert masked.body(text) == text


def test_a_credential_is_masked_wherever_it_is_quoted(masked: Exchanged) -> None:
    masked.body('{"email": "ada@tether.example", "password": "hunter \\"2\\""}')
    assert masked.body('{"message": "is hunter \\"2\\" right?"}') == f'{{"message":"is {MASK} right?"}}'
    assert masked.value({"failure": "KeyError: 'hunter \"2\"'"}) == {"failure": f"KeyError: '{MASK}'"}


def test_of_a_credential_that_is_cut_neither_part_is_shown(masked: Exchanged) -> None:
    masked.body('{"password": "the-beginning')
    assert masked.body('{"echo": "the-beginning-and-the-end", "a": 1') == f'{{"echo": "{MASK}", "a": 1'
    assert masked.body('{"echo": "the-beg') == f'{{"echo": "{MASK}'


def test_a_form_and_what_quotes_it(masked: Exchanged) -> None:
    assert masked.body("user=ada&password=hunter%202+3") == f"user=ada&password={MASK}"
    assert masked.value(["hunter 2 3 is too short"]) == [f"{MASK} is too short"]


@pytest.mark.parametrize("about", ["pointer", "field", "path", "name"])
def test_a_message_about_a_credential_is_masked_however_short_that_is(masked: Exchanged, about: str) -> None:
    told = masked.value({about: "/user/password", "message": '"abc" is shorter than 8 characters', "value": "abc"})
    assert "abc" not in str(told)


def test_a_token_is_masked_without_a_name(masked: Exchanged) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
    assert masked.text(f"Bearer {token}, he said") == f"Bearer {MASK}, he said"


def test_path_and_query_are_masked(masked: Exchanged) -> None:
    target = masked.target("/api/reset/hunter2", "door=sesame&phrase=hello&page=2", "reset")
    assert target == f"/api/reset/{MASK}?door={MASK}&phrase={MASK}&page=2"
