"""A server as somebody writes it: tags, each named by its type and its value, and the types that there are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints

Text = Annotated[str, StringConstraints(min_length=2, max_length=50)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=50, pattern="^[a-z0-9-]+$")]
ANY = {"application/json": {"schema": {"type": "object"}}}
REFUSED: dict[int | str, dict[str, Any]] = {one: {"content": ANY, "description": "no"} for one in (400, 404, 409)}


class Tag(BaseModel):
    """A tag."""

    type: Text
    value: Text


class TagType(BaseModel):
    """What tags are of."""

    name: Name
    note: str = ""


class Tags(BaseModel):
    """All of them."""

    tags: list[Tag]


class TagTypes(BaseModel):
    """All types."""

    types: list[TagType]


class Tagging:
    """What the server holds: types by name, tags by type and value."""

    def __init__(self) -> None:
        self.types = {"plain": TagType(name="plain", note="theirs")}
        self.tags = {("plain", "theirs"): Tag(type="plain", value="theirs")}


def create_app(held: Tagging) -> FastAPI:
    """The server; what it holds is in `held`."""
    app = FastAPI(title="Tags", version="1")

    @app.exception_handler(HTTPException)
    def refuse(_request: object, error: HTTPException) -> JSONResponse:
        return JSONResponse({"message": error.detail}, error.status_code)

    @app.exception_handler(RequestValidationError)
    def unfit(_request: object, _error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": []}, 422)

    _serve_types(app, held)
    _serve_tags(app, held)
    return app


def _serve_types(app: FastAPI, held: Tagging) -> None:
    @app.get("/tag-types")
    def list_types() -> TagTypes:
        return TagTypes(types=list(held.types.values()))

    @app.post("/tag-types", status_code=201, responses=REFUSED)
    def create_type(wanted: TagType) -> TagType:
        if wanted.name in held.types:
            raise HTTPException(409, f"there is a tag type {wanted.name} already")
        held.types[wanted.name] = wanted
        return wanted

    @app.delete("/tag-types/{name}", status_code=204, response_class=Response, responses=REFUSED)
    def delete_type(name: str) -> None:
        if held.types.pop(name, None) is None:
            raise HTTPException(404, "no such type")
        held.tags = {key: tag for key, tag in held.tags.items() if tag.type != name}


def _serve_tags(app: FastAPI, held: Tagging) -> None:
    _show_tags(app, held)

    @app.post("/tags", status_code=201, responses=REFUSED)
    def create_tag(wanted: Tag) -> Tag:
        if wanted.type not in held.types:
            raise HTTPException(400, f"Tag type '{wanted.type}' does not exist")
        if (wanted.type, wanted.value) in held.tags:
            raise HTTPException(409, "there is such a tag already")
        held.tags[wanted.type, wanted.value] = wanted
        return wanted

    @app.delete("/tags/{type}/{value}", responses=REFUSED)
    def delete_tag(type: str, value: str) -> None:
        held.tags.pop((type, value), None)


def _show_tags(app: FastAPI, held: Tagging) -> None:
    @app.get("/tags")
    def list_tags() -> Tags:
        return Tags(tags=list(held.tags.values()))

    @app.get("/tags/{type}")
    def tags_of(type: str) -> Tags:
        return Tags(tags=[tag for tag in held.tags.values() if tag.type == type])

    @app.get("/tags/{type}/{value}", responses=REFUSED)
    def read_tag(type: str, value: str) -> Tag:
        if (type, value) not in held.tags:
            raise HTTPException(404, "no such tag")
        return held.tags[type, value]
