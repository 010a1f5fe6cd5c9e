"""What the clients of a double have provoked: operations, statuses, refusals by rule; and what never.

While it serves, one number is counted up; what it means is worked out when somebody asks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from specdouble.contract import Contract, Operation, Rule
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import pointer
from specdouble.double.state.journal import Why
from specdouble.double.state.problem import Refusal

_MOST = 20_000  # a handler may name a rule anew for each answer
_Key = tuple[str | None, int, tuple[str, ...]]  # the operation, the status, the rules that refused


class Coverage:
    """Counts how operations were answered, in all worlds, from the start or since it was cleared."""

    def __init__(self) -> None:
        self._counts: dict[_Key, int] = {}

    def count(self, operation: str | None, status: int, rule: str | None, why: Why) -> None:
        """Count one answer.

        Args:
            operation: the operation's id; None where there is none.
            status: the answer's.
            rule: the rule that refused; the first of several.
            why: what was explained of it.
        """
        key = (operation, status, () if rule is None else _refusing(rule, why))
        counts = self._counts
        known = counts.get(key)
        if known is not None:
            counts[key] = known + 1
        elif len(counts) < _MOST:
            counts[key] = 1

    def clear(self) -> None:
        """Begin anew."""
        self._counts.clear()

    def report(self, contract: Contract) -> Report:
        """What it means for a contract."""
        return Report(contract, dict(self._counts))


def _refusing(rule: str, why: Why) -> tuple[str, ...]:
    if not isinstance(why, Refusal) or len(why.broken) == 1:
        return (rule,)
    return tuple(one.rule.id for one in why.broken)


class Seen(NamedTuple):
    """How often a rule decided.

    Args:
        refused: the requests that it refused.
        kept: those of its operations that succeeded under it.
    """

    refused: int
    kept: int


class Report:
    """What has been provoked of a contract, and what never.

    Args:
        contract: the contract.
        counts: how often each answer was given.
    """

    def __init__(self, contract: Contract, counts: Mapping[_Key, int]) -> None:
        self._contract = contract
        self.statuses: dict[str, Counter[str]] = defaultdict(Counter)
        self._refused: Counter[str] = Counter()
        self._succeeded: Counter[str] = Counter()
        for (operation, status, rules), times in counts.items():
            if operation is None:
                continue
            self.statuses[operation][str(status)] += times
            self._refused.update(dict.fromkeys(rules, times))
            if status < 400:
                self._succeeded[operation] += times
        self._kept = self._kept_rules()

    def _kept_rules(self) -> Counter[str]:
        kept: Counter[str] = Counter()
        for operation in self._contract.operations.values():
            times = self._succeeded[operation.id]
            if times:
                kept.update({rule.id: times for rule in self._contract.rules_of(operation)})
        return kept

    def asked(self, operation: Operation) -> int:
        """How often an operation was asked."""
        return self.statuses[operation.id].total()

    def answered(self, operation: Operation) -> dict[str, int]:
        """How often each status was answered that the operation declares, and each that it does not."""
        found = dict.fromkeys(operation.responses, 0)
        for status, times in self.statuses[operation.id].items():
            declared = operation.response(int(status))
            name = declared.status if declared else status
            found[name] = found.get(name, 0) + times
        return found

    def seen(self, rule: Rule) -> Seen:
        """How often a rule decided."""
        return Seen(self._refused[rule.id], self._kept[rule.id])

    @property
    def refusing(self) -> list[Rule]:
        """The rules that a request can be refused for."""
        return [rule for rule in self._contract.rules.values() if rule.refuses]

    def never_asked(self) -> list[Operation]:
        """The operations that nobody asked."""
        return [operation for operation in self._contract.operations.values() if not self.asked(operation)]

    def never_answered(self) -> Iterator[tuple[Operation, str]]:
        """The declared statuses of the operations that were asked, which were never answered."""
        for operation in self._contract.operations.values():
            if self.asked(operation):
                for status, times in self.answered(operation).items():
                    if not times:
                        yield operation, status

    def never_refused(self) -> list[Rule]:
        """The rules that no request was refused for."""
        return [rule for rule in self.refusing if not self.seen(rule).refused]

    def as_json(self) -> dict[str, JSON]:
        """The whole as a JSON document."""
        operations = list(self._contract.operations.values())
        never_asked, never_refused = self.never_asked(), self.never_refused()
        declared = sum(len(operation.responses) for operation in operations)
        answered = [status for one in operations for status in one.responses if self.answered(one)[status]]
        return {
            "summary": {
                "operations": {"seen": len(operations) - len(never_asked), "of": len(operations)},
                "statuses": {"seen": len(answered), "of": declared},
                "refusals": {"seen": len(self.refusing) - len(never_refused), "of": len(self.refusing)},
            },
            "operations": [self._told_operation(operation) for operation in operations],
            "rules": [self._told_rule(rule) for rule in self._contract.rules.values()],
            "never": {
                "operations": [str(operation) for operation in never_asked],
                "statuses": [f"{operation} {status}" for operation, status in self.never_answered()],
                "refusals": [rule.id for rule in never_refused],
            },
        }

    def _told_operation(self, operation: Operation) -> dict[str, JSON]:
        return {
            "id": operation.id,
            "operation": str(operation),
            "asked": self.asked(operation),
            "statuses": self.answered(operation),
        }

    def _told_rule(self, rule: Rule) -> dict[str, JSON]:
        told: dict[str, JSON] = {"id": rule.id, "sentence": str(rule), "refuses": rule.refuses}
        return {**told, **self.seen(rule)._asdict(), "file": rule.file, "line": rule.line}

    def lcov(self) -> str:
        """The same as lines of the contract's files, as `lcov` writes them (geninfo(1)).

        A line is an operation, a status that it declares, or a rule; a rule has two branches: refused and kept.
        """
        files: dict[str, _Traced] = defaultdict(_Traced)
        for operation in self._contract.operations.values():
            file, line = self._contract.locate(operation.pointer)
            files[file].functions[str(operation)] = line, self.asked(operation)
            files[file].lines[line] += self.asked(operation)
            answered = self.answered(operation)
            for status in operation.responses:
                file, line = self._contract.locate(operation.pointer + pointer("responses", status))
                files[file].lines[line] += answered[status]
        for rule in self._contract.rules.values():
            seen = self.seen(rule)
            files[rule.file].lines[rule.line] += seen.refused + seen.kept
            if rule.refuses:
                files[rule.file].branches[rule.line].append(seen)
        return "".join(traced.written(file) for file, traced in files.items())


class _Traced:
    """The record of one file."""

    def __init__(self) -> None:
        self.functions: dict[str, tuple[int, int]] = {}
        self.branches: dict[int, list[Seen]] = defaultdict(list)
        self.lines: Counter[int] = Counter()

    def written(self, file: str) -> str:
        lines = ["TN:specdouble", f"SF:{file}"]
        lines += [f"FN:{line},{name}" for name, (line, _) in self.functions.items()]
        lines += [f"FNDA:{times},{name}" for name, (_, times) in self.functions.items()]
        for line, rules in sorted(self.branches.items()):
            for block, seen in enumerate(rules):
                lines += [f"BRDA:{line},{block},0,{seen.refused or '-'}", f"BRDA:{line},{block},1,{seen.kept or '-'}"]
        lines += [f"DA:{line},{times}" for line, times in sorted(self.lines.items())]
        return "\n".join([*lines, "end_of_record\n"])
