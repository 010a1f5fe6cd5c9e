"""The comments on a task: create, read, list by offset, replace, delete."""

from . import values
from .projects import fitting
from .refusal import RefusedError
from .service import Answer, Call, Service, Spoilt
from .store import Document, pause, stamps


def shown(document: Document) -> Document:
    """A comment as answers show it."""
    return {name: document[name] for name in ("id", "taskId", "text", "createdAt")}


def listed(service: Service, call: Call) -> Answer:
    faults = service.faults
    with service.lock:
        try:
            task = service.task(call, "comments_listed_by_others", "comments_listed_through_another_project")
        except RefusedError:
            service_project = service.project(call)
            if "comments_listed_below_none" in faults and service_project:
                return 200, [], {"X-Total-Count": "0"}
            raise
        offset = service.number(call, "offset", 0, 0, 100_000, "-", "-")
        limit = service.number(call, "limit", 15, 1, 30, "-", "-")
        found = list(service.store.comments_of(task["id"]))
        if "comments_listed_of_all_tasks" in faults:
            near = {one["id"] for one in service.store.tasks_of(task["projectId"])}
            found = [one for one in service.store.comments.values() if one["taskId"] in near]
        if "offset_ignored" in faults:
            offset = 0
        if "offset_counts_pages" in faults:
            offset *= limit
        page = found[offset : offset + limit]
        count = len(page) if "count_of_the_page" in faults else len(found)
        return 200, [shown(one) for one in page], {"X-Total-Count": str(count)}


def create(service: Service, call: Call) -> Answer:
    with service.lock:
        store, faults = service.store, service.faults
        try:
            task = service.task(call, "comment_created_by_others")
        except RefusedError:
            if "comment_created_below_none" not in faults or not call.path["task"].isdecimal():
                raise
            service.project(call)
            task = {"id": int(call.path["task"]), "commentCount": 0, "projectId": call.path["project"]}
        body = fitting(call.body)
        comment = {"id": store.uuid(), "taskId": task["id"], **values.kept({"text": body["text"]}, faults), **stamps()}
        if "create_lost" in faults:
            before = dict(store.comments)
            service.lock.release()
            try:
                pause()
            finally:
                service.lock.acquire()
            store.comments = before
        store.comments[comment["id"]] = comment
        service.add(task, "commentCount", 1, "comment_count_lost")
        place = f"/v1/projects/{task['projectId']}/tasks/{task['id']}/comments/{comment['id']}"
        return 201, shown(comment), {"Location": place}


def read(service: Service, call: Call) -> Answer:
    with service.lock:
        if "delete_leaves_comments" in service.faults:
            orphan = service.store.comments.get(call.path["comment"])
            if orphan is not None and str(orphan["taskId"]) == call.path["task"] and service.project(call):
                return 200, shown(orphan), {}
        return 200, shown(service.comment(call, "comment_read_by_others", "comment_read_below_another")), {}


def replace(service: Service, call: Call) -> Answer:
    with service.lock:
        comment = service.comment(call, "comment_replaced_by_others", "comment_replaced_below_another")
        if isinstance(call.body, Spoilt) and "failed_put_changes" in service.faults:
            comment["text"] = str(call.body.body.get("text", ""))
        new = values.kept({"text": fitting(call.body)["text"]}, service.faults)
        service.changed(comment, new, "-", "put_leaves_updated")
        if "put_changes_id" in service.faults:
            _renamed(service, comment)
        return 200, shown(comment), {}


def _renamed(service: Service, comment: Document) -> None:
    del service.store.comments[comment["id"]]
    comment["id"] = service.store.uuid()
    service.store.comments[comment["id"]] = comment


def delete(service: Service, call: Call) -> Answer:
    with service.lock:
        store, faults = service.store, service.faults
        comment = service.comment(call, "comment_deleted_by_others", "comment_deleted_below_another")
        gone = [comment, *(store.comments_of(comment["taskId"]) if "delete_of_a_comment_takes_all" in faults else ())]
        for one in gone:
            if store.comments.pop(one["id"], None) is not None and "count_not_decreased" not in faults:
                task = store.tasks.get(one["taskId"])
                if task is not None:
                    service.add(task, "commentCount", -1, "-")
        return 204, None, {}
