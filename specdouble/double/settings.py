"""What a double is made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from specdouble.double.state.worlds import MOST


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
