"""Contracts drawn at random: what a team chooses when it designs an API, written as an OpenAPI description.

A `Draft` holds the choices, `write` makes of them a project that `specdouble serve` and `specdouble verify` take.
`python -m tests.abroad.drafts SEED FOLDER` writes the drafts of a seed.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import yaml
from hypothesis import strategies as st

from tests.abroad.swagger import as_swagger

Schema = dict[str, Any]

VERSIONS = ("3.0.3", "3.1.0", "2.0")
# How a document is named: by the server, by who creates it (in the body, or in the path of a PUT), inside `metadata`.
IDS = ("integer", "uuid", "string", "by name", "by put", "inside")
ENVELOPES: tuple[tuple[str, ...], ...] = ((), ("data",), ("result", "item"))
UPDATES = ("put", "patch", "merge-patch", "json-patch", "post")
PAGINGS = ("", "limit and offset", "page", "cursor")
SECURITIES = ("", "header", "query", "cookie", "bearer", "basic", "either")
REFUSALS = (("400", "404", "409"), ("400", "404", "422"), ("400", "404"), ("default",))
RULES = (
    "unique", "unique within", "unique ignoring", "references", "readOnly", "default", "immutable", "transitions",
    "created", "updated", "owner", "tenant", "roles",
)  # fmt: skip
PROPERTIES: dict[str, Schema] = {
    "note": {"type": "string", "maxLength": 200},
    "amount": {"type": "number", "minimum": 0, "maximum": 100000},
    "seats": {"type": "integer", "minimum": 1, "maximum": 500},
    "colour": {"type": "string", "enum": ["red", "green", "blue"]},
    "dueAt": {"type": "string", "format": "date-time"},
    "dueOn": {"type": "string", "format": "date"},
    "labels": {"type": "array", "items": {"type": "string", "maxLength": 30}, "maxItems": 5},
    "address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}},
    "urgent": {"type": "boolean"},
    "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4}$"},
    "mail": {"type": "string", "format": "email"},
}

# Two of one team and one of another; two roles.
MEMBERS = [
    {"memberId": "uma-1", "team": "east", "role": "EDITOR", "secret": "uma:key-uma-51f0"},
    {"memberId": "viv-1", "team": "east", "role": "READER", "secret": "viv:key-viv-88aa"},
    {"memberId": "wes-1", "team": "west", "role": "EDITOR", "secret": "wes:key-wes-c3d2"},
]


@dataclass(frozen=True)
class Draft:
    """The choices of one API.

    Args:
        version: of OpenAPI.
        named: how a document gets its id, one of IDS.
        annotated: whether `x-resource` tells of the documents; else their shape does, and there are no rules.
        envelope: the property names around a document in an answer.
        wrapper: the property name around a document in a request; empty for none.
        nested: whether documents stand below others in the path.
        updates: the ways in which a document is changed.
        deletes: whether it can be deleted.
        silent: whether writes answer without a body.
        created: the status of a create.
        paging: how the list is paged.
        security: how callers are known.
        refusals: the statuses of refusals that operations declare.
        properties: the properties that no rule speaks of.
        rules: the kinds of rules.
    """

    version: str
    named: str
    annotated: bool
    envelope: tuple[str, ...]
    wrapper: str
    nested: bool
    updates: tuple[str, ...]
    deletes: bool
    silent: bool
    created: str
    paging: str
    security: str
    refusals: tuple[str, ...]
    properties: tuple[str, ...]
    rules: tuple[str, ...]

    def write(self, folder: Path) -> Path:
        """Write the project; its folder is returned."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "openapi.yaml").write_text(yaml.safe_dump(document(self), sort_keys=False), encoding="utf-8")
        if self.security:
            seed = folder / "mock_data"
            seed.mkdir(exist_ok=True)
            (seed / "members.json").write_text(json.dumps(MEMBERS, indent=2), encoding="utf-8")
            (folder / "pyproject.toml").write_text(_users(self), encoding="utf-8")
        return folder


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Drafts whose choices go together: no rule without what it needs, no keyword that the version has not."""
    version = draw(st.sampled_from(VERSIONS))
    named = draw(st.sampled_from(IDS))
    annotated = named != "inside" and draw(st.integers(0, 3)) > 0
    security = draw(st.sampled_from([one for one in SECURITIES if _can_be_secured(version, one)]))
    updates = draw(st.lists(st.sampled_from(UPDATES), max_size=2, unique_by=_method))
    if named == "by put":
        updates = ["put", *(one for one in updates if _method(one) == "patch")]
    silent = named in ("integer", "by name", "by put") and draw(st.integers(0, 3)) == 0
    rules = draw(st.lists(st.sampled_from(RULES), max_size=5, unique_by=_property_of)) if annotated else []
    return Draft(
        version=version,
        named=named,
        annotated=annotated,
        envelope=draw(st.sampled_from(ENVELOPES)) if named != "inside" else (),
        wrapper="" if annotated or named == "inside" else draw(st.sampled_from(["", "thing"])),
        nested=draw(st.booleans()),
        updates=tuple(updates),
        deletes=draw(st.booleans()),
        silent=silent,
        created=draw(st.sampled_from(["201", "200"])) if named != "by put" else "201",
        paging=draw(st.sampled_from(PAGINGS)),
        security=security,
        refusals=draw(st.sampled_from(REFUSALS)),
        properties=tuple(draw(st.lists(st.sampled_from(sorted(PROPERTIES)), max_size=4, unique=True))),
        rules=tuple(one for one in rules if _is_possible(one, updates, security)),
    )


def _can_be_secured(version: str, security: str) -> bool:
    return version != "2.0" or security not in ("cookie", "bearer", "either")


def _method(update: str) -> str:
    return "patch" if "patch" in update else update


def _property_of(rule: str) -> str:
    """The property that the rule is about: one has one rule of a kind."""
    return rule.partition(" ")[0]


def _is_possible(rule: str, updates: list[str], security: str) -> bool:
    if rule in ("owner", "tenant", "roles"):
        return bool(security)
    plain = [one for one in updates if one != "json-patch"]
    return bool(plain) or rule not in ("immutable", "transitions", "updated")


@lru_cache
def drawn(seed: int, count: int) -> list[Draft]:
    """Different drafts, the same ones for a seed."""
    found: dict[Draft, None] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count * 2, database=None, deadline=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(drafts())
    def draw(draft: Draft) -> None:
        found[draft] = None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draw()
    return list(found)[:count]


def smallest(fails: Callable[[Draft], bool]) -> Draft:
    """The smallest draft that fails, as far as Hypothesis finds one."""
    return hypothesis.find(drafts(), fails, settings=hypothesis.settings(max_examples=200, database=None))


# The description


def document(draft: Draft) -> Schema:
    """The OpenAPI description."""
    whole: Schema = {
        "openapi": "3.0.3" if draft.version == "2.0" else draft.version,
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": _paths(draft),
        "components": {"schemas": _schemas(draft)},
    }
    if draft.security:
        whole["security"] = [{name: []} for name in _schemes(draft)]
        whole["components"]["securitySchemes"] = _schemes(draft)
    return as_swagger(whole) if draft.version == "2.0" else whole


def _paths(draft: Draft) -> Schema:
    above = "/shelves/{shelfId}/things" if draft.nested else "/things"
    paths = _collection_paths(draft, above, "Thing", "thing", draft.updates, draft.deletes)
    if draft.nested or "references" in draft.rules:
        shelves = _plain(draft)
        for path, operations in _collection_paths(shelves, "/shelves", "Shelf", "shelf", (), True).items():
            paths.setdefault(path, operations)
    if "roles" in draft.rules and "post" in paths[above]:
        paths[above]["post"] |= {"x-roles": ["EDITOR"]}
        paths[above]["post"]["responses"]["403"] = {"description": "Who asks may not."}
    return paths


def _plain(draft: Draft) -> Draft:
    """The draft of what documents refer to, or stand below."""
    return Draft(
        draft.version, "string", draft.annotated, (), "", False, (), True, False, "201", "", draft.security,
        draft.refusals, (), (),
    )  # fmt: skip


def _collection_paths(
    draft: Draft, path: str, name: str, noun: str, updates: tuple[str, ...], deletes: bool
) -> dict[str, Schema]:
    one, key = f"#/components/schemas/{name}", f"{noun}Id"
    shown = {"$ref": one}
    on_all: Schema = {
        "get": _operation(draft, f"list{name}s", "200", _around(draft, {"type": "array", "items": shown})),
    }
    on_all["get"]["parameters"] = _paging(draft)
    if draft.named != "by put":
        create = _operation(draft, f"create{name}", draft.created, None if draft.silent else _around(draft, shown))
        create["requestBody"] = _body(draft, f"New{name}", noun)
        if draft.silent:
            create["responses"][draft.created]["headers"] = {"Location": {"schema": {"type": "string"}}}
            create |= _told(draft, "create", name)
        on_all["post"] = create
    on_one: Schema = {
        "parameters": [_path_parameter(draft, key)],
        "get": _operation(draft, f"read{name}", "200", _around(draft, shown)),
    }
    for update in updates:
        on_one[_method(update)] = _update(draft, update, name, noun)
    if deletes:
        on_one["delete"] = _operation(draft, f"delete{name}", "204", None)
    if "{shelfId}" in path:
        shelf = {"name": "shelfId", "in": "path", "required": True, "schema": {"type": "string"}}
        on_all["parameters"] = [shelf]
        on_one["parameters"].insert(0, shelf)
    return {path: on_all, path + "/{" + key + "}": on_one}


def _told(draft: Draft, does: str, name: str) -> Schema:
    """What an answer without a body does not tell."""
    return {"x-action": {"action": does, "collection": COLLECTIONS[name]}} if draft.annotated else {}


COLLECTIONS = {"Thing": "things", "Shelf": "shelves"}


def _update(draft: Draft, update: str, name: str, noun: str) -> Schema:
    shown = _around(draft, {"$ref": f"#/components/schemas/{name}"})
    status = "204" if draft.silent else "200"
    found = _operation(draft, f"{_method(update)}{name}", status, None if draft.silent else shown)
    if update == "put" and draft.named == "by put":
        found["responses"]["201"] = found["responses"]["200" if not draft.silent else "204"] | {"description": "New."}
    if update == "json-patch":
        found["requestBody"] = _content({"$ref": "#/components/schemas/Changes"}, "application/json-patch+json")
    elif update == "merge-patch":
        found["requestBody"] = _content({"$ref": f"#/components/schemas/{name}Change"}, "application/merge-patch+json")
    else:
        sent = f"New{name}" if update == "put" else f"{name}Change"
        found["requestBody"] = _body(draft, sent, noun)
    if draft.silent:
        found |= _told(draft, "replace" if update == "put" else "update", name)
    return found


def _operation(draft: Draft, name: str, status: str, shown: Schema | None) -> Schema:
    success: Schema = {"description": "Well done."}
    if shown is not None:
        success |= {"content": {"application/json": {"schema": shown}}}
    refusals = [one for one in draft.refusals if not name.startswith("list") or one in ("400", "404", "default")]
    if draft.security and "default" not in refusals:
        refusals.append("401")
    return {"operationId": name, "responses": {status: success} | {one: {"description": "No."} for one in refusals}}


def _body(draft: Draft, name: str, noun: str) -> Schema:
    sent: Schema = {"$ref": f"#/components/schemas/{name}"}
    if draft.wrapper:
        sent = {"type": "object", "required": [noun], "properties": {noun: sent}}
    return _content(sent, "application/json")


def _content(schema: Schema, media: str) -> Schema:
    return {"required": True, "content": {media: {"schema": schema}}}


def _around(draft: Draft, shown: Schema) -> Schema:
    for name in reversed(draft.envelope):
        shown = {"type": "object", "required": [name], "properties": {name: shown}}
    return shown


def _path_parameter(draft: Draft, name: str) -> Schema:
    schema: Schema = {"type": "integer" if draft.named == "integer" else "string"}
    if draft.named == "uuid":
        schema["format"] = "uuid"
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _paging(draft: Draft) -> list[Schema]:
    size = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}}
    first: Schema = {"type": "integer", "minimum": 1, "default": 1}
    others: dict[str, Schema] = {
        "limit and offset": {"name": "offset", "schema": {"type": "integer", "minimum": 0, "default": 0}},
        "page": {"name": "page", "schema": first},
        "cursor": {"name": "after", "schema": {"type": "string"}},
    }
    return [size, {"in": "query", **others[draft.paging]}] if draft.paging else []


# The schemas


def _schemas(draft: Draft) -> Schema:
    sent, shown = _sent(draft), _shown(draft)
    needed = ["title", *(["thingId"] if draft.named == "by name" else [])]
    needed += [one for one in ("shelfId", "state") if one in sent]
    if draft.named == "inside":
        sent, shown, needed = _inside(sent, shown)
    thing: Schema = {"type": "object", "required": list(shown)[:2], "properties": shown}
    schemas: Schema = {
        "Thing": _resource(draft, thing),
        "NewThing": {"type": "object", "required": needed, "properties": sent},
        "ThingChange": {"type": "object", "properties": _changed(sent)},
    }
    if "json-patch" in draft.updates:
        schemas["Changes"] = CHANGES
    if draft.nested or "references" in draft.rules:
        shelf = {"shelfId": {"type": "string", "readOnly": True}, "title": {"type": "string", "maxLength": 80}}
        kept = {"x-resource": {"collection": "shelves", "id": "shelfId"}} if draft.annotated else {}
        schemas["Shelf"] = {"type": "object", "required": ["shelfId", "title"], **kept, "properties": shelf}
        schemas["NewShelf"] = {"type": "object", "required": ["title"], "properties": {"title": shelf["title"]}}
    if draft.security:
        schemas["Member"] = MEMBER
    return schemas


CHANGES: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["op", "path"],
        "properties": {"op": {"type": "string"}, "path": {"type": "string"}, "value": {}},
    },
}
MEMBER: Schema = {
    "type": "object",
    "required": ["memberId"],
    "x-resource": {"collection": "members", "id": "memberId"},
    "properties": {
        "memberId": {"type": "string"},
        "team": {"type": "string"},
        "role": {"type": "string", "enum": ["EDITOR", "READER"]},
        "secret": {"type": "string"},
    },
}


def _sent(draft: Draft) -> Schema:
    """What a client sends of a document that it creates."""
    sent: Schema = {"title": {"type": "string", "maxLength": 80}}
    if draft.named == "by name":
        sent = {"thingId": {"type": "string", "pattern": "^[a-z0-9-]{3,40}$"}} | sent
    sent |= {name: PROPERTIES[name] for name in draft.properties}
    if "unique within" in draft.rules:
        sent["group"] = {"type": "string", "maxLength": 40}
    if "references" in draft.rules and not draft.nested:
        sent["shelfId"] = {"type": "string"}
    if "default" in draft.rules:
        sent["priority"] = {"type": "integer", "default": 3}
    if "immutable" in draft.rules:
        sent["kind"] = {"type": "string", "maxLength": 40}
    if "transitions" in draft.rules:
        sent["state"] = {"type": "string", "enum": ["open", "started", "done"]}
    return sent


def _shown(draft: Draft) -> Schema:
    """What an answer shows: what was sent, what the server adds, and what the rules say of each."""
    sent = _sent(draft)
    sent.pop("thingId", None)
    key: Schema = {"type": "integer" if draft.named == "integer" else "string"}
    if draft.named == "uuid":
        key["format"] = "uuid"
    if draft.named not in ("by name", "by put"):
        key["readOnly"] = True
    shown = {"thingId": key} | sent
    if draft.nested:
        shown["shelfId"] = {"type": "string", "readOnly": True}
    for rule in draft.rules:
        _annotate(shown, rule, draft)
    return shown


def _annotate(shown: Schema, rule: str, draft: Draft) -> None:
    """Write a rule beside the property that it speaks of."""
    text: Schema = {"type": "string", "readOnly": True}
    unique: dict[str, Any] = {
        "unique": True,
        "unique within": {"within": ["group"]},
        "unique ignoring": {"ignore": ["case", "space"]},
    }
    annotations: dict[str, tuple[str, Schema]] = {
        "immutable": ("kind", {"x-immutable": True}),
        "transitions": ("state", {"x-transitions": {"open": ["started", "done"], "started": ["done"], "done": []}}),
        "references": ("shelfId", {"x-references": "shelves"}),
        "readOnly": ("score", {"type": "integer", "readOnly": True}),
        "created": ("createdAt", {**text, "format": "date-time", "x-timestamp": "created"}),
        "updated": ("updatedAt", {**text, "format": "date-time", "x-timestamp": "updated"}),
        "owner": ("memberId", text),
        "tenant": ("team", text),
    }
    if rule in unique:
        shown["title"] = shown["title"] | {"x-unique": unique[rule]}
    elif rule in annotations and not (rule == "references" and draft.nested):
        name, keywords = annotations[rule]
        shown[name] = shown.get(name, {}) | keywords


def _inside(sent: Schema, shown: Schema) -> tuple[Schema, Schema, list[str]]:
    """The same with the id in `metadata`, where it is a name that the client chooses."""
    name: Schema = {"type": "string", "pattern": "^[a-z0-9-]{3,40}$"}
    metadata: Schema = {"type": "object", "required": ["thingId"], "properties": {"thingId": name}}
    shown = {"metadata": metadata, **{one: schema for one, schema in shown.items() if one != "thingId"}}
    return {"metadata": metadata, **sent}, shown, ["metadata", "title"]


def _changed(sent: Schema) -> Schema:
    """What a change may name: a default is filled in on creation alone."""
    kept = {name: schema for name, schema in sent.items() if name not in ("thingId", "metadata")}
    return {name: {key: one for key, one in schema.items() if key != "default"} for name, schema in kept.items()}


def _resource(draft: Draft, schema: Schema) -> Schema:
    if not draft.annotated:
        return schema
    told = {"collection": "things", "id": "thingId"}
    told |= {"owner": "memberId"} if "owner" in draft.rules else {}
    told |= {"tenant": "team"} if "tenant" in draft.rules else {}
    return {**schema, "x-resource": told}


# Who calls


def _schemes(draft: Draft) -> dict[str, Schema]:
    identity = {
        "collection": "members", "credential": "secret",
        "claims": {"memberId": "memberId", "team": "team", "role": "role"},
    }  # fmt: skip
    schemes: dict[str, Schema] = {
        "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "query": {"type": "apiKey", "in": "query", "name": "key"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
    }
    chosen = ("header", "bearer") if draft.security == "either" else (draft.security,)
    return {name: schemes[name] | {"x-identity": identity} for name in chosen}


def _users(draft: Draft) -> str:
    lines: list[str] = []
    for member in MEMBERS:
        name = member["memberId"].partition("-")[0]
        held = ", ".join(f'{scheme} = "{member["secret"]}"' for scheme in _schemes(draft))
        lines += ["[[tool.specdouble.verify.users]]", f'name = "{name}"', f'tenant = "{member["team"]}"']
        lines += [f'role = "{member["role"]}"', f"credentials = {{ {held} }}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    for number, one in enumerate(drawn(int(sys.argv[1]), 20)):
        one.write(Path(sys.argv[2]) / str(number))
