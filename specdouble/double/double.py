"""The double: everything that answers for one contract, without a server around it."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from specdouble.contract import Contract, Finding, Media
from specdouble.contract import read as read_contract
from specdouble.contract.json_type import JSON
from specdouble.contract.security_scheme import own_issuer
from specdouble.double.answers.handled import unheeded
from specdouble.double.answers.handlers import Handlers
from specdouble.double.answers.resolution import Resolution, resolve_all
from specdouble.double.answers.samples.kept import KeptDocuments
from specdouble.double.answers.samples.made import Made
from specdouble.double.answers.samples.sample import body_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.factories import Factories
from specdouble.double.http.credentials import Credentials, user_of
from specdouble.double.http.fault_injection import FaultInjection, faults_of
from specdouble.double.http.public_address import PublicAddress
from specdouble.double.state.accounts import Accounts
from specdouble.double.state.answered import AnsweredRequests
from specdouble.double.state.clock import Clock
from specdouble.double.state.coverage import Coverage
from specdouble.double.state.initial_state import InitialState
from specdouble.double.state.journal import Journal
from specdouble.double.state.keeper import Document
from specdouble.double.state.persistence import Persistence, PersistenceError
from specdouble.double.state.problem import Problem
from specdouble.double.state.secret import secret_of
from specdouble.double.state.seed import Seed, read_seed, stray_files
from specdouble.double.state.signing_keys import SigningKeys
from specdouble.double.state.snapshots import Snapshots
from specdouble.double.state.store import DuplicateKeyError, open_store
from specdouble.double.state.streams import Streams
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD, MOST, Worlds

if TYPE_CHECKING:
    from specdouble.double.state.common import Common
    from specdouble.double.state.store.engine import Engine

Resolutions = Mapping[str, Resolution]
_log = logging.getLogger("specdouble")


class Reading(NamedTuple):
    """What a project's files say, read together: it replaces what was read before as a whole, or not at all."""

    contract: Contract
    handlers: Handlers
    sampler: Sampler
    resolutions: Resolutions
    seed: Seed
    made: Made


@dataclass(frozen=True)
class Settings:
    """What a double is made with.

    Args:
        path: the project's folder, or a contract's file.
        seed: makes ids and samples repeat.
        clock: a moment at which time stands still, or a shift (`+3h`).
        body_limit: the largest request body, in bytes.
        hosts: names that the control plane answers to, beside loopback and the address that it listens on.
        control_token: what opens the control plane from elsewhere.
        allow_refs: the folders outside of the contract's own that its references may lead to.
        overlays: what is laid over the contract, where it is named.
        strict_auth: refuse credentials that are nobody's, also where the project says nothing of its users.
        takes_foreign: take every credential that is well-formed, tokens of others among them, each for a caller.
        no_auth: the user that everybody is who shows no credential; None where nobody is.
        user_header: whether `X-Specdouble-User` says who asks.
        redirects: where users may be sent back to after a sign-in, beside this machine.
        root_path: the prefix that a proxy takes away from paths.
        proxies: the addresses of proxies that are believed what they say of the client's request.
        worlds: how many worlds there may be.
        persist: a file that keeps the documents over restarts.
        world_timeout: seconds after which a world that nobody asks leaves; None where none does.
        store_limit: how many bytes the documents of all worlds may have, as JSON.
        store: the URL of a server of MongoDB's protocol; None for the embedded store.
        workers: how many processes serve.
    """

    path: Path
    seed: int | None = None
    clock: str | None = None
    body_limit: int = 1024 * 1024
    hosts: tuple[str, ...] = ()
    control_token: str | None = field(default=None, repr=False)
    allow_refs: tuple[Path, ...] = ()
    overlays: tuple[Path, ...] = ()
    strict_auth: bool = False
    takes_foreign: bool = False
    no_auth: str | None = None
    user_header: bool = False
    redirects: tuple[str, ...] = ()
    root_path: str = ""
    proxies: tuple[str, ...] = ()
    worlds: int = MOST
    persist: Path | None = None
    world_timeout: float | None = None
    store_limit: int = 128 * 1024 * 1024
    store: str | None = field(default=None, repr=False)
    workers: int = 1

    @property
    def project(self) -> Path:
        """The folder of the project."""
        return self.path if self.path.is_dir() else self.path.parent


