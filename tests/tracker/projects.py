"""Projects: create, read, list page by page, replace, change, delete."""

import unicodedata
from collections.abc import Callable
from typing import Any

from . import lists, values
from .refusal import RefusedError
from .service import Answer, Call, Service, Spoilt
from .store import Document, pause, stamps

DEFAULTS: Document = {
    "description": None, "status": "active", "pinned": False, "budget": None, "tags": [], "startsAt": None,
    "dueOn": None, "settings": None,
}  # fmt: skip
OPTIONAL = [name for name, value in DEFAULTS.items() if value is None]


def shown(document: Document) -> Document:
    """A project as answers show it."""
    return {name: value for name, value in document.items() if name not in ("version", "numbered")}


def listed(service: Service, call: Call) -> Answer:
    faults = service.faults
    page = service.number(call, "page", 1, 1, 100_000, "page_zero_taken", "-")
    size = service.number(call, "size", 20, 1, 50, "size_zero_taken", "size_unbounded")
    size = 20 if "size_ignored" in faults else size
    with service.lock:
        everybody = list(service.store.projects.values())
    mine = [one for one in everybody if one["ownerId"] == call.user or "projects_listed_of_all" in faults]
    wanted = _filters(service, call)
    found = lists.filtered(mine, wanted, faults)
    found = _sorted(service, call, found)
    items = lists.numbered(found, page, size, faults)
    if "filter_after_the_page" in faults:
        items = lists.filtered(lists.numbered(_sorted(service, call, mine), page, size, faults), wanted, faults)
    if "sort_within_the_page" in faults:
        items = _sorted(service, call, lists.numbered(lists.filtered(mine, wanted, faults), page, size, faults))
    total = _total(service, everybody, mine, found, items)
    told = 1 if "page_echoed_wrong" in faults else page
    return 200, {"items": [shown(one) for one in items], "total": total, "page": told, "size": size}, {}


def _total(service: Service, everybody: Any, mine: Any, found: Any, items: Any) -> int:
    faults = service.faults
    counted = items if "total_of_the_page" in faults else everybody if "total_of_everybody" in faults else found
    counted = mine if "total_without_filter" in faults else counted
    graves = len(service.store.graves) if "total_counts_deleted" in faults else 0
    return len(counted) + graves


def _filters(service: Service, call: Call) -> dict[str, Callable[[Document], bool]]:
    faults = service.faults
    wanted: dict[str, Callable[[Document], bool]] = {}
    status = service.choice(call, "status", ("active", "archived"))
    if status is not None and "filter_ignored" not in faults:
        wanted["status"] = lambda one: one["status"] == status
    pinned = service.choice(call, "pinned", ("true", "false"))
    if pinned is not None and not (pinned == "false" and "filter_false_ignored" in faults):
        wanted["pinned"] = lambda one: one["pinned"] == (pinned == "true")
    return wanted


def _sorted(service: Service, call: Call, documents: list[Document]) -> list[Document]:
    names = ("name", "-name", "budget", "-budget", "createdAt", "-createdAt")
    sort = service.choice(call, "sort", names)
    if sort is None:
        return documents
    descending = sort.startswith("-") and "sort_descending_ignored" not in service.faults
    return lists.ordered(documents, sort.lstrip("-"), descending, service.faults)


def create(service: Service, call: Call) -> Answer:
    with service.lock:
        return service.once(call, "createProject", lambda: _create(service, call))


def _create(service: Service, call: Call) -> Answer:
    body = fitting(call.body)
    _free(service, call.user, body["name"], None)
    if "names_race" in service.faults:
        service.lock.release()
        try:
            pause()
        finally:
            service.lock.acquire()
    owner = body.get("ownerId") if "owner_from_client" in service.faults else None
    project = {
        "id": service.store.uuid(), "ownerId": owner or call.user,
        **DEFAULTS, **values.kept(_known(body), service.faults), "taskCount": 0, "numbered": 0, **stamps(),
    }  # fmt: skip
    if "count_from_client" in service.faults and isinstance(body.get("taskCount"), int):
        project["taskCount"] = body["taskCount"]
    service.store.projects[project["id"]] = project
    return 201, shown(project), {**_location(service, project), **service.tagged(project, "create")}


def _location(service: Service, project: Document) -> dict[str, str]:
    name = project["id"]
    if "location_elsewhere" in service.faults:
        name = next(iter(service.store.projects))
    return {"Location": f"/projects/{name}" if "location_not_there" in service.faults else f"/v1/projects/{name}"}


def _known(body: Document) -> Document:
    return {name: value for name, value in body.items() if name in DEFAULTS or name in ("name", "code")}


def fitting(body: Any) -> Document:
    if isinstance(body, Spoilt):
        raise RefusedError(422, f"{body.wrong[0]}: {body.wrong[1]}"[:300])
    found: Document = body
    return found


