"""What a request wishes of its answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preference:
    """The wishes of one request.

    Args:
        code: the status.
        example: the name of an example.
        dynamic: whether the body is made anew each time.
        delay: how long the answer takes, in milliseconds.
        rule: the id of a rule that refuses, as if the request broke it.
    """

    code: int | None = None
    example: str | None = None
    dynamic: bool = False
    delay: int = 0
    rule: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether another answer is wished for than the operation would give."""
        return self.code is not None or self.example is not None or self.dynamic or self.rule is not None
