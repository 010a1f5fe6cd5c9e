"""The state of one backend, what a request hands to an operation, and refusals."""

import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import seed
from .faults import FAULTS, HABITS
from .seed import Document, User


class RefusedError(Exception):
    """An answer other than success."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error)
        self.status, self.error, self.message = status, error, message
        self.headers = dict(headers or {})


def invalid(message: str) -> RefusedError:
    return RefusedError(400, "Validation failed", message)


def _by_id(documents: list[Document]) -> dict[str, Document]:
    return {document["_id"]: document for document in documents}


@dataclass
class Store:
    configurations: dict[str, Document]
    prompts: dict[str, Document]
    pipelines: dict[str, Document]
    former_names: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def seeded(cls) -> "Store":
        return cls(
            _by_id(seed.configurations()),
            _by_id(seed.prompts()),
            _by_id(seed.pipelines()),
        )


class Service:
    def __init__(self, faults: Collection[str] = (), delay: float = 0) -> None:
        self.delay = delay
        self._last_stamp = 0
        self.reset(faults)

    def reset(self, faults: Collection[str] = ()) -> None:
        unknown = set(faults) - {*FAULTS, *HABITS}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self.faults = frozenset(faults)
        self.store = Store.seeded()

    def new_id(self) -> str:
        return f"{int(time.time()):08x}{secrets.token_hex(8)}"

    def stamp(self) -> str:
        """The time now; never the same twice, so that it always moves forward."""
        self._last_stamp = max(int(time.time() * 1000), self._last_stamp + 1)
        seconds, milliseconds = divmod(self._last_stamp, 1000)
        moment = datetime.fromtimestamp(seconds, UTC)
        if "whole_seconds" in self.faults:
            return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
        if "stamp_without_zone" in self.faults:
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}"
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z"


@dataclass(frozen=True)
class Call:
    """One request, read and authenticated. `user` is nobody where all may call."""

    user: User | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Document

    @property
    def caller(self) -> User:
        assert self.user is not None
        return self.user


Answer = tuple[int, Any]
Handler = Callable[[Service, Call], Awaitable[Answer]]
