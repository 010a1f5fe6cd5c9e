"""`shared`, `read` and `write` of an `x-resource`, and `x-roles` by what operations do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from specdouble.verify.settings import Account
from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("forum.yaml")
ROLES = {"ann": "member", "bob": "moderator", "eve": "auditor"}
TOPICS, NOTES, CREATE, LIST = "owner:topics.authorId", "owner:notes.authorId", "roles:post_badge", "roles:list_badges"
ACCOUNTS = tuple(Account(name, {"role": role}, {"key": name}) for name, role in ROLES.items())
USER = '[[tool.specdouble.verify.users]]\nname = "{0}"\nrole = "{1}"\ncredentials = {{ key = "{0}" }}\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forum")
    (folder / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (folder / "pyproject.toml").write_text("\n".join(USER.format(*one) for one in ROLES.items()), "utf-8")
    (folder / "mock_data").mkdir()
    people = [{"id": name, "role": role, "key": name} for name, role in ROLES.items()]
    (folder / "mock_data" / "people.json").write_text(json.dumps(people), "utf-8")
    return folder


@pytest.fixture(scope="module")
def forum(project: Path) -> Iterator[httpx.Client]:
    with doubled(project) as client:
        yield client


def made(forum: httpx.Client, kind: str, by: str) -> str:
    document = forum.post(f"/{kind}", json={"text": "hello"}, headers={"X-Key": by}).json()
    assert document["authorId"] == by
    return f"/{kind}/{document['id']}"


def asked(forum: httpx.Client, method: str, path: str, by: str) -> int:
    body = {"text": "changed"} if method == "PATCH" else None
    return forum.request(method, path, json=body, headers={"X-Key": by}).status_code


# The double


def test_what_is_shared_is_read_by_all_and_changed_by_its_owner(forum: httpx.Client) -> None:
    topic = made(forum, "topics", "ann")
    assert [asked(forum, "GET", topic, by) for by in ("ann", "eve")] == [200, 200]
    assert [asked(forum, "PATCH", topic, by) for by in ("eve", "ann")] == [403, 200]
    assert topic.rpartition("/")[2] in [one["id"] for one in forum.get("/topics", headers={"X-Key": "eve"}).json()]


def test_a_role_that_writes_changes_whosever_it_is_and_the_owner_stays(forum: httpx.Client) -> None:
    topic = made(forum, "topics", "ann")
    assert asked(forum, "PATCH", topic, "bob") == 200
    assert forum.get(topic, headers={"X-Key": "bob"}).json()["authorId"] == "ann"
    assert asked(forum, "DELETE", topic, "bob") == 204


def test_a_role_that_sees_all_reads_what_exists_for_nobody_else(forum: httpx.Client) -> None:
    note = made(forum, "notes", "ann")
    assert [asked(forum, "GET", note, by) for by in ("ann", "eve", "bob")] == [200, 200, 404]
    assert [asked(forum, "DELETE", note, by) for by in ("eve", "bob", "ann")] == [403, 404, 204]


def test_a_refusal_names_the_rule(forum: httpx.Client) -> None:
    refused = forum.delete(made(forum, "topics", "ann"), headers={"X-Key": "eve"})
    assert refused.headers["X-Specdouble-Rule"] == TOPICS


def test_roles_are_said_once_for_all_operations_that_do_something(forum: httpx.Client) -> None:
    badge = {"text": "kind"}
    creating = [forum.post("/badges", json=badge, headers={"X-Key": by}).status_code for by in ("ann", "bob")]
    assert (creating, asked(forum, "GET", "/badges", "eve")) == ([403, 201], 403)


# The annotations


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("shared: true", "shared: yes please", "`shared` is neither true nor false"),
        ("shared: true", "shred: true", "`x-resource` has no key `shred`"),
        ("shared: true", "shared: true, read: anyone", "`shared` and `read` both say who reads"),
        ("read: {roles: [auditor]}", "read: everyone", "`everyone` is nobody who could read"),
        ("read: {roles: [auditor]}", "read: tenant", "the documents have no tenant"),
        ("read: {roles: [auditor]}", "read: {role: [auditor]}", "`read` has no key `role`"),
        ("read: {roles: [auditor]}", "read: {roles: auditor}", "`roles` lists no roles"),
        ("{collection: badges, id: id}", "{collection: badges, id: id, shared: true}", "whose the documents are"),
        ("x-roles: {create:", "x-roles: {creates:", "`x-roles` has no key `creates`"),
        ("x-roles: {create:", "x-roles: {delete:", "no operation is known to delete"),
        ("x-roles: {create: [moderator]", "x-roles: {create: [moderators]", "no user has the role `moderators`"),
    ],
)
def test_lint_refuses_access_of_nobody(tmp_path: Path, written: str, instead: str, reason: str) -> None:
    assert any(reason in one for one in findings_of(CONTRACT, written, instead, tmp_path))


# The verifier


class Forum:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: dict[str, dict[str, dict[str, Any]]] = {"topics": {}, "notes": {}, "badges": {}}
        self.app = FastAPI()
        for kind in self.kept:
            self.app.get(f"/{kind}")(self.listing(kind))
            self.app.post(f"/{kind}")(self.creating(kind))
            self.app.api_route(f"/{kind}/{{id}}", methods=["GET", "PATCH", "DELETE"])(self.asking(kind))

    def sees(self, kind: str, by: str, document: dict[str, Any]) -> bool:
        if kind == "topics":
            return self.fault != "not shared" or document["authorId"] == by
        is_auditor = ROLES[by] == "auditor" and self.fault != "no auditor"
        return document["authorId"] == by or is_auditor or self.fault == "all read notes"

    def changes(self, kind: str, by: str, document: dict[str, Any]) -> bool:
        is_moderator = kind == "topics" and ROLES[by] == "moderator" and self.fault != "no moderator"
        return document["authorId"] == by or is_moderator or self.fault == "all change"

    def listing(self, kind: str) -> Any:
        async def shown(request: Request) -> Response:
            by = request.headers.get("X-Key", "")
            if by not in ROLES:
                return Response(status_code=401)
            if kind == "badges":
                allowed = ROLES[by] != "auditor" or self.fault == "all list badges"
                return JSONResponse([*self.kept[kind].values()]) if allowed else Response(status_code=403)
            return JSONResponse([one for one in self.kept[kind].values() if self.sees(kind, by, one)])

        return shown

    def creating(self, kind: str) -> Any:
        async def created(request: Request) -> Response:
            by, body = request.headers.get("X-Key", ""), await request.json()
            if by not in ROLES:
                return Response(status_code=401)
            if kind == "badges" and ROLES[by] != "moderator" and self.fault != "all create badges":
                return Response(status_code=403)
            text = body.get("text") if isinstance(body, dict) else None
            if not isinstance(text, str) or not 0 < len(text) <= 60:
                return Response(status_code=422)
            document = {"id": uuid4().hex, "text": text, **({} if kind == "badges" else {"authorId": by})}
            self.kept[kind][document["id"]] = document
            return JSONResponse(document, 201)

        return created

    def asking(self, kind: str) -> Any:
        async def answered(id: str, request: Request) -> Response:
            by, document = request.headers.get("X-Key", ""), self.kept[kind].get(id)
            if by not in ROLES:
                return Response(status_code=401)
            if document is None or not self.sees(kind, by, document):
                return Response(status_code=404)
            if request.method == "GET":
                return JSONResponse(document)
            if not self.changes(kind, by, document):
                return Response(status_code=403)
            if request.method == "DELETE":
                del self.kept[kind][id]
                return Response(status_code=204)
            text = (await request.json()).get("text")
            if not isinstance(text, str) or not 0 < len(text) <= 60:
                return Response(status_code=422)
            document["text"] = text
            return JSONResponse(document)

        return answered


def test_a_server_that_opens_what_the_contract_says_is_found_to_keep_it() -> None:
    rules = (TOPICS, NOTES, CREATE, LIST)
    verdict = verdict_of(Forum().app, CONTRACT, rules, users=ACCOUNTS)
    assert {key: verdict.rows[key].state for key in rules} == dict.fromkeys(rules, "kept")


def test_without_a_known_role_nothing_is_proved() -> None:
    strangers = tuple(Account(name, {}, {"key": name}) for name in ("ann", "bob"))
    verdict = verdict_of(Forum().app, CONTRACT, (TOPICS,), users=strangers)
    assert verdict.rows[TOPICS].state == "not exercised"


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("not shared", TOPICS),
        ("all change", TOPICS),
        ("no moderator", TOPICS),
        ("all read notes", NOTES),
        ("no auditor", NOTES),
        ("all create badges", CREATE),
        ("all list badges", LIST),
    ],
)
def test_a_server_that_does_not_is_found_to_break_it(fault: str, rule: str) -> None:
    assert rule in verdict_of(Forum(fault).app, CONTRACT, (rule,), users=ACCOUNTS).broken


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["owner", "roles"])
def test_the_verifier_kills_each_mutant(project: Path, kind: str) -> None:
    assert survivors(project, kind) == []
