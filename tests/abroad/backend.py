"""A backend as somebody with FastAPI writes it, its contract its own: projects of organizations, five faults to switch.

It shares nothing with the double. The rules stand in the models, as `json_schema_extra`; everything else is FastAPI's.
"""

import threading
import time
import unicodedata
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

FAULTS = ("duplicate_in_other_case", "race", "tenant_leak", "page_off_by_one", "refused_patch_has_an_effect")
USERS = {
    "token-of-ada": {"id": "ada", "organization": "north"},
    "token-of-grace": {"id": "grace", "organization": "north"},
    "token-of-linus": {"id": "linus", "organization": "south"},
}
SECONDS_OF_A_LOOK = 0.01  # between the look for a name and the write, where both are not one


class Problem(BaseModel):
    """What a refusal says."""

    detail: str


class Caller(BaseModel):
    """Who asks."""

    id: str
    organization: str


class Wanted(BaseModel):
    """What a client sends for a project."""

    name: str = Field(min_length=1, max_length=200)
    goal: str = Field(default="", max_length=500)
    state: Literal["planned", "running", "done"] = "planned"


class Changes(BaseModel):
    """What of a project is changed."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    goal: str | None = Field(default=None, max_length=500)
    state: Literal["planned", "running", "done"] | None = None


class Project(BaseModel):
    """A project of an organization."""

    model_config = ConfigDict(json_schema_extra={"x-resource": {"collection": "projects", "tenant": "organization"}})

    id: int = Field(json_schema_extra={"readOnly": True})
    organization: str = Field(json_schema_extra={"readOnly": True})
    name: str = Field(json_schema_extra={"x-unique": {"within": ["organization"], "ignore": ["case"]}})
    goal: str
    state: Literal["planned", "running", "done"]


class Projects:
    """All projects, and what is wrong with how they are kept.

    Args:
        faults: some of `FAULTS`; what is in the set may change.
    """

    def __init__(self, faults: set[str]) -> None:
        self.faults = faults
        self.lock = threading.Lock()
        self._all: dict[int, Project] = {}

    def of(self, caller: Caller) -> list[Project]:
        return [one for one in list(self._all.values()) if one.organization == caller.organization]

    def find(self, number: int, caller: Caller) -> Project:
        project = self._all.get(number)
        leaks = "tenant_leak" in self.faults
        if project is None or (project.organization != caller.organization and not leaks):
            raise HTTPException(404, "there is no such project")
        return project

    def refuse_taken(self, name: str, caller: Caller, itself: int | None = None) -> None:
        for project in self.of(caller):
            if project.id != itself and self._is_same(project.name, name):
                raise HTTPException(409, f"there is a project {project.name} already")

    def _is_same(self, one: str, other: str) -> bool:
        if "duplicate_in_other_case" in self.faults:
            return one == other
        return _folded(one) == _folded(other)

    def create(self, wanted: Wanted, caller: Caller) -> Project:
        if "race" in self.faults:
            self.refuse_taken(wanted.name, caller)
            time.sleep(SECONDS_OF_A_LOOK)
        with self.lock:
            if "race" not in self.faults:
                self.refuse_taken(wanted.name, caller)
            number = max(self._all, default=0) + 1
            self._all[number] = Project(**wanted.model_dump(), id=number, organization=caller.organization)
            return self._all[number]

    def change(self, number: int, changes: Changes, caller: Caller) -> Project:
        with self.lock:
            project, told = self.find(number, caller), changes.model_dump(exclude_none=True)
            if "refused_patch_has_an_effect" in self.faults:
                effect = {name: value for name, value in told.items() if name != "name"}
                project = self._all[number] = project.model_copy(update=effect)
            if "name" in told:
                self.refuse_taken(told["name"], caller, number)
            self._all[number] = project.model_copy(update=told)
            return self._all[number]

    def delete(self, number: int, caller: Caller) -> None:
        with self.lock:
            del self._all[self.find(number, caller).id]


def _folded(text: str) -> str:
    """The text without what tells its case, however it is composed (Unicode 3.13, D146)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


_bearer = HTTPBearer(auto_error=False)


def _caller(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
    known = USERS.get(credentials.credentials) if credentials else None
    if known is None:
        raise HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    return Caller(**known)


Asking = Annotated[Caller, Depends(_caller)]
Responses = dict[int | str, dict[str, Any]]
UNAUTHORIZED: Responses = {401: {"model": Problem}}
MISSING: Responses = {404: {"model": Problem}}
TAKEN: Responses = {409: {"model": Problem}}
UNREADABLE: Responses = {400: {"model": Problem}}  # a body that is no UTF-8, which FastAPI leaves undeclared


def create_app(faults: set[str]) -> FastAPI:
    """The backend; what is in `faults` may change while it runs."""
    app, projects = FastAPI(title="Projects", version="1"), Projects(faults)

    @app.exception_handler(RequestValidationError)
    def refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
        # FastAPI's own repeats what was sent, and fails where that is no number.
        told = [{"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in error.errors()]
        return JSONResponse({"detail": told}, 422)

    @app.get("/me", responses=UNAUTHORIZED)
    def me(asking: Asking) -> Caller:
        return asking

    @app.post("/projects", status_code=201, responses=UNAUTHORIZED | TAKEN | UNREADABLE)
    def create_project(wanted: Wanted, asking: Asking) -> Project:
        return projects.create(wanted, asking)

    @app.get("/projects", responses=UNAUTHORIZED)
    def list_projects(
        asking: Asking, offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> list[Project]:
        skipped = offset + 1 if offset and "page_off_by_one" in faults else offset
        return projects.of(asking)[skipped : skipped + limit]

    @app.get("/projects/{project_id}", responses=UNAUTHORIZED | MISSING)
    def read_project(project_id: int, asking: Asking) -> Project:
        return projects.find(project_id, asking)

    @app.patch("/projects/{project_id}", responses=UNAUTHORIZED | MISSING | TAKEN | UNREADABLE)
    def change_project(project_id: int, changes: Changes, asking: Asking) -> Project:
        return projects.change(project_id, changes, asking)

    @app.delete(
        "/projects/{project_id}", status_code=204, response_class=Response, responses=UNAUTHORIZED | MISSING
    )  # fmt: skip
    def delete_project(project_id: int, asking: Asking) -> None:
        projects.delete(project_id, asking)

    return app
