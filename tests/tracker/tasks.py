"""The tasks of a project: create, read, list by cursor, replace, change, delete."""

from collections.abc import Callable

from . import lists, values
from .projects import fitting
from .refusal import RefusedError, missing
from .service import Answer, Call, Service, Spoilt
from .store import Document, now, pause, stamps

DEFAULTS: Document = {
    "notes": None, "state": "todo", "priority": 3, "estimate": None, "labels": [], "dueAt": None, "parentId": None,
}  # fmt: skip
OPTIONAL = [name for name, value in DEFAULTS.items() if value is None]
MOVES = {"todo": ("doing", "done"), "doing": ("todo", "done"), "done": ("doing",)}
STATES = tuple(MOVES)


def shown(document: Document) -> Document:
    """A task as answers show it."""
    return {name: value for name, value in document.items() if name not in ("version", "wasState", "gone")}


def listed(service: Service, call: Call) -> Answer:
    faults = service.faults
    with service.lock:
        try:
            project = service.project(call, "tasks_listed_by_others", "task")
        except RefusedError:
            if "tasks_listed_below_none" in faults and call.path["project"] not in service.store.projects:
                return 200, {"data": [], "nextCursor": None}, {}
            raise
        limit = service.number(call, "limit", 10, 1, 40, "-", "limit_unbounded")
        limit = 10 if "limit_ignored" in faults else limit
        mine = _all(service, project)
        cursor = call.query.get("cursor")
        wanted = _filters(service, call)
        found = mine if cursor and "cursor_forgets_filter" in faults else lists.filtered(mine, wanted, faults)
        found = found if cursor and "cursor_forgets_order" in faults else _sorted(service, call, found)
        try:
            data, following = lists.after(found, cursor, limit, faults)
        except ValueError as error:
            raise RefusedError(400, str(error)) from None
        return 200, {"data": [shown(one) for one in data], "nextCursor": following}, {}


def _all(service: Service, project: Document) -> list[Document]:
    store, faults = service.store, service.faults
    everybody = list(store.tasks.values())
    if "deleted_still_listed" in faults:
        everybody += [one for one in store.graves.values() if "number" in one]
    if "changed_twice_unlisted" in faults:
        everybody = [one for one in everybody if one.get("changes", 0) < 2]
    if "tasks_listed_of_all_projects" in faults:
        own = {name for name, one in store.projects.items() if one["ownerId"] == project["ownerId"]}
        return [one for one in everybody if one["projectId"] in own]
    return [one for one in everybody if one["projectId"] == project["id"]]


def _filters(service: Service, call: Call) -> dict[str, Callable[[Document], bool]]:
    faults = service.faults
    wanted: dict[str, Callable[[Document], bool]] = {}
    state = service.choice(call, "state", STATES, "filter_unknown_is_none")
    if state is not None and "filter_of_tasks_ignored" not in faults:
        held = "wasState" if "filter_stale" in faults else "state"
        wanted["state"] = lambda one: one[held] == state
    priority = service.number(call, "priority", 0, 1, 5, "-", "-")
    if priority:
        wanted["priority"] = lambda one: one["priority"] == priority
    label = call.query.get("label")
    if label is not None:
        if not 0 < len(label) <= 20:
            raise RefusedError(400, "label must have from 1 to 20 characters")
        wanted["label"] = lambda one: _has(one["labels"], label, faults)
    return wanted


def _has(labels: list[str], label: str, faults: frozenset[str]) -> bool:
    if "filter_label_by_part" in faults:
        return any(label in one for one in labels)
    if "filter_first_label_only" in faults:
        return labels[:1] == [label]
    return label in labels


def _sorted(service: Service, call: Call, documents: list[Document]) -> list[Document]:
    sort = service.choice(call, "sort", ("title", "priority", "estimate"))
    order = service.choice(call, "order", ("asc", "desc")) or "asc"
    descending = order == "desc" and "order_desc_ignored" not in service.faults
    if sort is None:
        return documents[::-1] if descending else documents
    return lists.ordered(documents, sort, descending, service.faults)


def create(service: Service, call: Call) -> Answer:
    with service.lock:
        return service.once(call, "createTask", lambda: _create(service, call))


