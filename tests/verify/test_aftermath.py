"""Albums of photos: a refused request leaves what is around its document alone, and a count counts what is there."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, Header, HTTPException, Response

from specdouble.contract import read
from specdouble.prove.bench import Bench, Options
from specdouble.verify import Settings, verify
from specdouble.verify.case import Names
from specdouble.verify.verdict import Verdict
from tests.applications import serving

CONTRACT = Path(__file__).with_name("albums.yaml")
RESTRICT = "references:frames.albumId.onDelete"
TRACE, DERIVED = Names.refused_leaves_no_trace, Names.derived_values
Sent = Annotated[Any, Body()]
Tag = Annotated[str | None, Header()]


class Albums:
    """The server, with one fault or none.

    Args:
        fault: `stale empties`, `restricted empties`, `restricted forgets`, `taken counts`, `several count as one`,
            `refused several count`.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.numbers = count(1)
        self.kept: dict[str, dict[str, dict[str, Any]]] = {"albums": {}, "photos": {}, "frames": {}, "labels": {}}
        self.app = app = FastAPI()
        app.post("/albums", status_code=201)(self.post_album)
        app.get("/albums/{album}")(self.get_album)
        app.delete("/albums/{album}", status_code=204)(self.delete_album)
        app.post("/albums/{album}/photos", status_code=201)(self.post_photo)
        app.post("/albums/{album}/photos/several", status_code=201)(self.post_photos)
        app.get("/photos/{key}")(lambda key: self.found("photos", key))
        app.delete("/photos/{key}", status_code=204)(self.delete_photo)
        app.post("/frames", status_code=201)(self.post_frame)
        app.get("/frames/{key}")(lambda key: self.found("frames", key))
        app.delete("/frames/{key}", status_code=204)(self.delete_frame)
        app.post("/labels", status_code=201)(self.post_label)
        app.get("/labels/{key}")(lambda key: self.found("labels", key))

    def found(self, things: str, key: str) -> dict[str, Any]:
        if key not in self.kept[things]:
            raise HTTPException(404)
        return self.kept[things][key]

    def added(self, things: str, **values: Any) -> dict[str, Any]:
        document = {"id": f"{things[:1]}{next(self.numbers)}", **values}
        self.kept[things][document["id"]] = document
        return document

    # Albums

    async def post_album(self, body: Sent, response: Response) -> dict[str, Any]:
        album = self.added("albums", title=text_of(body, "title"), photoCount=0)
        response.headers["ETag"] = tag_of(album)
        return album

    def get_album(self, album: str, response: Response, if_none_match: Tag = None) -> Any:
        tag = tag_of(self.found("albums", album))
        if if_none_match is not None and tag in if_none_match:
            return Response(status_code=304, headers={"ETag": tag})
        response.headers["ETag"] = tag
        return self.found("albums", album)

    async def delete_album(self, album: str, if_match: Tag = None) -> Response:
        found = self.found("albums", album)
        if if_match is not None and "*" not in if_match and tag_of(found) not in if_match:
            if self.fault == "stale empties":
                self.empty(album)
            raise HTTPException(412)
        if any(one["albumId"] == album for one in self.kept["frames"].values()):
            if self.fault == "restricted empties":
                self.empty(album)
            if self.fault == "restricted forgets":
                self.forget(album)
            raise HTTPException(409)
        self.empty(album)
        self.forget(album)
        del self.kept["albums"][album]
        return Response(status_code=204)

    def empty(self, album: str) -> None:
        photos = self.kept["photos"]
        self.kept["photos"] = {key: one for key, one in photos.items() if one["albumId"] != album}

    def forget(self, album: str) -> None:
        for label in self.kept["labels"].values():
            if label["albumId"] == album:
                label["albumId"] = None

    # Photos

    def hold_free(self, album: str, *names: str) -> None:
        taken = {one["name"] for one in self.kept["photos"].values() if one["albumId"] == album}
        if taken & set(names) or len(set(names)) < len(names):
            raise HTTPException(409)

    async def post_photo(self, album: str, body: Sent) -> dict[str, Any]:
        found, name = self.found("albums", album), text_of(body, "name")
        found["photoCount"] += self.fault == "taken counts"
        self.hold_free(album, name)
        found["photoCount"] += self.fault != "taken counts"
        return self.added("photos", albumId=album, name=name)

    async def post_photos(self, album: str, body: Sent) -> list[dict[str, Any]]:
        found = self.found("albums", album)
        if not isinstance(body, list) or not 1 <= len(body) <= 4:
            raise HTTPException(422)
        before = found["photoCount"]
        found["photoCount"] += 1 if self.fault == "several count as one" else len(body)
        try:
            names = [text_of(one, "name") for one in body]
            self.hold_free(album, *names)
        except HTTPException:
            if self.fault != "refused several count":
                found["photoCount"] = before
            raise
        return [self.added("photos", albumId=album, name=name) for name in names]

    async def delete_photo(self, key: str) -> Response:
        self.kept["albums"][self.found("photos", key)["albumId"]]["photoCount"] -= 1
        del self.kept["photos"][key]
        return Response(status_code=204)

    # What names albums

    async def post_frame(self, body: Sent) -> dict[str, Any]:
        return self.added("frames", albumId=self.known(text_of(body, "albumId")))

    async def delete_frame(self, key: str) -> Response:
        del self.kept["frames"][self.found("frames", key)["id"]]
        return Response(status_code=204)

    async def post_label(self, body: Sent) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise HTTPException(422)
        album = body.get("albumId")
        return self.added("labels", albumId=None if album is None else self.known(album))

    def known(self, album: object) -> str:
        if not isinstance(album, str) or album not in self.kept["albums"]:
            raise HTTPException(422)
        return album


def text_of(body: Any, name: str) -> str:
    text = body.get(name) if isinstance(body, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= 60:
        raise HTTPException(422)
    return text


def tag_of(album: dict[str, Any]) -> str:
    return f'"{album["id"]}-{album["photoCount"]}"'


def verdict_of(fault: str, *rules: str, contract: Path = CONTRACT) -> Verdict:
    with serving(Albums(fault).app) as url:
        return verify(read(contract), Settings(url=url, rules=rules, phases=("rules",), yes=True))


def test_of_a_correct_server_nothing_is_said() -> None:
    verdict = verdict_of("")
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []


def test_of_the_double_nothing_is_said() -> None:
    bench = Bench(Options(CONTRACT, seed=1))
    verdict = bench.verified(lambda parts: parts, bench.settings)
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []


@pytest.mark.parametrize(
    ("fault", "rule", "told"),
    [
        ("stale empties", "etag:albums", TRACE),
        ("restricted empties", RESTRICT, TRACE),
        ("restricted forgets", RESTRICT, TRACE),
        ("taken counts", DERIVED, DERIVED),
        ("several count as one", DERIVED, DERIVED),
        ("refused several count", DERIVED, DERIVED),
    ],
)
def test_a_fault_of_it_is_found(fault: str, rule: str, told: str) -> None:
    assert {one.check for one in verdict_of(fault, rule).failures} == {told}


def test_an_only_text_of_which_no_rule_speaks_is_too_long_where_one_of_several_is_to_be_refused(tmp_path: Path) -> None:
    plain = tmp_path / "openapi.yaml"
    plain.write_text(CONTRACT.read_text("utf-8").replace(", x-unique: {within: albumId}", ""), "utf-8")

    failures = verdict_of("refused several count", DERIVED, contract=plain).failures

    assert {one.check for one in failures} == {DERIVED}
