"""Members as a hub keeps them: names in small letters, which a change gives anew, and roles that follow a truth."""

from __future__ import annotations

from typing import Any

from specdouble.double import Problem

Member = dict[str, Any]
members: dict[str, Member] = {}


def list_members() -> list[Member]:
    return list(members.values())


def add_member(body: Member) -> tuple[Member, int]:
    return _kept({"name": body["login"], "admin": False, "roles": ["user"], **_motto(body)}), 201


def read_member(name: str) -> Member:
    if name not in members:
        raise Problem(404)
    return members[name]


def change_member(name: str, body: Member) -> Member:
    before = read_member(name)
    admin = body.get("admin", before["admin"])
    changed = {**before, **body, "admin": admin, "roles": ["user", "admin"] if admin else ["user"]}
    if changed["name"].lower() != name:
        _kept(changed)
        del members[name]
    members[changed["name"].lower()] = changed = {**changed, "name": changed["name"].lower()}
    return changed


def drop_member(name: str) -> tuple[None, int]:
    del members[read_member(name)["name"]]
    return None, 204


def _motto(body: Member) -> Member:
    return {"motto": body["motto"]} if "motto" in body else {}


def _kept(member: Member) -> Member:
    name = member["name"].lower()
    if name in members:
        raise Problem(409)
    members[name] = {**member, "name": name}
    return members[name]
