"""What a request is refused with.

Exception
└── Problem         any answer that is not a success
    └── Refusal     a rule of the contract would be broken
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from specdouble.contract import PropertyRule, Rule, Violation
from specdouble.contract.json_type import JSON

STATUSES = range(200, 600)
PHRASES = {int(status): status.phrase for status in HTTPStatus}


class Problem(Exception):
    """An answer that is not a success; a handler raises it from wherever it stands.

    Args:
        status: the HTTP status.
        title: what is wrong in a few words; None for the words that the contract's own example
            of this status has.
        detail: the same in a sentence.
        rule: the id of the rule, or a name of the project's own for what its handlers check.
        violations: each violation, where there are several.
        headers: further header fields.

    Raises:
        ValueError: the status is none that an answer can have (RFC 9110, 15).
    """

    # Without a dictionary for each: the journal keeps those of a thousand answers.
    __slots__ = ("detail", "headers", "rule", "status", "title", "violations")

    def __init__(
        self,
        status: int,
        title: str | None = None,
        detail: str | None = None,
        *,
        rule: str | None = None,
        violations: Sequence[Violation] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(title or status)
        if status not in STATUSES:
            raise ValueError(f"{status!r} is no status of an answer: those are 200 to 599")
        self.status = status
        self.title = title
        self.detail = detail
        self.rule = rule
        self.violations = violations
        self.headers = headers or {}

    @property
    def words(self) -> str:
        """The title, or the status' own phrase."""
        return self.title or PHRASES.get(self.status, f"Status {self.status}")

    def forget_its_origin(self) -> None:
        """Keep no traceback: whoever keeps the problem would keep the whole request with it."""
        self.__traceback__ = self.__context__ = None

    def explained(self) -> dict[str, JSON]:
        """The whole story, as a JSON document."""
        story: dict[str, JSON] = {"title": self.words}
        if self.detail:
            story["detail"] = self.detail
        if self.violations:
            story["violations"] = [one._asdict() for one in self.violations]
        return story


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a write would break.

    Args:
        rule: the rule.
        message: what is wrong with the value, to follow the property's name; a sentence of its own where the rule
            speaks of no one property.
        document: the id of the stored document that is in the way, if one is.
        at: the pointer of what is wrong in the document, where it is not the rule's property.
    """

    rule: Rule
    message: str
    document: object = None
    at: str = ""

    @property
    def pointer(self) -> str:
        """Where that stands in the document."""
        return f"/{self.rule.name}" if isinstance(self.rule, PropertyRule) and not self.at else self.at

    @property
    def sentence(self) -> str:
        """What is wrong, as a sentence."""
        return f"{self.rule.name} {self.message}" if isinstance(self.rule, PropertyRule) else self.message


def _detail(broken: Sequence[Broken]) -> str | None:
    """What is wrong, in a sentence; None where it is told of each property by itself."""
    if len(broken) == 1:
        return broken[0].rule.sentence
    if all(isinstance(one.rule, PropertyRule) for one in broken):
        return None
    return "; ".join(one.sentence for one in broken)


class Refusal(Problem):
    """A write that would break rules of the contract; it was not made.

    Args:
        broken: all the rules that it would break; the first one gives the status.
        statuses: the statuses that the operation declares.
    """

    __slots__ = ("broken",)

    def __init__(self, broken: Sequence[Broken], statuses: frozenset[str]) -> None:
        first = broken[0]
        super().__init__(
            first.rule.status_among(statuses),
            first.sentence,
            _detail(broken),
            rule=first.rule.id,
            violations=[Violation("body", one.pointer, one.message) for one in broken],
        )
        self.broken = broken

    def explained(self) -> dict[str, JSON]:
        """The whole story, with each rule and the document in its way."""
        rules = [{"rule": one.rule.id, "message": one.sentence, "document": one.document} for one in self.broken]
        return {**super().explained(), "rules": rules}
