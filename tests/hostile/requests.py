"""Requests for every entrance, and what becomes of them under a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from tests.hostile.doubles import request

ITEM = b'{"name": "one", "number": 1.5, "integer": 3, "tags": ["a", "b"], "extra": {"deep": [1, {"x": null}]}}'
FORM = b"name=two&number=2.5&integer=4&tags=a&tags=b&extra=%7B%22x%22%3A1%7D"
PARTS = (
    b'--cut\r\nContent-Disposition: form-data; name="name"\r\n\r\nthree\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="extra"\r\nContent-Type: application/json\r\n\r\n{"x": [1, 2]}\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="any"; filename="f.bin"\r\n\r\n\x00\x01\xff\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="number"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nMS41\r\n--cut--\r\n"
)
XML = b"<Item><name>four</name><number>4</number><tags>a</tags><tags>b</tags><extra><x>1</x></extra></Item>"
PATCH = b'[{"op": "add", "path": "/extra", "value": {"x": 1}}, {"op": "copy", "from": "/extra", "path": "/any"}]'
ECHO = (
    "/echo/a-b-c-d.json?text=bcd&integer=5&number=1e3&list=1&list=2&piped=a|b&deep[x]=1&deep[y]=2"
    "&x=1&y=%7B%22z%22%3A2%7D&json=%7B%22k%22%3A%5B1%5D%7D&key=sesame"
)
ECHO_FIELDS = {
    "X-Text": "fine", "X-List": "1, 2.5", "X-Json": '{"k": [1, 2]}', "Accept": 'application/json;q=0.5, text/*;v="a,b"',
    "Cookie": 'token="a\\"b"; count=3; session=open', "Prefer": 'dynamic=false, delay=0; x="1"',
}  # fmt: skip
FIRST = "/items/000000000000000000000001"
NOTE = b'{"text": "a note", "at": "2026-05-01T09:00:00.5+02:00", "amount": 12.34}'
CONDITIONS = {"If-Match": '"a", W/"b"', "If-None-Match": "*", "If-Modified-Since": "Fri, 01 May 2026 09:00:00 GMT"}
FILE = b"--cut\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''a%20b\r\n\r\nabc\r\n--cut--\r\n"
SEEDS = (
    request(target="/items?name=one&number=1.5&limit=2&page=1&sort=-name,number&q=o", fields={"Accept": "text/csv"}),
    request("POST", fields={"Content-Type": "application/json"}, body=ITEM),
    request("POST", fields={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body=FORM),
    request("POST", fields={"Content-Type": 'multipart/form-data; boundary="cut"'}, body=PARTS),
    request("POST", fields={"Content-Type": "application/xml"}, body=XML),
    request(target=FIRST),
    request("PUT", FIRST, {"Content-Type": "application/json"}, ITEM),
    request("PATCH", FIRST, {"Content-Type": "application/json-patch+json"}, PATCH),
    request("PATCH", FIRST, {"Content-Type": "application/merge-patch+json"}, ITEM),
    request("DELETE", FIRST),
    request(target=ECHO, fields=ECHO_FIELDS),
    request(target=ECHO, fields={**ECHO_FIELDS, "Prefer": "code=200, example=one", "X-Specdouble-World": "other"}),
    request("POST", "/texts", {"Content-Type": "text/plain"}, b"12"),
    request("POST", "/waits", {"Content-Type": "application/json"}, ITEM),
    request("POST", "/notes", {"Content-Type": "application/json", "Idempotency-Key": '"k-1"'}, NOTE),
    request("GET", "/notes/1", CONDITIONS),
    request("PUT", "/notes/1", {"Content-Type": "application/json; charset=utf-8", **CONDITIONS}, NOTE),
    request("DELETE", "/notes/1", CONDITIONS),
    request("POST", "/files", {"Content-Type": "multipart/form-data; boundary=cut"}, FILE),
    request(target="/files/1/content", fields={"Range": "bytes=0-1, -1", "If-Range": '"a"', **CONDITIONS}),
    request("HEAD", "/files/1/content", {"Range": "bytes=1-"}),
    request("POST", fields={"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
    + b"8\r\n" + ITEM[:8] + b"\r\n" + b"%x;e=1\r\n" % (len(ITEM) - 8) + ITEM[8:] + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
)  # fmt: skip

# What is meant to be taken for something else, or to take its reader long.
TOKENS = (
    b"\\u0000", b"\0", b"%00", b"\\ud800", b"\xed\xa0\x80", b"\xff", b"%FF", b"%", b"NaN", b"Infinity", b"-", b"1e999",
    b"9" * 5000, b"99999999999999999999", b"9223372036854775808", b"-9223372036854775809", b"0x1", b"1_0",
    "²".encode(), "²".encode("latin-1"), "①".encode(), "٣".encode(),
    b'{"$gt": 1}', b'{"\\u0024gt": 1}', b"$set", b"%24gt", b"a.b", b'{"a": 1, "a": 2}', b"[" * 101, b"[" * 4000,
    b'{"a":' * 120, b"<a>" * 120, b"]" * 120, b'"' * 500, b'\\"' * 500, b"a" * 3000, b"-" * 400, b"," * 500, b";" * 500,
    b"&" * 500, b"=" * 100, b"\r\n", b"\r\n\r\n", b"\r", b"\n", b" ", b"\t", b"--cut", b"--cut--", b"\r\n--cut\r\n",
    b"[](){}", b"q=0", b"*/*", b"code=" + b"1" * 5000, b"code=", b"example=one", b"delay=", b"dynamic", b"__code=404",
    b"..", b"//", b"/", b"#", b"?", b"*", b"~1", b"~", b'<!DOCTYPE a [<!ENTITY b "c">]>', b"&b;", b"<![CDATA[",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: y\r\n", b"Connection: close\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n", b"Expect: 100-continue\r\n", b"Origin: http://evil.example\r\n",
    b"X-Specdouble-World: a/b\r\n", b"Cookie: x-specdouble-world=\"w\r\n", b"Accept: text/*;q=\"\r\n",
    b"Content-Encoding: gzip\r\n", b"Content-Type: multipart/mixed; boundary=[[[\r\n", b"charset=utf-16", b"null",
)  # fmt: skip

# Those that a line of the head can have.
_QUIET = tuple(token for token in TOKENS if token.isascii() and token.decode().isprintable() and b" " not in token)

# What a request must have to be looked at any further.
_FRAME = {b"HTTP", b"1.1", b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"Host", b"Content", b"Length", b"Type"}

Mutate = Callable[[random.Random, bytes], bytes]


def _insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(TOKENS) + data[at:]


def _replace(chance: random.Random, data: bytes, tokens: Sequence[bytes] = TOKENS) -> bytes:
    """A token in the place of a word."""
    words = [word for word in re.finditer(rb"[\w.]+", data) if word[0] not in _FRAME]
    if not words:
        return data
    word = chance.choice(words)
    return data[: word.start()] + chance.choice(tokens) + data[word.end() :]


def _flip(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data)) if data else 0
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut(chance: random.Random, data: bytes) -> bytes:
    start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:start] + data[min(end, start + chance.randint(1, 40)) :]


def _double(chance: random.Random, data: bytes) -> bytes:
    start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:end] + data[start:end] * chance.randint(1, 3) + data[end:]


_MUTATIONS: tuple[Mutate, ...] = (_insert, _insert, _replace, _replace, _replace, _flip, _cut, _double)


def case(chance: random.Random) -> list[bytes]:
    """A changed request; at times behind the same one unchanged, twice: then the server knows the bytes of its head."""
    seed = chance.choice(SEEDS)
    before = [seed, seed] if chance.random() < 0.2 else []
    return [*before, mutated(chance, seed)]


def mutated(chance: random.Random, seed: bytes) -> bytes:
    """The request, changed; mostly so that its length is still told rightly."""
    head, separator, body = seed.partition(b"\r\n\r\n")
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        mutate = chance.choice(_MUTATIONS)
        if body and chance.random() < 0.7:
            body = mutate(chance, body)
        elif chance.random() < 0.3:
            head = mutate(chance, head)
        else:  # a change that leaves a head
            head = _replace(chance, head, _QUIET)
    if chance.random() < 0.9:
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
    return head + separator + body
