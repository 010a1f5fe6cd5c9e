"""HTTP Archives are read back as they were written, and what is wrong in one is told by its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble import har
from specdouble.contract import ContractError

GOOD = {"request": {"method": "GET", "url": "http://a.example/b"}, "response": {"status": 200}}


def entry(body: bytes = b'{"a":1}') -> har.Entry:
    request = har.sent("POST", "http://a.example/b?c=d", [("content-type", "application/json")], b"{}")
    return har.entry(request, har.received(201, [("content-type", "application/json")], body), 0.0, 0.0015)


def test_the_entry_that_is_wrong_is_told_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    file.write_text(json.dumps({"log": {"entries": [GOOD, GOOD, {"request": GOOD["request"]}]}}), "utf-8")
    with pytest.raises(ContractError) as refused:
        har.read(file)
    (finding,) = refused.value.findings
    assert "entry 3" in finding.reason
    assert "`response`" in finding.reason
    assert finding.pointer == "/log/entries/2"


def test_an_archive_is_whole_after_each_exchange(tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    writer = har.Writer(file)
    assert har.read(file) == []
    for number in (1, 2, 3):
        writer.add(entry())
        assert len(har.read(file)) == number
    writer.close()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    file.write_bytes(har.written([entry(), entry(b"\xff\xfe")]))
    text, binary = har.read(file)
    assert text == entry()
    assert har.text_of(text.response.content) == '{"a":1}'
    assert binary.response.content.encoding == "base64"
    assert har.text_of(binary.response.content) is None


def test_an_archive_has_what_the_format_demands() -> None:
    written = json.loads(har.written([entry()]))["log"]
    assert written["version"] == "1.2"
    assert {"name", "version"} <= written["creator"].keys()
    (one,) = written["entries"]
    assert one["startedDateTime"] == "1970-01-01T00:00:00.000Z"
    assert {"time", "request", "response", "cache", "timings"} <= one.keys()
    assert {"httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} <= one["request"].keys()
    assert one["request"]["queryString"] == [{"name": "c", "value": "d"}]
    assert {"statusText", "cookies", "headers", "content", "redirectURL"} <= one["response"].keys()
