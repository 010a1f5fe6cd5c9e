"""Why a verification stops, or a case of it.

Exception
├── WrongUse                the caller must change something: exit 2
├── CouldNotRun             the server or its identities cannot be used: exit 3
├── CheckFailed             a check of the project's own cannot be run to its end: exit 3 when all others are done
└── Interruption            a case ends early
    ├── Broken              the server broke a rule
    ├── NotExercised        the case could not try its rule
    │   ├── NobodyNamed     no user is known whom the server would take
    │   └── NotPromised     neither the contract nor the server promises what is asked
    ├── Trouble             the network's fault, never the rule's
    ├── OutOfTime           `max_time` is over, or Ctrl-C
    └── Enough              `max_failures` are found
"""

from __future__ import annotations

from collections.abc import Iterable

NOTHING_PROMISED = "nobody promises it"
TIME_OVER = "the time was over"  # why a run ended early


class WrongUse(Exception):
    """The settings cannot be used; the message says what to change."""


class CouldNotRun(Exception):
    """The verification cannot be done; the message says what to do."""


class CheckFailed(Exception):
    """A check of the project's own raised what it should not; the message says what, and where."""


class Interruption(Exception):
    """A case ends early."""


class Broken(Interruption):
    """The server broke a rule.

    Args:
        expected: what the contract promises, as a clause.
        seen: what the server did, as a clause.
        check: the rule or check that is broken, where it is another than the case's own.
        promise: what is broken of it, where that is another promise's matter.
    """

    def __init__(self, expected: str, seen: str, check: str | None = None, promise: str | None = None) -> None:
        super().__init__(f"expected {expected}; {seen}")
        self.expected, self.seen, self.check, self.promise = expected, seen, check, promise


class NotExercised(Interruption):
    """The case could not try its rule; the message is the reason."""


class Moved(Interruption):
    """What a case creates in was full amid the case: what it created since lies elsewhere, and proves nothing."""


class NobodyNamed(NotExercised):
    """No user is named whose credentials the server could take.

    Args:
        security: the alternatives that the operation asks for, each of schemes.
    """

    def __init__(self, security: Iterable[Iterable[str]]) -> None:
        scheme = next((scheme for one in security for scheme in one), "SCHEME")
        super().__init__(f"no user is named: add `--user ada:{scheme}=env:ADA_SECRET`, or users to the settings")


class NotPromised(NotExercised):
    """Neither the contract nor the server promises what the case asks: there is nothing to prove, or to tell."""

    def __init__(self) -> None:
        super().__init__(NOTHING_PROMISED)


class Trouble(Interruption):
    """The network, a proxy or a limit stood in the way."""


class Unanswered(Trouble):
    """Nobody answered: no connection was made, or it was dropped."""


class OutOfTime(Interruption):
    """There is no time left."""


class Enough(Interruption):
    """As many failures were found as were asked for."""
