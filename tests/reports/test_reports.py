"""What people reported of other tools (or the pull request that mended it), each as a small input of our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

HERE = Path(__file__).parent
PRISM, MOCKOON, COUNTERFACT = "stoplightio/prism", "mockoon/mockoon", "counterfact/api-simulator"
JSON_SERVER, SPECMATIC = "typicode/json-server", "specmatic/specmatic"
API_MANAGER = "wso2/api-manager"
BACKEND, VALIDATOR = "openapistack/openapi-backend", "cdimascio/express-openapi-validator"

Check = Callable[[httpx.Response], bool]
Request = tuple[str, str, dict[str, Any]]


class Report(NamedTuple):
    """A report: where it stands, what is true here, the requests, and what the last one's answer has to be."""

    tracker: str
    number: int
    says: str
    requests: list[Request]
    is_right: Check
    contract: str = "openapi"


def get(path: str, **how: Any) -> Request:
    return "GET", path, how


def post(path: str, **how: Any) -> Request:
    return "POST", path, how


def answers(status: int) -> Check:
    return lambda answer: answer.status_code == status


def body(expected: Any) -> Check:
    return lambda answer: answer.is_success and answer.json() == expected


def header(name: str, pattern: str) -> Check:
    return lambda answer: re.fullmatch(pattern, answer.headers.get(name, "")) is not None


def posts(*documents: dict[str, Any]) -> list[Request]:
    return [post("/posts", json=one) for one in documents]


def titles(*expected: str) -> Check:
    """The titles that the requests gave, in that order; the documents that the double made are left out."""
    return lambda answer: [one["title"] for one in answer.json() if one["title"] in THREE_TITLES] == [*expected]


THREE_TITLES = ("alpha one", "beta two", "gamma one")
THREE = posts(*({"title": title, "views": views} for title, views in zip(THREE_TITLES, (1, 2, 2), strict=True)))
PART = {"content-type": "multipart/form-data; boundary=b"}
UPLOAD: dict[str, Any] = {"image": ("me.png", bytes(range(256)), "image/png")}
VERSION = "application/vnd.api+json; version="


def is_composed(answer: httpx.Response) -> bool:
    told = answer.json()
    return isinstance(told["status"], str) and isinstance(told["own"], str) and isinstance(told["data"]["id"], int)


def is_told_in_full(answer: httpx.Response) -> bool:
    told = answer.json()
    first = told["errors"][0]
    known = told.keys() == {"message", "code", "errors"} and first.keys() == {"field", "trace"}
    return (
        answer.status_code == 422 and known and bool(re.fullmatch("E[0-9]{3}", told["code"]) and UUID(first["trace"]))
    )


def is_a_resource(answer: httpx.Response) -> bool:
    told = answer.json()
    return told["resourceType"] in ("A", "B") and "name" in told and ("size" in told) == (told["resourceType"] == "B")


def is_an_amount(answer: httpx.Response) -> bool:
    told = answer.json()
    fits = re.fullmatch(r"([1-9]\d{0,10})(\.\d{0,10})?", told["amount"]) and len(told["amount"]) <= 11
    return bool(fits) and len(told["list"]) >= 1


def is_my_picture(answer: httpx.Response) -> bool:
    told = answer.json()
    return (told["filename"], told["size"]) == ("me.png", 256)