def _folded(name: str) -> str:
    """A name without regard to case, composed or not (Unicode, caseless matching)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _free(service: Service, owner: str, name: str, own: Document | None) -> None:
    faults = service.faults
    if "name_not_unique" in faults or name is None:
        return
    fold = (lambda text: text) if "name_case_matters" in faults else _folded
    others = [*service.store.projects.values()]
    if "deleted_name_stays_taken" in faults:
        others += [one for one in service.store.graves.values() if "code" in one]
    for one in others:
        near = one["ownerId"] == owner or "name_unique_for_all" in faults
        if one is not own and near and one["name"] is not None and fold(one["name"]) == fold(name):
            raise RefusedError(409, "There is a project of that name")


def read(service: Service, call: Call) -> Answer:
    with service.lock:
        project = service.project(call, "project_read_by_others")
        headers, asked = service.tagged(project), call.headers.get("If-None-Match")
        if asked is not None and "none_match_ignored" not in service.faults:
            tags = [one.strip().removeprefix("W/") for one in asked.split(",")]
            if "*" in tags or headers["ETag"] in tags or "none_match_stale" in service.faults:
                return 304, None, headers
        return 200, shown(project), headers


def replace(service: Service, call: Call) -> Answer:
    with service.lock:
        faults = service.faults
        if "put_revives" in faults:
            grave = service.store.graves.get(call.path["project"])
            if grave is not None and grave["ownerId"] == call.user:
                service.store.projects[grave["id"]] = grave
        project = service.project(call, "project_replaced_by_others")
        service.match(call, project, "match_ignored_by_put")
        if isinstance(call.body, Spoilt):
            _spoil_put(service, project, call.body)
        body = fitting(call.body)
        if "name_unchecked_by_put" not in faults:
            _free(service, project["ownerId"], body["name"], project)
        _code_stays(service, project, body["code"], "code_changed_by_put")
        usual = {} if "put_merges" in faults else dict(DEFAULTS)
        if "put_keeps_arrays" in faults:
            usual.pop("tags", None)
        new = {**usual, **values.kept(_known(body), faults)}
        if "put_renews_created" in faults:
            new["createdAt"] = stamps()["createdAt"]
        if "put_clears_count" in faults:
            new["taskCount"] = 0
        service.changed(project, new, "update_lost", "put_leaves_updated")
        return 200, shown(project), service.tagged(project, "change")


def _spoil_put(service: Service, project: Document, spoilt: Spoilt) -> None:
    if "failed_put_clears" in service.faults:
        project.update(dict.fromkeys(OPTIONAL))
    if "failed_put_changes" in service.faults:
        known = {name: value for name, value in _known(spoilt.body).items() if name != spoilt.wrong[0]}
        project.update(known)


def _code_stays(service: Service, project: Document, code: str, fault: str) -> None:
    faults = service.faults
    late = "code_changed_when_archived" in faults and project["status"] == "archived"
    if code != project["code"] and not (fault in faults or late or "code_change_ignored" in faults):
        raise RefusedError(409, "The code of a project stays")


def change(service: Service, call: Call) -> Answer:
    with service.lock:
        faults = service.faults
        project = service.project(call, "project_changed_by_others")
        try:
            service.match(call, project)
        except RefusedError:
            if "failed_match_changes" in faults and isinstance(call.body, dict):
                project.update(_known(call.body))
            raise
        if isinstance(call.body, Spoilt) and "failed_patch_changes" in faults:
            _spoil_patch(project, call.body)
        new = _patched(service, project, fitting(call.body))
        if "matches_race" in faults:
            service.lock.release()
            try:
                pause()
            finally:
                service.lock.acquire()
        service.changed(project, new, "update_lost", "patch_leaves_updated")
        return 200, shown(project), service.tagged(project, "change")


def _patched(service: Service, project: Document, body: Document) -> Document:
    faults = service.faults
    if "code" in body:
        body = _with_its_code(service, project, body)
    patch = _known(body)
    if "name" in patch and "name_unchecked_by_patch" not in faults:
        _free(service, project["ownerId"], patch["name"], project)
    writable = {name: project[name] for name in ("name", "code", *DEFAULTS)}
    new = values.merged(writable, values.kept(patch, faults), faults)
    wipes = "patch_wipes" in faults or ("empty_patch_wipes" in faults and not body)
    for name in OPTIONAL:
        if name not in new or (wipes and name not in patch):
            new[name] = None
    for name in ("status", "pinned", "tags"):
        new.setdefault(name, DEFAULTS[name])
    new.setdefault("name", None)
    if "default_by_patch" in faults and "status" not in patch:
        new["status"] = "active"
    # What does not change is not written: others may change it meanwhile.
    return {name: value for name, value in new.items() if name in patch or value != project[name]}


def _with_its_code(service: Service, project: Document, body: Document) -> Document:
    others = {name: value for name, value in body.items() if name != "code"}
    if "refused_code_changes_rest" in service.faults and body["code"] != project["code"]:
        project.update(_known(others))
    _code_stays(service, project, body["code"], "code_changed_by_patch")
    return others if "code_change_ignored" in service.faults else body


def _spoil_patch(project: Document, spoilt: Spoilt) -> None:
    for name, value in spoilt.body.items():
        if name == spoilt.wrong[0]:
            return
        if name in DEFAULTS or name == "name":
            project[name] = value


def delete(service: Service, call: Call) -> Answer:
    with service.lock:
        store, faults = service.store, service.faults
        if "delete_fails_twice" in faults and call.path["project"] in store.graves:
            raise RefusedError(500, "KeyError")
        project = service.project(call, "project_deleted_by_others")
        service.match(call, project, "match_ignored_by_delete")
        if "delete_does_nothing" in faults:
            return 204, None, {}
        store.graves[project["id"]] = store.projects.pop(project["id"])
        for task in list(store.tasks_of(project["id"])):
            if "delete_leaves_tasks" not in faults:
                store.tasks.pop(task["id"])
                for comment in list(store.comments_of(task["id"])):
                    store.comments.pop(comment["id"])
        if "deleted_with_content" in faults:
            return 200, shown(project), {}
        return 204, None, {}
