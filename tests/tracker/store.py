"""What the tracker keeps: projects, tasks and comments in the order of their creation, and who may call."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Document = dict[str, Any]
KEYS = {"ada": "ada-4f1c8a6e2b", "grace": "grace-9d3b7c5a1e", "linus": "linus-2e6f8b4d0c"}
PAUSE = 0.012  # seconds between what a race reads and what it writes


class Store:
    """All documents; who reads and then writes holds the lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.projects: dict[str, Document] = {}
        self.tasks: dict[int, Document] = {}
        self.comments: dict[str, Document] = {}
        self.graves: dict[object, Document] = {}
        self.answered: dict[object, tuple[object, Any]] = {}
        self.last_task, self.last_uuid = 100, 0
        for owner in KEYS:
            self._seed(owner)

    def _seed(self, owner: str) -> None:
        for name in ("House", "Garden"):
            project = self.uuid()
            self.projects[project] = {
                "id": project, "ownerId": owner, "name": name, "code": name[:3].upper(), "description": None,
                "status": "active", "pinned": name == "House", "budget": 100, "tags": ["old"], "startsAt": None,
                "dueOn": None, "settings": None, "taskCount": 0, "numbered": 0, **stamps(),
            }  # fmt: skip

    def uuid(self) -> str:
        """A new id; none is like another, and all are from the clock of no machine."""
        self.last_uuid += 1
        return str(UUID(int=(self.last_uuid * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128, version=4))

    def task_id(self, again: bool) -> int:
        """A new task's id; one that was given before, where ids are given again."""
        self.last_task = 1 + (max(self.tasks, default=100) if again else self.last_task)
        return self.last_task

    def tasks_of(self, project: str) -> Iterator[Document]:
        """The tasks of a project."""
        return (one for one in list(self.tasks.values()) if one["projectId"] == project)

    def comments_of(self, task: int) -> Iterator[Document]:
        """The comments on a task."""
        return (one for one in list(self.comments.values()) if one["taskId"] == task)


def now() -> str:
    """The time, as documents hold it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def stamps() -> Document:
    """What a new document is stamped with."""
    moment = now()
    return {"createdAt": moment, "updatedAt": moment, "version": 1}


def pause() -> None:
    """Let others in between."""
    time.sleep(PAUSE)
