"""What all operations share: whose documents there are, tags, idempotency keys, and pages."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from .refusal import RefusedError, missing
from .store import Document, Store, now, pause

Answer = tuple[int, Any, dict[str, str]]


@dataclass(frozen=True)
class Spoilt:
    """A body that is refused, and what a fault does with it all the same."""

    wrong: tuple[str, str]
    body: Any


@dataclass(frozen=True)
class Call:
    """One request."""

    user: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


class Service:
    """The tracker's state, and its faults."""

    def __init__(self, faults: frozenset[str]) -> None:
        self.faults = faults
        self.store = Store()
        self.lock = self.store.lock

    # Whose documents there are

    def project(self, call: Call, fault: str = "", below: str = "") -> Document:
        """The project that the path names; the fault lets others at it."""
        found = self.store.projects.get(_uuid(call.path["project"]))
        if found is None:
            raise missing("project")
        if found["ownerId"] != call.user and fault not in self.faults:
            told = "foreign_task_answers_403" if below else "foreign_answers_403"
            raise RefusedError(403, "It is somebody else's") if told in self.faults else missing("project")
        return found

    def task(self, call: Call, fault: str = "", elsewhere: str = "") -> Document:
        """The task that the path names, of the project that it names."""
        project = self.project(call, fault, "task")
        number = call.path["task"]
        found = self.store.tasks.get(int(number)) if number.isascii() and number.isdecimal() else None
        if found is None or found["projectId"] != project["id"]:
            owner = self.store.projects.get(found["projectId"], {}).get("ownerId") if found else None
            if found is None or elsewhere not in self.faults or owner != call.user:
                raise missing("task")
        return found

    def comment(self, call: Call, fault: str = "", elsewhere: str = "") -> Document:
        """The comment that the path names, on the task that it names."""
        through = "comment_through_another_project" if elsewhere == "comment_read_below_another" else ""
        task = self.task(call, fault, through)
        found = self.store.comments.get(_uuid(call.path["comment"]))
        if found is None or (found["taskId"] != task["id"] and elsewhere not in self.faults):
            raise missing("comment")
        return found

    def owner_on_the_path(self, path: str) -> str:
        """Whose project a path leads through."""
        parts = path.split("/")
        project = self.store.projects.get(parts[3]) if len(parts) > 3 else None
        return str(project["ownerId"]) if project else "nobody"

    # Bodies that are refused

    def spoilt(self, wrong: tuple[str, str], body: Any) -> Any:
        """A body that does not fit: refused here, unless a fault has something done with it before."""
        failing = {"failed_patch_changes", "failed_put_changes", "failed_put_clears", "failed_post_counts"}
        if failing & self.faults and isinstance(body, dict):
            return Spoilt(wrong, body)
        raise RefusedError(422, f"{wrong[0]}: {wrong[1]}"[:300])

    # Tags (RFC 9110, 8.8.3)

    def tag(self, document: Document) -> str:
        """The entity tag of a document."""
        if "tag_of_time" in self.faults:
            return f'"{uuid4().hex}"'
        version = 1 if "tag_constant" in self.faults else document["version"]
        text = json.dumps([str(document["id"]), version])
        return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'

    def tagged(self, document: Document, event: str = "") -> dict[str, str]:
        """The header fields that tell a document's tag."""
        wrong = (event == "change" and "tag_of_answer_differs" in self.faults) or (
            event == "create" and "tag_of_create_differs" in self.faults
        )
        return {"ETag": f'"{uuid4().hex[:16]}"' if wrong else self.tag(document)}

    def match(self, call: Call, document: Document, *ignoring: str) -> None:
        """Refuse a change of another version than the request names (RFC 9110, 13.1.1)."""
        asked = call.headers.get("If-Match")
        if asked is None or self.faults & {"match_ignored", *ignoring}:
            return
        tags = [one.strip() for one in asked.split(",")]
        if "*" in tags and "match_star_refused" not in self.faults:
            return
        if self.tag(document) not in tags or "match_always_refused" in self.faults:
            raise RefusedError(412, "It was changed meanwhile")

    # Changes

    def changed(self, document: Document, values: Document, race: str, leaves: str) -> None:
        """Write a change; where it races, what others wrote meanwhile is lost."""
        new = {**document, **values}
        if "created_moves" in self.faults:
            new["createdAt"] = now()
        if leaves not in self.faults:
            new["updatedAt"] = max(now(), document["updatedAt"])
        new["version"] = document["version"] + 1
        if race in self.faults:
            self.lock.release()
            try:
                pause()
            finally:
                self.lock.acquire()
        document.clear()
        document.update(new)

    def add(self, document: Document, name: str, number: int, race: str) -> None:
        """Count something on a document; where it races, what others counted meanwhile is lost."""
        counted = document[name] + number
        if race in self.faults:
            self.lock.release()
            try:
                pause()
            finally:
                self.lock.acquire()
        document[name] = counted

    # Idempotency keys

    def once(self, call: Call, operation: str, do: Callable[[], Answer]) -> Answer:
        """Do it, or answer as when it was done with the same key."""
        key = call.headers.get("Idempotency-Key")
        if key is None or "key_ignored" in self.faults:
            return do()
        if not 0 < len(key) <= 64:
            raise RefusedError(400, "The idempotency key is empty, or too long")
        user = "" if "key_of_everybody" in self.faults else call.user
        place = (user, "" if "key_of_all_operations" in self.faults else operation, key)
        sent = json.dumps([call.body, dict(call.path)], sort_keys=True)
        known = self.store.answered.get(place)
        if known is not None:
            if known[0] != sent and not self.faults & {"key_takes_another_body", "key_of_all_operations"}:
                raise RefusedError(422, "The key was used with another request")
            answer: Answer = known[1]
            return answer
        if "keys_race" in self.faults:
            self.lock.release()
            try:
                pause()
            finally:
                self.lock.acquire()
        if "key_keeps_refusals" in self.faults:
            self.store.answered[place] = ("", (409, {}, {}))
        answer = do()
        self.store.answered[place] = (sent, answer)
        return answer

    # Numbers of a query

    def number(self, call: Call, name: str, default: int, least: int, most: int, *unbounded: str) -> int:
        """An integer of the query within its bounds."""
        text = call.query.get(name)
        if text is None:
            return default
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 15:
            raise RefusedError(400, f"{name} must be a number")
        found = int(text)
        fits = (found >= least or unbounded[0] in self.faults) and (found <= most or unbounded[1] in self.faults)
        if not fits:
            raise RefusedError(400, f"{name} must be from {least} to {most}")
        return found

    def choice(self, call: Call, name: str, among: tuple[str, ...], lax: str = "-") -> str | None:
        """A word of the query that is one of those."""
        text = call.query.get(name)
        if text is not None and text not in among:
            if lax in self.faults:
                return None
            raise RefusedError(400, f"{name} must be one of {', '.join(among)}")
        return text


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
