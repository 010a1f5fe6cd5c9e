"""The double: everything that answers for one contract, without a server around it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson

from specdouble.contract import Media
from specdouble.contract.json_type import JSON
from specdouble.contract.security_scheme import own_issuer
from specdouble.double.answers.samples.sample import body_of
from specdouble.double.answers.samples.sampler import UnsatisfiableError
from specdouble.double.factories import Factories
from specdouble.double.http.credentials import Credentials, user_of
from specdouble.double.http.fault_injection import FaultInjection, InjectedFault, faults_of, written
from specdouble.double.http.public_address import PublicAddress
from specdouble.double.reading import Reading, read_project
from specdouble.double.settings import Settings
from specdouble.double.state.accounts import Accounts
from specdouble.double.state.answered import AnsweredRequests
from specdouble.double.state.clock import Clock
from specdouble.double.state.coverage import Coverage
from specdouble.double.state.initial_state import InitialState
from specdouble.double.state.journal import Journal
from specdouble.double.state.keeper import Document
from specdouble.double.state.persistence import Persistence, PersistenceError
from specdouble.double.state.problem import Problem
from specdouble.double.state.process import Process
from specdouble.double.state.seed import Seed
from specdouble.double.state.snapshots import Snapshots
from specdouble.double.state.store import DuplicateKeyError, Store, open_store
from specdouble.double.state.streams import Streams
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD

if TYPE_CHECKING:
    from specdouble.double.state.common import Common

__all__ = ["Double", "Settings"]

_log = logging.getLogger("specdouble")


def _nothing() -> None:
    """Where no file keeps the documents."""


def _process(store: Store) -> Process:
    if store.embedded:
        return Process()
    from specdouble.double.state.sharing_process import SharingProcess
    from specdouble.double.state.store.engine import Engine

    assert isinstance(store, Engine)
    return SharingProcess(store)


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
        self._made_before: Seed = {}
        project = self._read()  # before anything is written: where there is no contract, there may be no folder
        self._store = open_store(settings.store)
        self._process = _process(self._store)
        self.secret, keys = self._process.credentials(settings.project)
        self.access_tokens = self.factories.access_tokens(keys, self.clock, settings.hosts)
        self.digest = self.factories.digest(self.clock, self.secret)
        self.sign_ins = self.factories.sign_ins()
        self.address = PublicAddress(settings.root_path, settings.proxies)
        self.redirects = self.factories.redirects(settings.hosts, settings.redirects)
        self._adopt(project)
        self._answered = AnsweredRequests()
        self.worlds = self._process.worlds(self._make_world, settings.worlds, self._is_full, settings.world_timeout)
        self._persistence = None if settings.persist is None else Persistence(settings.persist, self._store)
        self.keep: Callable[[], None] = _nothing if self._persistence is None else self._persistence.keep
        """Have what a request has changed in the file, where there is one; called before it is answered."""
        self.snapshots = Snapshots(None if self._persistence is None else self._persistence.snapshots)
        self._common = self._process.common(self._follow_controls)
        if self._common is not None:
            self._share(self._common)
        with ExitStack() as unless_resumed:  # a file that holds what cannot be read is nobody's any more
            if self._persistence is not None:
                unless_resumed.callback(self._persistence.close)
            self.world(DEFAULT_WORLD).prepare()
            if self._persistence is not None:
                self._resume(self._persistence)
            unless_resumed.pop_all()

    def world(self, name: str) -> World:
        """The world of that name, seeded at its first use.

        Raises:
            Problem: there is none of that name, and no place for it.
        """
        return self.worlds.of(name)

    def token(self, who: str) -> str | None:
        """A token for the user of that e-mail address (or other unique property, or id) in the seed."""
        world = self.world(DEFAULT_WORLD)
        for name, tokens in self.tokens.items():
            user = user_of(self.contract, self.contract.identities[name], world, who)
            if user is not None:
                return tokens.issue(user)
        return None

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

    def reload(self) -> None:
        """Read contract, handlers and seed again and keep the documents.

        Raises:
            Refused: what was read is wrong; everything stays as it was.
        """
        project, before = self._read(), self._project
        try:
            self._adopt_in_all_worlds(project)
        except Exception:
            self._adopt_in_all_worlds(before)
            raise

    def close(self) -> None:
        """Keep what is left to be kept, and let go of the file, where there is one."""
        if self._persistence is not None:
            self._persistence.keep()
            self._persistence.close()
        if self._common is not None:
            self._common.close()
        self._store.close()

    @property
    def waits(self) -> bool:
        """Whether its store may have to be waited for: then operations are answered by threads."""
        return self._process.waits

    def awaited(self) -> AbstractAsyncContextManager[None]:
        """Where its store has to be waited for, that may be done in this loop while the context lasts."""
        return self._store.awaited()

    def is_awaited(self) -> bool:
        """Whether it may, in the loop that runs."""
        return self._store.is_awaited()

    @property
    def told_of_store(self) -> str:
        """What keeps the documents, and how; empty for this process itself."""
        return self._process.told

    def is_able(self) -> bool:
        """Whether its store answers."""
        return self._store.is_there()

    def gather(self) -> None:
        """Have at hand what other processes have told of the requests that they answered."""
        if self._common is not None:
            self._common.gather()

    def set_clock(self, clock: Clock) -> None:
        """Have the clock go as this one does."""
        self._set(clock=orjson.dumps(clock.setting()))

    def set_faults(self, faults: Sequence[InjectedFault]) -> None:
        """Have these faults and no others, none of them met."""
        self._set(faults=written(faults), faults_name=uuid4().hex.encode())

    def _set(self, **controls: bytes) -> None:
        """Set the clock or the faults: for all processes, of which this is one, or here and in the file.

        Where the others cannot be told, it is set nowhere.
        """
        if self._common is not None:
            self._common.set(**controls)
            return
        self._follow_controls(controls)
        if self._persistence is not None:
            kept = {"clock": orjson.dumps(self.clock.setting()), "faults": written(self.faults.faults)}
            self._persistence.keep_controls({**kept, "faults_name": self.faults.name.encode()})

    # What the project's files say

    def _read(self) -> Reading:
        return read_project(self.settings, self.clock, self._made_before)

    def _adopt_in_all_worlds(self, project: Reading) -> None:
        self._adopt(project)
        for world in self.worlds:
            # It opens its collections anew: the rules over them may be others.
            world.adopt(self.contract, self.initial)

    def _adopt(self, project: Reading) -> None:
        self._project = project
        self.contract, self.sampler, self.resolutions = project.contract, project.sampler, project.resolutions
        self.seed, self.made, self.findings = project.seed, project.made, project.findings
        # What was made stays over a reload where it still conforms: documents may refer to it.
        self._made_before = project.made.documents
        self.accounts = Accounts(self.contract, self.seed)
        self.initial = InitialState(self.seed, self.made.of)
        self.tokens = {
            scheme: self.factories.tokens(self.secret, self.clock, identity)
            for scheme, identity in self.contract.identities.items()
            if identity.credential is None
        }
        issuer = own_issuer(self.contract)
        if issuer is not None:
            self.access_tokens.own_issuers |= {issuer, self.address.root_path + issuer}

    # Worlds

    def _make_world(self, name: str) -> World:
        return self._process.world(
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

    def _is_full(self) -> bool:
        return self._store.held >= self.settings.store_limit

    def _make_room(self, writer: World) -> None:
        if self._store.held >= self.settings.store_limit:  # asked with each write
            self.worlds.make_room(writer)

    def _token_of(self, user: Document) -> str:
        return Credentials(self).token_of(user)

    # What a file, or another process, has kept

    def _share(self, common: Common) -> None:
        """Have with all processes what a process else keeps for itself."""
        self.faults.times, self.access_tokens.revoked = common.met, common.revoked
        self.journal, self.coverage = common.journal, common.coverage
        self.snapshots = Snapshots(common.snapshots)

    def _resume(self, persistence: Persistence) -> None:
        """Go on from what the file has kept: the documents, the clock and the faults.

        Raises:
            PersistenceError: something that was kept cannot be read, or breaks a rule that the contract has by now.
        """
        persistence.begin([(DEFAULT_WORLD, name) for name in self.seed])
        try:
            for name in persistence.worlds:
                _resume_world(self.world(name), persistence)
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

    def _follow_controls(self, controls: Mapping[str, bytes]) -> None:
        """Set the clock and the faults as a file has kept them, or as a process has had them set for all."""
        if "clock" in controls:
            setting = orjson.loads(controls["clock"])
            self.clock.resume(*setting) if setting else self.clock.run()
        if "faults" in controls:
            self._follow_faults(controls["faults"], controls.get("faults_name", b"").decode())

    def _follow_faults(self, kept: bytes, name: str) -> None:
        if name and name == self.faults.name:
            return  # these are set already, and some were met
        try:
            self.faults.replace(faults_of(kept, self.contract), name)
        except ValueError as error:
            _log.warning("the faults that were kept are forgotten, for the contract has changed: %s", error)


def _resume_world(world: World, persistence: Persistence) -> None:
    try:
        world.resume(persistence.kept(world.name))
    except DuplicateKeyError as error:
        reason = f"two documents that were kept of the world `{world.name}` break a rule that the contract has by now"
        raise PersistenceError(f"{reason}: {error}") from None