def is_a_carriage(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and isinstance(answer.json()["plan"]["name"], str)


REPORTS = [
    Report(PRISM, 180, "a declared Location is sent", [post("/sessions")], header("location", "https://auth.*")),
    Report(PRISM, 311, "a header's example is sent", [post("/sessions")], header("x-entitlements", "reader")),
    Report(MOCKOON, 1244, "a header without example is made", [post("/sessions")], header("x-rate-limit", "-?[0-9]+")),
    Report(PRISM, 2787, "no encoding is named that is not there", [post("/sessions")], header("content-encoding", "")),
    Report(PRISM, 958, "a page of another origin may read declared headers",
           [post("/sessions", headers={"origin": "http://localhost:3000"})],
           header("access-control-expose-headers", ".*X-Entitlements.*")),
    Report(MOCKOON, 1593, "a browser is let in without an option",
           [("OPTIONS", "/posts", {"headers": {"origin": "http://a.test", "access-control-request-method": "POST"}})],
           header("access-control-allow-origin", r"http://a\.test")),
    Report(PRISM, 2345, "a mapped discriminator takes its schema",
           [post("/animals", json={"petType": "NICE", "miaou": True})], answers(201)),
    Report(PRISM, 523, "a discriminator refuses what its schema refuses",
           [post("/animals", json={"petType": "HUNT", "miaou": True})], answers(422)),
    Report(VALIDATOR, 458, "two alike alternatives are told apart by name",
           [post("/riders", json={"kind": "Cyclist", "gears": 3})], answers(200)),
    Report(VALIDATOR, 95, "an alternative is refused by what the named one says",
           [post("/riders", json={"kind": "Cyclist", "gears": "many"})], answers(400)),
    Report(SPECMATIC, 1417, "a base schema's discriminator chooses among what builds on it",
           [post("/vehicles", json={"type": "tram"})], answers(400)),
    Report(PRISM, 570, "a sample of alternatives has what they require", [get("/resource")], is_a_resource),
    Report(VALIDATOR, 883, "readOnly is not demanded through allOf", [post("/cars", json={"name": "x"})], answers(200)),
    Report(VALIDATOR, 389, "readOnly and required in a part is not demanded",
           [post("/items", json={"name": "x"})], answers(200)),
    Report(PRISM, 2008, "a multipart form is taken", [post("/form", files={"testData": (None, "x")})], answers(200)),
    Report(PRISM, 2654, "a field that stands twice is an array",
           [post("/form", files=[("testData", (None, "x")), ("tags", (None, "1")), ("tags", (None, "2"))])],
           answers(200)),
    Report(PRISM, 2672, "a broken multipart body is refused, and nothing crashes",
           [post("/form", content=b'--b\r\n{"inputBy": true}"\r\n--b--', headers=PART),
            post("/form", files={"testData": (None, "x")})], answers(200)),
    Report(PRISM, 2376, "binary files are taken", [post("/avatars", files=UPLOAD)], is_my_picture),
    Report(VALIDATOR, 176, "several files stand under one name",
           [post("/pictures", files=[("files", ("a", b"1")), ("files", ("b", b"2"))])], answers(200)),
    Report(PRISM, 483, "an invalid form is refused with the declared 422",
           [post("/form", data={"status": "ooopsie!"})], answers(422), "swagger"),
    Report(PRISM, 498, "an array in a form is split as its collectionFormat says",
           [post("/form", data={"id": "1", "status": "open", "arr": "1,2,3"})], answers(200), "swagger"),
    Report(PRISM, 314, "headers of Swagger 2.0 are made",
           [get("/login")], header("x-rate-limit", "-?[0-9]+"), "swagger"),
    Report(PRISM, 1152, "a parameter of a media type tells two apart",
           [post("/versions", content=b'{"two": 2}', headers={"content-type": f"{VERSION}2", "accept": f"{VERSION}2"})],
           header("content-type", ".*version=2")),
    Report(PRISM, 943, "a charset changes nothing",
           [post("/fields", content=b"a=1", headers={
               "content-type": "application/x-www-form-urlencoded; charset=UTF-8"})], answers(200)),
    Report(PRISM, 1813, "a media type that is not taken is 415",
           [post("/cars", content=b"<x/>", headers={"content-type": "application/xml"})], answers(415)),
    Report(PRISM, 2675, "one value of an array within anyOf is an array", [get("/queries?either=1")], answers(200)),
    Report(PRISM, 1320, "one value of an array is an array", [get("/queries?list=123")], answers(200)),
    Report(BACKEND, 870, "each number of an array is read", [get("/queries?numbers=1&numbers=x")], answers(400)),
    Report(PRISM, 2017, "a name with brackets is a name", [get("/queries?filter%5BuserId%5D=no-uuid")], answers(400)),
    Report(PRISM, 2443, "a name that ends in [] is an array's", [get("/queries?petId%5B%5D=318")], answers(200)),
    Report(PRISM, 19, "brackets in a name keep no number from being one",
           [get("/queries?page%5Blimit%5D=1")], answers(200)),
    Report(PRISM, 692, "the second parameter is validated too", [get("/queries?list=2&short=633333")], answers(400)),
    Report(PRISM, 691, "two required parameters are both seen", [get("/pair?a=123&b=12")], answers(200)),
    Report(VALIDATOR, 808, "one value of an array within an object is an array",
           [get("/queries?property%5Bvalues%5D=value1")], answers(200)),
    Report(VALIDATOR, 165, "a nullable enum takes none but its values",
           [get("/queries?choice=three")], answers(400)),
    Report(COUNTERFACT, 1933, "an object's members are parameters of their own",
           [get("/queries?page=0&size=0")], answers(400)),
    Report(COUNTERFACT, 453, "a header with hyphens is read",
           [get("/queries", headers={"x-custom-token": "no number"})], answers(400)),
    Report(JSON_SERVER, 1276, "the total is told", [*THREE, get("/posts?_limit=1")], header("x-total-count", "6")),
    Report(JSON_SERVER, 985, "the total is that of all pages",
           [*THREE, get("/posts?_page=2&_limit=2")], header("x-total-count", "6")),
    Report(JSON_SERVER, 909, "page 0 links to the next, and to none before it",
           [*THREE, get("/posts?_page=0&_limit=4")], header("link", r'<[^>]*_page=2[^>]*>; rel="next", .*rel="last"')),
    Report(JSON_SERVER, 1493, "every page has its size",
           [*THREE, get("/posts?_page=2&_limit=4")], lambda one: len(one.json()) == 2),
    Report(JSON_SERVER, 1499, "several fields are sorted by, each in its direction",
           [*THREE, get("/posts?_sort=-views,title")], titles("beta two", "gamma one", "alpha one")),
    Report(JSON_SERVER, 599, "DESC is desc", [*THREE, get("/posts?_sort=title&_order=DESC")],
           titles("gamma one", "beta two", "alpha one")),
    Report(JSON_SERVER, 1541, "an order in a parameter of its own is followed",
           [*THREE, get("/posts?_sort=views&_order=asc&q=one")], titles("alpha one", "gamma one")),
    Report(MOCKOON, 948, "an example behind allOf is shown", [get("/model")], body({"name": "custom_name"})),
    Report(MOCKOON, 1409, "every part of allOf is shown", [get("/composed")], is_composed),
    Report(MOCKOON, 2009, "problem details have a body",
           [get("/posts/987654")], lambda one: one.json()["status"] == 404),
    Report(PRISM, 1073, "another status can be had after an example",
           [get("/elf", headers={"prefer": "example=ada"}), get("/elf", headers={"prefer": "code=400"})], answers(400)),
    Report(SPECMATIC, 2350, "a media type of one's own is sent as it is declared",
           [get("/greeting")], lambda one: isinstance(one.json(), str) and "vnd" in one.headers["content-type"]),
    Report(SPECMATIC, 2582, "an enum behind allOf is a text",
           [get("/things")], lambda one: one.json()["status"] in ("Active", "Inactive")),
    Report(SPECMATIC, 742, "an array of nullable values is made", [get("/amounts")], is_an_amount),
    Report(SPECMATIC, 1223, "a refusal has the shape that is declared, in full",
           [post("/echoed", json={})], is_told_in_full),
    Report(BACKEND, 228, "`nullable` may stand without a type", [post("/carriages", json={"plan": {"name": "a"}})],
           is_a_carriage),
    Report(PRISM, 807, "a refusal tells what is wrong though its body is declared", [post("/carriages", json={})],
           lambda answer: answer.status_code == 400 and "plan is required" in answer.json()["message"]),
    Report(VALIDATOR, 917, "items between plain commas may hold encoded ones",
           [get("/terms?api_key=k&test=categoryId%3AIN%3A%5B1%2C2%2C3%5D,itemId%3AEQ%3A2")], answers(200)),
    Report(VALIDATOR, 112, "a key in the query is no unknown parameter", [get("/terms?api_key=k")], answers(200)),
    Report(PRISM, 418, "an answer may have no content at all", [get("/empty")], answers(200)),
    Report(PRISM, 1618, "a 204 has nothing to be accepted",
           [("DELETE", "/empty", {"headers": {"accept": "application/json"}})], answers(204)),
    Report(PRISM, 802, "an empty Accept takes anything", [get("/sessions", headers={"accept": ""}),
                                                          get("/animals", headers={"accept": ""})], answers(200)),
    Report(PRISM, 2148, "folders within folders are made, and end", [get("/folder")],
           lambda answer: answer.json()["type"] == "folder" and len(answer.json()["files"]) >= 1),
    Report(PRISM, 1873, "a path with a space is found", [get("/some%20path")], body("spaced")),
    Report(PRISM, 494, "a parameter may be a part of a segment", [get("/pages.html")], body("formed")),
    Report(PRISM, 1939, "a read with a Content-Type is a read",
           [get("/pages", headers={"content-type": "application/json"})], body("bare")),
    Report(PRISM, 2591, "a field with a dot in its name is held to its schema",
           [post("/messages", data={"Messaging.Count": "many"})], answers(400)),
    Report(VALIDATOR, 707, "there is no eighteenth month", [post("/messages", data={"sent": "1975-18-03"})],
           answers(400)),
    Report(SPECMATIC, 1311, "null is one of the alternatives", [post("/plans", json={"kind": None})], answers(200)),
    Report(PRISM, 2352, "`json` is meant as a media type", [post("/tuners", json={"email": "a"})],
           body({"email": "a"}), "swagger"),
    Report(MOCKOON, 1229, "a server without a protocol is a host", [get("/pages")], body("bare")),
    Report(API_MANAGER, 31, "20X is the class 2XX", [get("/pages.json")], body("formed")),
]  # fmt: skip


@pytest.fixture(scope="module")
def doubles() -> Iterator[dict[str, str]]:
    with serving(Settings(HERE / "openapi.yaml", seed=1)) as plain, serving(Settings(HERE / "swagger.yaml")) as swagger:
        yield {"openapi": plain, "swagger": swagger}


def client_of(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"X-Specdouble-World": uuid4().hex}, timeout=30)


