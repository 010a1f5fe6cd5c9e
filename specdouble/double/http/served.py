"""What HTTP asks of the double that it serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from specdouble.contract import Contract, Media
from specdouble.contract.json_type import JSON
from specdouble.double.http.digest import Digest
from specdouble.double.http.fault_injection import FaultInjection, InjectedFault
from specdouble.double.http.public_address import PublicAddress
from specdouble.double.state.access_tokens import AccessTokens
from specdouble.double.state.accounts import Accounts
from specdouble.double.state.clock import Clock
from specdouble.double.state.coverage import Coverage
from specdouble.double.state.journal import Journal
from specdouble.double.state.snapshots import Snapshots
from specdouble.double.state.streams import Streams
from specdouble.double.state.tokens import Tokens
from specdouble.double.state.world import World
from specdouble.double.state.worlds import Worlds


class Limited(Protocol):
    """The settings of a double, as far as HTTP asks for them."""

    @property
    def body_limit(self) -> int:
        """The largest request body, in bytes."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The further hosts that the control plane answers to."""

    @property
    def control_token(self) -> str | None:
        """What opens the control plane from elsewhere."""

    @property
    def strict_auth(self) -> bool:
        """Whether credentials of nobody who is known are refused, also where the project says nothing of its users."""

    @property
    def takes_foreign(self) -> bool:
        """Whether every credential that is well-formed is a caller's, tokens of others among them."""

    @property
    def no_auth(self) -> str | None:
        """The user that everybody is who shows no credential."""

    @property
    def user_header(self) -> bool:
        """Whether `X-Specdouble-User` says who asks."""

    @property
    def redirects(self) -> tuple[str, ...]:
        """Where users may be sent back to after a sign-in, beside this machine."""


class Resolved(Protocol):
    """How an operation is answered."""

    @property
    def by(self) -> str:
        """The kind of answer."""

    @property
    def why(self) -> str:
        """What decided it, in a few words."""


class Served(Protocol):
    """A contract, its worlds, snapshots, clock and faults, and the journal of what they were asked."""

    access_tokens: AccessTokens
    accounts: Accounts
    address: PublicAddress
    contract: Contract
    clock: Clock
    coverage: Coverage
    digest: Digest
    faults: FaultInjection
    journal: Journal
    snapshots: Snapshots
    streams: Streams
    tokens: dict[str, Tokens]
    worlds: Worlds

    @property
    def resolutions(self) -> Mapping[str, Resolved]:
        """What answers each operation, by its id."""

    def is_able(self) -> bool:
        """Whether its store answers."""

    def gather(self) -> None:
        """Have at hand what other processes have told of the requests that they answered."""

    @property
    def waits(self) -> bool:
        """Whether its store may have to be waited for."""

    def is_awaited(self) -> bool:
        """Whether that may be done in the loop that runs."""

    @property
    def settings(self) -> Limited:
        """What it was made with."""

    def world(self, name: str) -> World:
        """The world of that name, seeded at its first use."""

    def example(self, media: Media, key: str) -> JSON:
        """A body of the media: the contract's example, else one that is made; None where none conforms."""

    def value(self, slot: str, key: str, examples: Iterable[JSON]) -> JSON:
        """A value of a schema: an example of it, else one that is made; None where none conforms."""

    def keep(self) -> None:
        """Have what a request has changed in the file that keeps it, where there is one."""

    def set_clock(self, clock: Clock) -> None:
        """Have the clock go as this one does, in all processes."""

    def set_faults(self, faults: Sequence[InjectedFault]) -> None:
        """Have these faults and no others, none of them met, in all processes."""

    def reset(self) -> None:
        """Give every world its seed again, and forget the journal."""