def _create(service: Service, call: Call) -> Answer:
    store, faults = service.store, service.faults
    try:
        project = service.project(call, "task_created_by_others", "task")
    except RefusedError:
        if "task_created_below_none" not in faults or call.path["project"] in store.projects:
            raise
        project = {"id": call.path["project"], "taskCount": 0, "numbered": 0, "ownerId": call.user}
    if isinstance(call.body, Spoilt) and "failed_post_counts" in faults:
        project["taskCount"] += 1
    body = fitting(call.body)
    _parent_is_there(service, project, body.get("parentId"), "parent_unchecked")
    service.add(project, "numbered", 1, "numbers_race")
    number = project["numbered"]
    if "deleted_number_given_again" in faults:
        number = sum(1 for _ in store.tasks_of(project["id"])) + 1
    task = {
        "id": store.task_id("deleted_id_given_again" in faults), "projectId": project["id"], "number": number,
        **DEFAULTS, **values.kept(_known(body), faults), "commentCount": 0, **stamps(),
    }  # fmt: skip
    if "default_missing" in faults and "priority" not in body:
        task["priority"] = 1
    task["isDone"], task["wasState"] = task["state"] == "done", task["state"]
    graves = [one for one in store.graves.values() if one.get("projectId") == project["id"]]
    if "create_brings_back" in faults and graves:
        store.tasks[graves[-1]["id"]] = graves[-1]
    store.tasks[task["id"]] = task
    service.add(project, "taskCount", 1, "count_lost")
    place = f"/v1/projects/{project['id']}/tasks"
    place = place if "location_of_the_list" in faults else f"{place}/{task['id']}"
    return 201, shown(task), {"Location": place, **service.tagged(task, "create")}


def _known(body: Document) -> Document:
    return {name: value for name, value in body.items() if name in DEFAULTS or name == "title"}


def _parent_is_there(service: Service, project: Document, parent: int | None, fault: str) -> None:
    faults = service.faults
    if parent is None or fault in faults:
        return
    found = service.store.tasks.get(parent)
    if found is not None and found["projectId"] != project["id"]:
        owner = service.store.projects.get(found["projectId"], {}).get("ownerId")
        near = "parent_of_another_project" in faults and owner == project["ownerId"]
        if near or "parent_of_others" in faults:
            return
        found = None
    if found is None:
        raise RefusedError(422, "parentId: there is no such task in the project")


def read(service: Service, call: Call) -> Answer:
    with service.lock:
        task = _found(service, call, "task_read_by_others", "task_read_below_another", "deleted_still_read")
        return 200, shown(task), service.tagged(task)


def _found(service: Service, call: Call, fault: str, elsewhere: str, ghost: str) -> Document:
    try:
        return service.task(call, fault, elsewhere)
    except RefusedError:
        number = call.path["task"]
        grave = service.store.graves.get(int(number)) if number.isdecimal() else None
        if ghost in service.faults and grave is not None and grave["projectId"] == service.project(call)["id"]:
            return grave
        orphan = service.store.tasks.get(int(number)) if number.isdecimal() else None
        if "delete_leaves_tasks" in service.faults and orphan and orphan["projectId"] == call.path["project"]:
            return orphan
        raise


def replace(service: Service, call: Call) -> Answer:
    with service.lock:
        faults = service.faults
        task = service.task(call, "task_replaced_by_others", "task_replaced_below_another")
        service.match(call, task, "match_ignored_by_put")
        if isinstance(call.body, Spoilt) and "failed_put_clears" in faults:
            task.update(dict.fromkeys(OPTIONAL))
        if isinstance(call.body, Spoilt) and "failed_put_changes" in faults:
            known = {name: value for name, value in _known(call.body.body).items() if name != call.body.wrong[0]}
            task.update(known)
        body = fitting(call.body)
        new = {**({} if "put_merges" in faults else DEFAULTS), **values.kept(_known(body), faults)}
        if "put_keeps_arrays" in faults and "labels" not in body:
            new.pop("labels", None)
        if "put_appends" in faults and body.get("labels"):
            new["labels"] = [*task["labels"], *new["labels"]]
        if "state" not in body:
            new.pop("state", None)  # it moves by itself alone
        _write(service, task, new, "states_unchecked_by_put", "put_leaves_updated")
        if "done_wrong_by_put" in faults:
            task["isDone"] = False
        return 200, shown(task), service.tagged(task, "change")


