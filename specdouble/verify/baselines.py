"""The baselines of a run: one request of each operation that the server takes, sought before anything is judged."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.baseline import Baseline
from specdouble.verify.identity import User
from specdouble.verify.problem import Interruption
from specdouble.verify.search import Search
from specdouble.verify.shared import Shared
from specdouble.verify.trial import Trial

ATTEMPTS = 2  # at a search that the network spoils
LINES_SHOWN = 3  # operations that the same would help


class Baselines:
    """The baselines of all operations, each sought when it is first asked for.

    Args:
        session: the server.
    """

    def __init__(self, session: Shared) -> None:
        self.session = session
        self.found: dict[str, Baseline] = {}
        self.trials: list[Trial] = []  # what was sent on the way, to be judged as every answer is

    def seek(self, names: Collection[str]) -> None:
        """Seek those of these operations; creates first and deletes last, as others need their documents."""
        operations = [
            one for one in self.session.contract.operations.values() if one.id in names and self._may_ask(one)
        ]
        operations.sort(key=_turn)
        for operation in operations:
            if not self.session.referents.setting_up:
                self.session.ledger.recent.clear()  # what an earlier search made may make room for this one
            self.of(operation)

    def _may_ask(self, operation: Operation) -> bool:
        guard = self.session.guard
        allowed = guard.forbids(operation) is None and operation.id not in guard.logins
        return allowed and operation.id not in self.session.selection.left_out

    def of(self, operation: Operation) -> Baseline:
        """The baseline of an operation; while it is sought, an empty one."""
        if operation.id not in self.found:
            self.found[operation.id] = baseline = Baseline(operation)
            for _ in range(ATTEMPTS):
                if Search(self.session, baseline, self.trials).run():
                    break
        return self.found[operation.id]

    def missing(self, operations: tuple[str, ...]) -> str | None:
        """Why a case about these operations cannot be judged."""
        for name in operations:
            found = self.found.get(name)
            if found is not None and found.missing is not None:
                return found.missing
        return None

    def lacking(self) -> list[Baseline]:
        """Those of which no request was found that the server takes."""
        return [one for one in self.found.values() if one.missing is not None]

    def advice(self) -> list[str]:
        """Those of which no request is known: a line for each way to help, and its first operations."""
        by_advice: dict[str, list[str]] = {}
        for one in self.lacking():
            by_advice.setdefault(one.advice, []).append(one.line)
        lines: list[str] = []
        for advice, told in by_advice.items():
            lines += [f"{len(told)} {'operation' if len(told) == 1 else 'operations'}: {advice}"]
            lines += [f"  {line}" for line in told[:LINES_SHOWN]]
            lines += [f"  and {len(told) - LINES_SHOWN} more"] if len(told) > LINES_SHOWN else []
        return lines

    def anew(self, operation: Operation, user: User) -> Any:
        """The id of a new document that the operation made; None where it makes none that is told."""
        if not self._may_ask(operation):
            return None
        was, known = {id(one) for one in self.session.ledger.created}, self.found.get(operation.id)
        if known is not None and known.taken is None:
            return None  # it is being sought, or there is none
        if known is not None:
            try:
                Trial(self.session).send(operation, user, **self.session.request(operation, user))
            except Interruption:
                return None
        else:
            self.of(operation)
        made = [one for one in self.session.ledger.created if id(one) not in was]
        new = [one.id for one in made if one.by is operation]
        return new[-1] if new else None


def _turn(operation: Operation) -> tuple[bool, bool, int]:
    """When an operation has its turn: what is deleted must be there, and with it what it stands below."""
    deletes, depth = operation.method == "delete", operation.path.count("{")
    return deletes, operation.method != "post", -depth if deletes else depth
