"""Every entrance of a value leads through the same gate."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest

from specdouble.double.state.storable import DEEPEST, storable, unstorable
from tests.hostile.doubles import Running, request, statuses

NAME = "kept out"
HUGE = "1" * 5000


def json_body(member: str) -> bytes:
    return request("POST", fields={"Content-Type": "application/json"}, body=f'{{"name": "{NAME}", {member}}}'.encode())


def form_body(pairs: dict[str, str]) -> bytes:
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    return request("POST", fields=fields, body=urlencode({"name": NAME, **pairs}).encode())


def multipart(part: str, content: str, boundary: str = "cut") -> bytes:
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n{NAME}\r\n'
    body += f"--{boundary}\r\n{part}\r\n\r\n{content}\r\n--{boundary}--\r\n"
    fields = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    return request("POST", fields=fields, body=body.encode())


def xml_body(inside: str, before: str = "") -> bytes:
    body = f"{before}<Item><name>{NAME}</name>{inside}</Item>".encode()
    return request("POST", fields={"Content-Type": "application/xml"}, body=body)


ANY = 'Content-Disposition: form-data; name="any"'
ANY_JSON = f"{ANY}\r\nContent-Type: application/json"
DEEP = "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)
BODIES = {
    "JSON: an escaped operator": json_body('"\\u0024gt": 1'),
    "JSON: a nested escaped operator": json_body('"extra": {"\\u0024gt": 1}'),
    "JSON: an escaped dot": json_body('"a\\u002eb": 1'),
    "JSON: 5,000 digits": json_body(f'"number": {HUGE}'),
    "JSON: minus 5,000 digits": json_body(f'"any": [-{HUGE}]'),
    "JSON: 5,000 digits and a fraction": json_body(f'"any": {HUGE}.5'),
    "JSON: too deep": json_body(f'"any": {DEEP}'),
    "JSON: too deep behind quotes": json_body(f'"any": "{chr(92)}"", "extra": {{"x": {DEEP}}}'),
    "JSON: a member twice among many": json_body(",".join(f'"a{n}": 1' for n in range(2000)) + ', "a7": 2'),
    "form: NUL": form_body({"any": "a\0b"}),
    "form: NUL in a name": form_body({"a\0b": "1"}),
    "form: an operator for a name": form_body({"$gt": "1"}),
    "form: an operator in a value": form_body({"extra": '{"$gt": 1}'}),
    "form: an escaped operator in a value": form_body({"extra": '{"\\u0024gt": 1}'}),
    "form: NaN in a value": form_body({"extra": '{"x": NaN}'}),
    "form: a member twice in a value": form_body({"extra": '{"x": 1, "x": 2}'}),
    "form: too deep": form_body({"extra": f'{{"x": {DEEP}}}'}),
    "form: 5,000 digits": form_body({"number": HUGE}),
    "form: 5,000 digits in a value": form_body({"extra": f'{{"x": {HUGE}}}'}),
    "form: an integer beyond 64 bits": form_body({"integer": str(2**63)}),
    "form: superscript two": form_body({"number": "²"}),
    "form: circled one": form_body({"integer": "①"}),
    "form: half a character": request(
        "POST", fields={"Content-Type": "application/x-www-form-urlencoded"}, body=b"name=kept+out&any=%ED%A0%80"
    ),
    "multipart: NUL": multipart(ANY, "a\0b"),
    "multipart: NUL in a name": multipart(ANY.replace("any", "a\0b"), "x"),
    "multipart: an operator for a name": multipart(ANY.replace("any", "$gt"), "x"),
    "multipart: an escaped operator": multipart(ANY_JSON, '{"\\u0024gt": 1}'),
    "multipart: NaN": multipart(ANY_JSON, "NaN"),
    "multipart: too deep": multipart(ANY_JSON, DEEP),
    "multipart: 5,000 digits": multipart(ANY_JSON, HUGE),
    "multipart: no base64": multipart(f"{ANY}\r\nContent-Transfer-Encoding: base64", "a"),
    "multipart: a part without a name": multipart("Content-Disposition: form-data", "x"),
    "multipart: a part without a head": multipart("X: y", "x"),
    "multipart: a boundary of brackets": multipart(ANY, "x", "[[[(((").replace(b"--[[[(((--", b""),
    "multipart: a boundary of 300 characters": multipart(ANY, "x", "b" * 300),
    "multipart: no boundary": multipart(ANY, "x").replace(b'; boundary="cut"', b""),
    "multipart: nested, with NUL": multipart(
        f'{ANY}\r\nContent-Type: multipart/mixed; boundary="in"', "--in\r\n\r\na\0b\r\n--in--"
    ),
    "XML: an integer beyond 64 bits": xml_body(f"<integer>{2**63}</integer>"),
    "XML: 5,000 digits": xml_body(f"<integer>{HUGE}</integer>"),
    "XML: superscript two": xml_body("<number>²</number>"),
    "XML: too deep": xml_body("<any>" * 200 + "</any>" * 200),
    "XML: a dotted name": xml_body("<a.b>1</a.b>"),
     "XML: a document type": xml_body("", '<!DOCTYPE Item [<!ENTITY a "b">]>'),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_what_no_store_can_keep_is_refused_in_every_form_of_a_body(short: Running, asgi: Running, name: str) -> None:
    for server in (short, asgi):
        server.double.reset()
        answer = server.answers(BODIES[name])
        assert statuses(answer) == [400]
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]
        assert NAME.encode() not in server.answers(request())


@pytest.mark.parametrize("make", [
    lambda: json_body('"any": 1'),
    lambda: form_body({"any": "x", "extra": '{"x": [1]}'}),
    lambda: multipart(ANY_JSON, "[1]"),
    lambda: multipart(ANY, "x", "[[[((("),
    lambda: multipart(f'{ANY}\r\nContent-Type: multipart/mixed; boundary="in"', "--in\r\n\r\nx\r\n--in--"),
    lambda: xml_body("<any>1</any>"),
], ids=["JSON", "form", "multipart", "brackets for a boundary", "nested multipart", "XML"])  # fmt: skip
def test_what_a_store_can_keep_is_taken_in_every_form_of_a_body(short: Running, make: Callable[[], bytes]) -> None:
    short.double.reset()
    assert statuses(short.answers(make())) == [201]


PARAMETERS = {
    "query: NUL": {"target": "?text=%00"},
    "query: a JSON operator": {"target": "?json=" + quote('{"$gt":1}')},
    "query: an escaped JSON operator": {"target": "?json=" + quote('{"\\u0024gt":1}')},
    "query: a JSON member twice": {"target": "?json=" + quote('{"a":1,"a":2}')},
    "query: JSON of 5,000 digits": {"target": "?json=" + HUGE},
    "query: JSON that is too deep": {"target": "?json=" + DEEP},
    "query: an operator in an object": {"target": "?y=" + quote('{"$gt":1}')},
    "query: an operator in a deep object": {"target": "?deep[$gt]=1"},
    "query: NUL in a deep object": {"target": "?deep[x]=%00"},
    "query: 5,000 digits": {"target": f"?integer={HUGE}"},
    "query: an integer beyond 64 bits": {"target": f"?integer={2**63}"},
    "query: superscript two": {"target": "?integer=%C2%B2"},
    "query: circled one": {"target": "?number=%E2%91%A0"},
    "query: an integer beyond 64 bits in a list": {"target": f"?list=1&list={2**63}"},
    "header: a JSON operator": {"X-Json": '{"\\u0024gt":1}'},
    "header: JSON of 5,000 digits": {"X-Json": HUGE},
    "header: superscript two": {"X-List": "\xb2"},
    "cookie: NUL": {"Cookie": "token=%00"},
    "cookie: an escaped NUL": {"Cookie": 'token="\\000"'},
    "cookie: 5,000 digits": {"Cookie": f"count={HUGE}"},
    "preference: 5,000 digits": {"Prefer": f"code={HUGE}"},
    "preference: superscript two": {"Prefer": "code=40\xb2"},
    "preference: 5,000 digits in the query": {"target": f"?__delay={HUGE}"},
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_what_no_store_can_keep_is_refused_in_every_parameter(short: Running, asgi: Running, name: str) -> None:
    fields = dict(PARAMETERS[name])
    data = request(target="/echo/a-b-c-d.json" + fields.pop("target", ""), fields=fields)
    assert [statuses(server.answers(data)) for server in (short, asgi)] == [[400], [400]]


def test_no_json_in_a_parameter_is_a_text_for_the_schema_to_judge(short: Running) -> None:
    assert b'"json":"NaN"' in short.answers(request(target="/echo/a-b-c-d.json?json=NaN"))


@pytest.mark.parametrize(("target", "told"), [("/items/%00", 404), ("/echo/a-%00-c-d.json", 400)])
def test_nothing_has_a_path_with_nul(short: Running, asgi: Running, target: str, told: int) -> None:
    assert [statuses(server.answers(request(target=target))) for server in (short, asgi)] == [[told], [told]]


@pytest.mark.parametrize("query", ["limit=\xb2", "limit=%C2%B2", "limit=%E2%91%A0", f"limit={HUGE}", "page=%D9%A3"])
def test_a_limit_that_is_no_number_is_no_failure(short: Running, query: str) -> None:
    assert statuses(short.answers(request(target=f"/items?{query}")))[0] in (200, 400)


@pytest.mark.parametrize(
    "value", [{"a": "\ud800"}, {"\ud800": 1}, [float("nan")], [float("inf")], [float("-inf")], {"a": {"b\0": 1}}, "\0"]
)
def test_the_gate_tells_what_it_keeps_out(value: object) -> None:
    (violation,) = unstorable(value, "body")
    assert violation.message
    json.dumps(violation).encode()


def test_the_gate_lets_through_what_a_store_keeps() -> None:
    deepest: object = 1
    for _ in range(DEEPEST):
        deepest = [deepest]
    for value in (deepest, 2**63 - 1, -(2**63), 1e308, True, None, "🙂", {"": ""}, {"a$": 1}):
        assert storable(value) is value
    assert unstorable([deepest], "body")
    assert storable({"$ref": 1}, {"$ref"})


def test_of_a_megabyte_of_nonsense_a_hundred_places_are_told() -> None:
    assert len(unstorable(["\0"] * 100_000, "body")) == 100