def _write(service: Service, task: Document, new: Document, lax: str, leaves: str) -> None:
    faults = service.faults
    project = service.store.projects.get(task["projectId"], {"id": task["projectId"], "ownerId": ""})
    state = new.get("state", task["state"])
    moves = MOVES[task["state"]]
    if "done_to_todo" in faults:
        moves = (*moves, "todo")
    if "doing_not_done" in faults and task["state"] == "doing":
        moves = ("todo",)
    if state != task["state"] and state not in moves and lax not in faults:
        raise RefusedError(409, f"A task that is {task['state']} cannot be {state}")
    if new.get("parentId") is not None and new["parentId"] != task["parentId"]:
        if new["parentId"] == task["id"]:
            raise RefusedError(422, "parentId: a task is not its own parent")
        fault = "parent_unchecked_by_patch" if "patch" in leaves else "parent_unchecked"
        _parent_is_there(service, project, new["parentId"], fault)
    service.changed(task, new, "update_of_tasks_lost", leaves)
    if "done_stale" not in faults:
        task["isDone"] = task["state"] == "done"


def change(service: Service, call: Call) -> Answer:
    with service.lock:
        faults = service.faults
        task = _found(service, call, "task_changed_by_others", "task_changed_below_another", "deleted_still_changed")
        service.match(call, task)
        if isinstance(call.body, Spoilt) and "failed_patch_changes" in faults:
            known = {name: value for name, value in _known(call.body.body).items() if name != call.body.wrong[0]}
            task.update(known)
        body = fitting(call.body)
        patch = _known(body)
        writable = {name: task[name] for name in ("title", *DEFAULTS)}
        new = values.merged(writable, values.kept(patch, faults), faults)
        wipes = "patch_wipes" in faults or ("empty_patch_wipes" in faults and not body)
        for name in OPTIONAL:
            if name not in new or (wipes and name not in patch):
                new[name] = None
        new = {name: value for name, value in new.items() if name in patch or value != task[name]}
        _write(service, task, new, "-", "patch_leaves_updated")
        _reach_others(service, task, new)
        return 200, shown(task), service.tagged(task, "change")


def _reach_others(service: Service, task: Document, new: Document) -> None:
    """What a change does wrong beside."""
    store, faults = service.store, service.faults
    project = store.projects.get(task["projectId"], {"taskCount": 0})
    graves = [one for one in store.graves.values() if one.get("projectId") == task["projectId"]]
    task["changes"] = task.get("changes", 0) + 1
    project["changed"] = task["id"]
    if "change_counts" in faults:
        project["taskCount"] += 1
    if "change_reaches_another" in faults and graves:
        next(store.tasks_of(task["projectId"])).update(new)


def delete(service: Service, call: Call) -> Answer:
    with service.lock:
        store, faults = service.store, service.faults
        grave = store.graves.get(int(call.path["task"])) if call.path["task"].isdecimal() else None
        if "second_delete_answers_204" in faults and grave and grave["projectId"] == service.project(call)["id"]:
            return 204, None, {}
        task = service.task(call, "task_deleted_by_others", "task_deleted_below_another")
        if "deletes_race" in faults:
            service.lock.release()
            try:
                pause()
            finally:
                service.lock.acquire()
        later = [one for one in store.tasks_of(task["projectId"]) if one["id"] > task["id"]]
        changed = store.tasks.get(store.projects.get(task["projectId"], {}).get("changed", 0))
        if "delete_takes_changed" in faults and changed is not None and changed is not task:
            store.tasks.pop(changed["id"])
        for gone in [task, *(later if "delete_takes_siblings" in faults else ())]:
            _remove(service, gone)
        return 204, None, {}


def _remove(service: Service, task: Document) -> None:
    store, faults = service.store, service.faults
    if task["id"] not in store.tasks and "deletes_race" not in faults:
        raise missing("task")
    store.tasks.pop(task["id"], None)
    store.graves[task["id"]] = task
    project = store.projects.get(task["projectId"])
    if project is not None and "count_on_project_only_grows" not in faults:
        service.add(project, "taskCount", -1, "-")
    for comment in list(store.comments_of(task["id"])):
        if "delete_leaves_comments" not in faults:
            store.comments.pop(comment["id"])
    for other in store.tasks_of(task["projectId"]):
        if other["parentId"] == task["id"] and "delete_leaves_dangling" not in faults:
            other.update(parentId=None, updatedAt=now(), version=other["version"] + 1)