@contextmanager
def _no_collection() -> Iterator[None]:
    """A large contract makes a million objects that stay: looking for garbage among them doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _nothing() -> None:
    """Where no file keeps the documents."""


class Double:
    """A contract's stateful mock.

    Args:
        settings: what it is made with.
        factories: what makes its parts.

    Raises:
        Refused: the contract, the seed or a handler is wrong; its findings say where.
        ValueError: the clock's setting is none.
        PersistenceError: the file that is to keep the documents cannot, or what it has breaks a rule.
    """

    def __init__(self, settings: Settings, factories: Factories | None = None) -> None:
        self.settings = settings
        self.factories = factories or Factories()
        self.clock = Clock(settings.clock)
        self.faults = FaultInjection(settings.seed)
        self.journal = Journal()
        self.coverage = Coverage()
        self.streams = Streams()
        self._earlier: Seed = {}
        read = self._read()  # before anything is written: where there is no contract, there may be no folder
        self._store = open_store(settings.store)
        self.secret, keys = self._credentials()
        self.access_tokens = self.factories.access_tokens(keys, self.clock, settings.hosts)
        self.digest = self.factories.digest(self.clock, self.secret)
        self.sign_ins = self.factories.sign_ins()
        self.address = PublicAddress(settings.root_path, settings.proxies)
        self.redirects = self.factories.redirects(settings.hosts, settings.redirects)
        self._adopt(read)
        self._persistence = None if settings.persist is None else Persistence(settings.persist, self._store)
        self.keep: Callable[[], None] = _nothing if self._persistence is None else self._persistence.keep
        """Have what a request has changed in the file, where there is one; called before it is answered."""
        self._answered = AnsweredRequests()
        self.worlds = self._worlds()
        self.snapshots = Snapshots(None if self._persistence is None else self._persistence.snapshots)
        self._common = None if self._store.embedded else self._in_common()
        self.world(DEFAULT_WORLD).prepare()
        if self._persistence is not None:
            self._resume_all(self._persistence)

    def _credentials(self) -> tuple[str, SigningKeys]:
        """What tokens are signed with: of the project's folder, or of the store where processes share one."""
        project = self.settings.project
        if self._store.embedded:
            return secret_of(project), SigningKeys(project)
        from specdouble.double.state.shared_credentials import SharedSigningKeys, shared_secret

        return shared_secret(self._engine()), SharedSigningKeys(self._engine(), project)

    def reload(self) -> None:
        """Read contract, handlers and seed again and keep the documents.

        Raises:
            Refused: what was read is wrong; everything stays as it was.
        """
        read, before = self._read(), self._adopted
        try:
            # Every world opens its collections anew: the rules over them may be others.
            self._spread(read)
        except Exception:
            self._spread(before)
            raise

    def _spread(self, read: Reading) -> None:
        self._adopt(read)
        for world in self.worlds:
            world.adopt(self.contract, self.initial)

    def _read(self) -> Reading:
        with _no_collection():
            return self._read_all()

    def _read_all(self) -> Reading:
        contract = read_contract(self.settings.path, self.settings.allow_refs, self.settings.overlays)
        handlers = Handlers(self.settings.project.resolve(), contract.operations.values())
        sampler = Sampler(contract.schemas, self.settings.seed)
        sampler.documents = KeptDocuments(contract, self.clock)
        resolutions = resolve_all(contract, handlers, sampler)
        seed = read_seed(self.settings.project / "mock_data", contract)
        wanted: dict[str, None] = {}  # in the order of the operations: who comes first, is made first
        for operation_id, action in contract.actions.items():
            if resolutions[operation_id].by == "automatic":
                wanted[action.collection] = None
        made = Made(contract, sampler, seed, wanted, self.clock, self._earlier)
        return Reading(contract, handlers, sampler, resolutions, seed, made)

    def _adopt(self, read: Reading) -> None:
        self._adopted = read
        contract = read.contract
        self.contract, self.sampler = contract, read.sampler
        self.resolutions: Resolutions = read.resolutions
        # What was made stays over a reload where it still conforms: documents may refer to it.
        self.seed, self.made, self._earlier = read.seed, read.made, read.made.documents
        self.accounts = Accounts(contract, read.seed)
        issuer = own_issuer(contract)
        if issuer is not None:
            self.access_tokens.own_issuers |= {issuer, self.address.root_path + issuer}
        self.initial = InitialState(read.seed, read.made.of)
        strays = stray_files(self.settings.project / "mock_data", contract)
        self.findings: list[Finding] = [
            *contract.findings,
            *read.handlers.findings,
            *unheeded(contract, read.handlers),
            *strays,
        ]
        self.tokens = {
            name: self.factories.tokens(self.secret, self.clock, identity)
            for name, identity in contract.identities.items()
            if identity.credential is None
        }

    def world(self, name: str) -> World:
        """The world of that name, seeded at its first use.

        Raises:
            Problem: there is none of that name, and no place for it.
        """
        return self.worlds.of(name)

    def _worlds(self) -> Worlds:
        settings = self.settings
        if self._store.embedded:
            return Worlds(self._make_world, settings.worlds, self._is_full, settings.world_timeout)
        from specdouble.double.state.shared_worlds import SharedWorlds

        return SharedWorlds(self._make_world, settings.worlds, self._engine())

    def _engine(self) -> Engine:
        from specdouble.double.state.store.engine import Engine

        assert isinstance(self._store, Engine)
        return self._store

    @property
    def _world_made(self) -> type[World]:
        if self._store.embedded:
            return World
        from specdouble.double.state.shared_world import SharedWorld

        return SharedWorld

    @property
    def waits(self) -> bool:
        """Whether its store may have to be waited for: then operations are answered by threads."""
        return not self._store.embedded

    def _make_world(self, name: str) -> World:
        return self._world_made(
            name,
            self._store,
            self.contract,
            self.initial,
            self.clock,
            self.settings.seed,
            self.tokens,
            token_of=self._token_of,
            make_room=self._make_room,
            answered=self._answered,
            keepers=self.factories.keepers,
            collection=self.factories.collection,
        )

    def _resume_all(self, persistence: Persistence) -> None:
        """Have what the file has kept: documents, and how the clock and the faults were set unless told otherwise."""
        persistence.begin([(DEFAULT_WORLD, name) for name in self.seed])
        try:
            for name in persistence.worlds:
                self._resume(self.world(name), persistence)
        except (Problem, ValueError, TypeError, KeyError, AttributeError) as error:
            raise PersistenceError(f"{self.settings.persist} has documents that cannot be read: {error}") from None
        controls = persistence.controls()
        if self.settings.clock is not None:  # an option goes before what was kept
            controls.pop("clock", None)
        try:
            self._follow_controls(controls)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"{self.settings.persist} has a clock or faults that cannot be read: {error}"
            raise PersistenceError(reason) from None

    def _resume_faults(self, kept: bytes, name: str) -> None:
        if name and name == self.faults.name:
            return  # these are set already, and some were met
        try:
            self.faults.replace(faults_of(kept, self.contract), name)
        except ValueError as error:
            _log.warning("the faults that were kept are forgotten, for the contract has changed: %s", error)

    def _in_common(self) -> Common:
        """What this process has in common with all others that use the store."""
        from specdouble.double.state.common import Common
        from specdouble.double.state.shared_credentials import SharedRevoked
        from specdouble.double.state.shared_faults import SharedMet

        self.faults.times = SharedMet(self._engine())
        self.access_tokens.revoked = SharedRevoked(self._engine())
        common = Common(self._engine(), self._follow_controls)
        self.journal, self.coverage = common.journal, common.coverage
        self.snapshots = Snapshots(common.snapshots)
        return common

    def _follow_controls(self, controls: Mapping[str, bytes]) -> None:
        """Set the clock and the faults as a file has kept them, or as a process has had them set for all."""
        if "clock" in controls:
            setting = orjson.loads(controls["clock"])
            self.clock.resume(*setting) if setting else self.clock.run()
        if "faults" in controls:
            self._resume_faults(controls["faults"], controls.get("faults_name", b"").decode())

    def gather(self) -> None:
        """Have at hand what other processes have told of the requests that they answered."""
        if self._common is not None:
            self._common.gather()

    @property
    def told_of_store(self) -> str:
        """What keeps the documents, and how; empty for this process itself."""
        return "" if self._store.embedded else self._engine().told

    def is_able(self) -> bool:
        """Whether its store answers."""
        return self._store.is_there()

    def keep_controls(self) -> None:
        """Have in the file, or for all processes, how the clock and the faults are set."""
        if self._common is None and self._persistence is None:
            return
        controls = {"clock": orjson.dumps(self.clock.told()), "faults": self.faults.written()}
        controls["faults_name"] = self.faults.name.encode()
        if self._common is not None:
            self._common.set(**controls)
        if self._persistence is not None:
            self._persistence.keep_controls(controls)

    @staticmethod
    def _resume(world: World, persistence: Persistence) -> None:
        try:
            world.resume(persistence.kept(world.name))
        except DuplicateKeyError as error:
            reason = (
                f"two documents that were kept of the world `{world.name}` break a rule that the contract has by now"
            )
            raise PersistenceError(f"{reason}: {error}") from None

    def _token_of(self, user: Document) -> str:
        return Credentials(self).token_of(user)

    def _is_full(self) -> bool:
        return self._store.held >= self.settings.store_limit

    def _make_room(self, writer: World) -> None:
        if self._store.held >= self.settings.store_limit:  # asked with each write
            self.worlds.make_room(writer)

    def example(self, media: Media, key: str) -> JSON:
        """A body of the media: the contract's example, else one that is made; None where none conforms."""
        try:
            return body_of(media, self.sampler, key)
        except UnsatisfiableError:
            return None

    def value(self, slot: str, key: str, examples: Iterable[JSON]) -> JSON:
        """A value of a schema: an example of it, else one that is made; None where none conforms."""
        try:
            value: JSON = self.sampler.sample(slot, key, examples)
        except UnsatisfiableError:
            return None
        return value

    def reset(self) -> None:
        """Give every world its seed again, and forget the journal."""
        self.worlds.reset()
        self.journal.clear()

    def close(self) -> None:
        """Keep what is left to be kept, and let go of the file, where there is one."""
        if self._persistence is not None:
            self._persistence.keep()
            self._persistence.close()
        if self._common is not None:
            self._common.close()
        self._store.close()

    def token(self, who: str) -> str | None:
        """A token for the user of that e-mail address (or other unique property, or id) in the seed."""
        world = self.world(DEFAULT_WORLD)
        for name, tokens in self.tokens.items():
            user = user_of(self.contract, self.contract.identities[name], world, who)
            if user is not None:
                return tokens.issue(user)
        return None
