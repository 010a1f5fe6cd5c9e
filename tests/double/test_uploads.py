"""Files: taken as they are, told of truly, handed out again; ranges of media types; types with parameters."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from specdouble.double.answers.samples.files import file_of
from specdouble.double.double import Settings
from specdouble.double.server import serving

BYTES = bytes(range(256))


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(Path(__file__).parent / "uploads.yaml", seed=1)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_file_in_a_form_comes_back_with_name_size_type_and_bytes(client: httpx.Client) -> None:
    made = client.post(
        "/files", files={"file": ("naïve.bin", BYTES, "application/x-thing")}, data={"folder": "f"}
    ).json()
    told = client.get(f"/files/{made['id']}").json()
    file = client.get(f"/files/{made['id']}/content")
    assert (told["name"], told["size"], told["mimeType"], told["folder"]) == (
        "naïve.bin",
        256,
        "application/x-thing",
        "f",
    )
    assert (file.content, file.headers["content-type"]) == (BYTES, "application/x-thing")
    assert "na%C3%AFve.bin" in file.headers["content-disposition"]


def test_a_new_content_takes_the_old_ones_place_and_goes_with_its_document(client: httpx.Client) -> None:
    made = client.post("/files", files={"file": ("a", BYTES)}).json()
    content = f"/files/{made['id']}/content"
    client.put(content, content=b"new", headers={"content-type": "application/octet-stream"})
    assert client.get(content).content == b"new"
    client.delete(f"/files/{made['id']}")
    assert client.get(content).status_code == 404


def test_files_that_no_list_shows_have_ids_of_their_own(client: httpx.Client) -> None:
    one, two = (
        client.post("/images", content=text, headers={"content-type": "image/png"}).json() for text in (b"1", b"22")
    )
    assert (one["size"], two["size"]) == (1, 2)
    assert client.get(f"/images/{one['id']}").content == b"1"
    assert client.get(f"/images/{two['id']}").content == b"22"


@pytest.mark.parametrize(
    ("path", "accept", "kind", "beginning"),
    [
        ("/images/none", None, "image/png", b"\x89PNG"),
        ("/images/none", "image/webp,*/*;q=0.1", "image/webp", b"RIFF"),
        ("/images/none", "image/jpeg", "image/jpeg", b"\xff\xd8"),
        ("/raw", None, "application/octet-stream", b""),
        ("/raw", "image/gif", "image/gif", b"GIF89a"),
        ("/pdf", None, "application/pdf", b"%PDF"),
        ("/hello", None, "text/plain", b""),
        ("/hello", "application/json", "application/json", b'"'),
    ],
)
def test_a_range_answers_a_concrete_type_with_bytes_of_it(
    client: httpx.Client, path: str, accept: str | None, kind: str, beginning: bytes
) -> None:
    answer = client.get(path, headers={"accept": accept} if accept else {})
    assert answer.headers["content-type"] == kind
    assert answer.content.startswith(beginning)
    assert answer.content


def test_a_type_that_no_range_takes_is_406(client: httpx.Client) -> None:
    assert client.get("/images/none", headers={"accept": "text/html"}).status_code == 406


def test_a_sampled_archive_opens() -> None:
    assert zipfile.ZipFile(BytesIO(file_of("application/zip"))).testzip() is None


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"a": 1}', 200),
        ("text/plain", b'{"a": "x"}', 400),
        ("application/x-www-form-urlencoded", b"a=1", 200),
        ("application/x-www-form-urlencoded", b"a=x", 400),
    ],
)
def test_a_body_of_any_type_is_read_as_what_it_says(client: httpx.Client, kind: str, body: bytes, status: int) -> None:
    assert client.post("/hello", content=body, headers={"content-type": kind}).status_code == status


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json;version=1", b'{"one": 1}', 200),
        ("application/json; version=2", b'{"two": 2}', 200),
        ("application/json;version=2", b'{"one": 1}', 400),
        ("application/json", b'{"one": 1}', 200),
        ("application/json; charset=utf-8", b'{"one": 1}', 200),
        ("application/json;version=3", b'{"one": 1}', 415),
    ],
)
def test_media_types_with_parameters_are_two(client: httpx.Client, kind: str, body: bytes, status: int) -> None:
    assert client.post("/v", content=body, headers={"content-type": kind}).status_code == status


def test_a_form_is_read_as_its_encoding_says(client: httpx.Client) -> None:
    body = b"codes=1,2&piped=a%7Cb&meta[k]=v&point=x,1,y,2&city=Oslo&json=%5B1%5D"
    answer = client.post("/encoded", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200, answer.text