@pytest.fixture
def world(doubles: dict[str, str]) -> Iterator[httpx.Client]:
    with client_of(doubles["openapi"]) as client:
        yield client


@pytest.mark.parametrize("report", REPORTS, ids=lambda one: f"{one.tracker}#{one.number}: {one.says}")
def test_what_was_reported_of_others_is_right_here(doubles: dict[str, str], report: Report) -> None:
    with client_of(doubles[report.contract]) as client:
        for method, path, how in report.requests:
            answer = client.request(method, path, **how)
    assert report.is_right(answer), f"{answer.status_code} {dict(answer.headers)} {answer.text}"


# Reports in which one request takes what another one answered.


def test_an_upload_can_be_downloaded_as_it_was_sent(world: httpx.Client) -> None:
    """stoplightio/prism#2088: what is no structured text, PDF and multipart among it, is not supported there."""
    made = world.post("/avatars", files=UPLOAD).json()
    file = world.get(f"/avatars/{made['id']}")
    assert file.content == UPLOAD["image"][1]
    assert file.headers["content-type"] == "image/png"
    assert "me.png" in file.headers["content-disposition"]


def test_an_id_stays_a_number_when_it_is_put(world: httpx.Client) -> None:
    """typicode/json-server#396."""
    made = world.post("/posts", json={"title": "one"}).json()
    assert world.put(f"/posts/{made['id']}", json={"title": "two"}).json()["id"] == made["id"]
    assert world.get(f"/posts/{made['id']}").json()["title"] == "two"


def test_what_was_just_made_can_be_changed(world: httpx.Client) -> None:
    """typicode/json-server#1561."""
    made = world.post("/posts", json={"title": "one"}).json()
    assert world.patch(f"/posts/{made['id']}", json={"title": "two"}).json()["title"] == "two"


def test_what_is_made_under_a_parent_has_its_id_as_a_number(world: httpx.Client) -> None:
    """typicode/json-server#697."""
    parent = world.post("/posts", json={"title": "one"}).json()
    world.post(f"/posts/{parent['id']}/comments", json={"text": "hi"})
    assert [one["postId"] for one in world.get(f"/posts/{parent['id']}/comments").json()] == [parent["id"]]


def test_a_value_that_means_all_filters_nothing_even_as_a_default(world: httpx.Client) -> None:
    world.post("/posts", json={"title": "one", "kind": "note"})
    assert world.get("/posts").json() == world.get("/posts?kind=all").json() != []
    assert {one["kind"] for one in world.get("/posts?kind=note").json()} == {"note"}
