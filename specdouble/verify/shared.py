"""What the trials of a run share, as those see it that a session is made of: the names and types of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from specdouble.contract import Operation, Parameter
from specdouble.verify.bodies import Bodies, Referring, Surroundings
from specdouble.verify.client import Client
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.guard import Guard
from specdouble.verify.identity import User
from specdouble.verify.ledger import Ledger
from specdouble.verify.pages import Pages
from specdouble.verify.register import Created
from specdouble.verify.selection import Selection
from specdouble.verify.settings import Settings
from specdouble.verify.subject import Subject


class Known(Protocol):
    """What is known of a run's operations: which requests of them the server takes."""

    found: dict[str, Any]

    def seek(self, names: Collection[str]) -> None:
        """Seek those of these operations."""

    def missing(self, operations: tuple[str, ...]) -> str | None:
        """Why a case about these operations cannot be judged."""

    def anew(self, operation: Operation, user: User) -> Any:
        """The id of a new document that the operation made; None where it makes none that is told."""


class Values(Protocol):
    """The values that a parameter may have."""

    def candidates(self, operation: Operation, parameter: Parameter, user: User) -> Iterable[Any]:
        """Values, the likeliest first."""

    def existing(self, wanted: str, user: User) -> list[Any]:
        """The documents of a kind that lists show."""


class Referred(Referring, Protocol):
    """The documents of this run, and which of them others refer to."""

    setting_up: set[tuple[str, str, str]]
    crowded: set[str]
    origins: dict[Any, Exchange]
    made: dict[tuple[str, str], Exchange]

    def of(self, collection: str, user: User, purpose: str = "", state: Any = None) -> Any:
        """The id of a document of the collection that the user may refer to."""

    def holds(self, key: Any) -> bool:
        """Whether it is the id of a document that others refer to."""

    def forget(self, collection: str, user: User) -> None:
        """Have the next request of a user refer to another document of the collection."""

    def as_made(self, subject: Subject, key: Any) -> dict[str, Any]:
        """A document as the answer to its create showed it; empty where nothing showed."""

    def shorten(self, subject: Subject) -> None:
        """Delete what earlier cases made of a collection where it is much."""

    def as_bound(
        self, subject: Subject, name: str | None, path: Mapping[str, Any], asked: Iterable[str]
    ) -> dict[str, Any]:
        """A document that a path names, as its create showed it; what tells its state from another, as it is by now."""

    def adopt(self, document: Document) -> None:
        """Remember a document that was created."""

    def make_room(self, subject: Subject, user: User, *, but: Collection[str] = ()) -> bool:
        """Delete what earlier cases made of a collection for a user; whether any was deleted."""

    @property
    def is_amid_case(self) -> bool:
        """Whether one case runs by itself."""

    def end_case(self) -> None:
        """Note that no case runs by itself: whoever refers to a document may be given another one."""

    def leave_full(self, call: Call) -> bool:
        """Give a user others to refer to in the place of those of a refused create; if any may be full."""

    def leave(self, ids: Collection[str]) -> bool:
        """Give whoever refers to these documents others in their place; whether anybody did."""


class Shared(Surroundings, Protocol):
    """A session: the server, its users, and what is known of both."""

    settings: Settings
    selection: Selection
    ledger: Ledger
    guard: Guard
    client: Client
    bodies: Bodies
    pages: Pages
    public_keys: set[str]
    fickle: Counter[str]
    unfitting: dict[tuple[str, str, str], Exchange]
    unharmed: dict[str, list[tuple[Document, dict[str, Any]]]]
    implied: dict[str, str]
    others: dict[Any, int]
    kept_by_server: set[tuple[str, str]]

    @property
    def baselines(self) -> Known:
        """What is known of each operation."""

    @property
    def referents(self) -> Referred:
        """The documents that others refer to."""

    @property
    def parameters(self) -> Values:
        """The values of parameters."""

    # Requests

    def surroundings(
        self, operation: Operation, user: User, name: str | None, known: Mapping[str, Any] | None = None
    ) -> dict[str, dict[str, Any]]:
        """The required parameters but the named one."""

    def places(self, operation: Operation, user: User) -> dict[str, dict[str, Any]]:
        """The required parameters of a request, made from new documents."""

    def request(self, operation: Operation, user: User) -> dict[str, Any]:
        """The parts of a request that the operation must accept from the user."""

    def plain_body(self, operation: Operation) -> Any:
        """What an operation that writes no documents asks for in its body."""

    def usual_document(self, operation: Operation, user: User) -> Any:
        """What most requests of an operation have in their body."""

    def full_document(self, operation: Operation, user: User) -> dict[str, Any]:
        """A document with every property of an operation that creates documents."""

    def written(self, operation: Operation) -> Subject | None:
        """The documents that an operation writes, where its body is one of them."""

    def described(self, operation: Operation) -> Subject | None:
        """The documents of which an operation's body is one, though it writes none."""

    def required_of(self, operation: Operation) -> list[str]:
        """The properties that an operation's body must hold."""

    def names_document_of(self, operation: Operation, parameter: Parameter) -> str | None:
        """The collection of which a parameter of the path names a document."""

    def named_by(self, operation: Operation, parameter: str) -> str | None:
        """The collection of which a parameter names a document, by what leads to it."""

    def uses_up(self, operation: Operation, parameter: str) -> bool:
        """Whether what the parameter names may be of no use to others afterwards."""

    def beside_each_other(self, operation: Operation, path: dict[str, Any]) -> dict[str, Any]:
        """The path with the parents that its last document was created below."""

    # Documents

    def deletion(self, made: Created) -> Call | None:
        """The request that deletes what this run made, by a user who may ask for it."""

    def renewed(self, call: Call, refused: Exchange) -> Exchange:
        """The answer to a call whose token was not taken, with a new one."""
