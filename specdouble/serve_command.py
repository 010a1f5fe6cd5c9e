"""The command `specdouble serve`: the double of a contract, at an address, until it is stopped."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments, of_contract
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, WRONG_USE, fail
from specdouble.findings import print_findings, print_on_a_screen
from specdouble.opening import known_users, opened
from specdouble.printable import printable

if TYPE_CHECKING:
    from specdouble.double.double import Double
    from specdouble.double.request_log import RequestLog

_NAMED = 3  # users at start
_FAULT = "--fault 'POST /orders: status=503, share=0.2'"


@click.command(
    epilog=examples(
        ("specdouble serve", "the project of this folder"),
        ("specdouble serve openapi.yaml -p 8080", "a contract alone, at a port of yours"),
        ("specdouble serve https://api.example.com/openapi.json", "one that is published; its copy is kept"),
        ("specdouble serve --reload --seed 7", "follow each edit; the same ids and samples"),
        ("specdouble serve --persist kept.db", "documents stay over a restart"),
        ("specdouble serve --fault 'POST /books: status=503, share=0.1'", "rehearse a backend that fails now and then"),
    )
)
@contract_arguments
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "-p", "--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.  [default: the contract's, 4010]"
)
@click.option("--reload", is_flag=True, help="Follow changes of contract, handlers and seed; documents stay.")
@click.option("--seed", type=int, help="Make ids and samples repeat.")
@click.option("--clock", metavar="TIME", help="Stop time at a moment (2026-05-01T09:00:00Z), or shift it (+3h, -2d).")
@click.option("--idle-timeout", type=click.IntRange(1), default=5, show_default=True, metavar="SECONDS",
              help="Close a connection that asks nothing for so long.")  # fmt: skip
@click.option("--request-timeout", type=click.FloatRange(0.1), default=60, show_default=True, metavar="SECONDS",
              help="Answer 408 to a request that takes longer to arrive.")  # fmt: skip
@click.option("--body-limit", type=click.IntRange(1), default=1024 * 1024, show_default=True, metavar="BYTES",
              help="Answer 413 to a larger body.")  # fmt: skip
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME",
              help="Answer control requests to this name too (a proxy's, say); repeatable.")  # fmt: skip
@click.option("--control-token", envvar="SPECDOUBLE_CONTROL_TOKEN", show_envvar=True, metavar="TOKEN",
              help="Open the control plane to other machines (containers, probes) that send this token.")  # fmt: skip
@click.option("--max-worlds", type=click.IntRange(1), default=1000, show_default=True, metavar="NUMBER",
              help="Keep so many worlds; then the one that was idle for longest leaves.")  # fmt: skip
@click.option("--world-timeout", type=click.FloatRange(1), metavar="SECONDS",
              help="Let a world leave that nobody has asked for so long.  [default: never]")  # fmt: skip
@click.option("--store-limit", type=click.IntRange(1), default=128 * 1024 * 1024, show_default=True, metavar="BYTES",
              help="Keep documents of so many bytes in all worlds; then idle worlds leave, else 507.")  # fmt: skip
@click.option("--no-auth", metavar="USER", help="Take whoever shows no good credential for this user.")
@click.option("--strict-auth", is_flag=True,
              help="Take nobody who is not known, also where nothing says who the users are.")  # fmt: skip
@click.option("--user-header", is_flag=True, help="Take whoever sends 'X-Specdouble-User: NAME' for that user.")
@click.option("--allow-redirect", "redirects", multiple=True, metavar="URL",
              help="Send users back to this URL too after a sign-in (loopback always is); repeatable.")  # fmt: skip
@click.option("--root-path", default="", metavar="PREFIX",
              help="The prefix that a proxy takes away from paths; URLs that clients are told have it.")  # fmt: skip
@click.option("--trust-proxy", "proxies", multiple=True, metavar="ADDRESS",
              help="Believe X-Forwarded-Proto, -Host and -Prefix of this proxy ('*': of all); repeatable.")  # fmt: skip
@click.option("--persist", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Keep the documents in this file (SQLite), and begin with them after a restart.")  # fmt: skip
@click.option("--store", envvar="SPECDOUBLE_STORE", show_envvar=True, metavar="URL",
              help="Keep the documents in a server that speaks MongoDB's protocol: mongodb://HOST/NAME.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, envvar="SPECDOUBLE_WORKERS",
              show_envvar=True, metavar="NUMBER", help="Serve by so many processes, over one --store.")  # fmt: skip
@click.option("--fault", "faults", multiple=True, metavar="FAULT",
              help="Let answers fail: 'POST /things: status=503, share=0.1', 'delay=0.2'; repeatable.")  # fmt: skip
@click.option("--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="How each request is printed; with json, what else is printed goes to standard error.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print the address, and what is wrong; no operations, no requests.")
@click.option("--grace", type=click.FloatRange(0), default=10, show_default=True, metavar="SECONDS",
              help="When asked to end, let waiting requests finish for so long.")  # fmt: skip
def serve(
    path: Path,
    allow_refs: tuple[Path, ...],
    overlays: tuple[Path, ...],
    host: str,
    port: int | None,
    reload: bool,
    seed: int | None,
    clock: str | None,
    idle_timeout: int,
    request_timeout: float,
    body_limit: int,
    hosts: tuple[str, ...],
    control_token: str | None,
    max_worlds: int,
    world_timeout: float | None,
    store_limit: int,
    persist: Path | None,
    no_auth: str | None,
    strict_auth: bool,
    user_header: bool,
    redirects: tuple[str, ...],
    root_path: str,
    proxies: tuple[str, ...],
    store: str | None,
    workers: int,
    faults: tuple[str, ...],
    log: str,
    quiet: bool,
    grace: float,
) -> None:
    """Serve the double of a contract."""
    from specdouble.double.double import Settings
    from specdouble.double.server import PortTakenError, Server, default_port

    _hold_to_store(store, workers, persist, reload)
    control: Any = {"hosts": (host, *hosts), "control_token": control_token}
    double = opened(
        Settings(
            path,
            seed,
            clock,
            **control,
            body_limit=body_limit,
            allow_refs=allow_refs,
            overlays=overlays,
            worlds=max_worlds,
            world_timeout=world_timeout,
            store_limit=store_limit,
            persist=persist,
            no_auth=no_auth,
            strict_auth=strict_auth,
            user_header=user_header,
            redirects=redirects,
            root_path=_prefix(root_path),
            proxies=proxies,
            store=store,
            workers=workers,
        )
    )
    _hold_to_users(double)
    if faults:  # else those stay that a file or other processes have
        _inject(double, faults)
    port = default_port(double.contract) if port is None else port
    try:
        server = Server(double, host, port, idle=idle_timeout, arrival=request_timeout, grace=grace)
    except PortTakenError as error:
        remedy = f"stop what listens there (another double? `lsof -i :{port}` tells), or choose another with --port"
        fail(f"{error}\n    remedy: {remedy}", COULD_NOT_RUN)
    except OSError as error:
        denied = isinstance(error, PermissionError)
        remedy = "choose a port above 1023 with --port" if denied else "use an address of this machine"
        fail(f"cannot listen on {host}: {error.strerror or error}\n    remedy: {remedy}", WRONG_USE)
    _print_first_findings(double)
    as_json = log == "json"
    url = server.address.url
    told = printable(f"{double.contract.title} at {url}") if quiet else _start(double, url)
    begun = partial(_print_at_once, told, err=as_json)
    color = click.get_current_context().color
    if workers > 1:
        from specdouble.double.workers import Workers

        double.close()
        log_of = None if quiet else partial(_request_log, as_json=as_json, color=color)
        limits: Any = {"idle": idle_timeout, "arrival": request_timeout, "grace": grace}
        Workers(double.settings, server.listener, server.address, log=log_of, **limits).run(begun=begun)
        return
    watch = partial(_tell_of_reload, double) if reload else None
    server.run(watch, None if quiet else _request_log(double, as_json, color), begun=begun)


def _print_at_once(told: str, *, err: bool) -> None:
    click.echo(told, err=err)
    sys.stdout.flush()


def _prefix(root_path: str) -> str:
    """The prefix as it was given; exits where it is none."""
    from specdouble.double.http.public_address import PublicAddress

    try:
        return PublicAddress(root_path).root_path
    except ValueError as error:
        fail(f"--root-path: {error}", WRONG_USE)


def _hold_to_store(store: str | None, workers: int, persist: Path | None, reload: bool) -> None:
    """Refuse what no store could do."""
    if store is None and workers > 1:
        reason = f"{workers} processes cannot share documents that each would have in its own memory"
        fail(f"{reason}\n    remedy: --store mongodb://HOST/NAME keeps them in a server; docs/engine.md", WRONG_USE)
    if store is not None and persist is not None:
        remedy = "leave out --persist: the server of --store keeps the documents over restarts"
        fail(f"--persist is for the embedded store\n    remedy: {remedy}", WRONG_USE)
    if workers > 1 and reload:
        fail("--reload follows the files in one process\n    remedy: leave out --workers, or --reload", WRONG_USE)


def _hold_to_users(double: Double) -> None:
    """Exit where everybody shall be somebody whom nobody knows."""
    chosen = double.settings.no_auth
    if chosen is not None and double.accounts.named(double.world("default"), chosen) is None:
        fail(f"--no-auth: no user `{chosen}`\n    remedy: {known_users(double)}", WRONG_USE)


def _print_first_findings(double: Double) -> None:
    """What is wrong with what is served."""
    print_on_a_screen(double.findings, of_contract("specdouble lint", double.settings.path))


def _start(double: Double, url: str) -> str:
    """What there is to ask, and how."""
    from specdouble.double.http.first_request import first_request

    contract = double.contract
    lines = [f"{printable(contract.title)} at {click.style(url, bold=True)}\n"]
    width = max((len(operation.id) for operation in contract.operations.values()), default=0)
    for operation in contract.operations.values():
        by = double.resolutions[operation.id].by
        line = f"  {operation.method.upper():7}{operation.id:{width}}  {by:10} {url}{operation.path}"
        lines.append(printable(line))
    if not contract.operations:
        lines.append("  The contract has no operation under `paths`: every request is answered with 404.")
    lines.append(f"\n  console        {url}/_specdouble/\n  documentation  {url}/_specdouble/docs")
    if double.told_of_store:
        lines.append(f"  store          {printable(double.told_of_store)}")
    if contract.overlays:
        lines.append(f"  laid over it   {', '.join(str(file) for file in contract.overlays)}")
    users = [account.name for account in double.accounts.all(double.world("default"))[:_NAMED]]
    if users and any(operation.security for operation in contract.operations.values()):
        token = of_contract(f"specdouble token {shlex.quote(users[0])}", double.settings.path)
        others = [f"or as {', '.join(users[1:])}"] if users[1:] else []
        if not (double.accounts.are_told or double.settings.strict_auth):
            others.append("any other key is a caller of its own")
        lines.append(f"  sign in        {token}" + (f"  ({'; '.join(others)})" if others else ""))
    example = first_request(double, url)
    if example:
        lines.append(f"\n{printable(example)}")
    lines.append("\nCtrl-C stops.")
    return "\n".join(lines)


def _inject(double: Double, written: tuple[str, ...]) -> None:
    from specdouble.double.http.fault_injection import fault_of

    try:
        faults = [fault_of(one, double.contract) for one in written]
    except ValueError as error:
        fail(f"--fault: {error}\n    remedy: write it as in {_FAULT}", WRONG_USE)
    if double.waits:  # workers make doubles of their own, and learn of the faults from the store
        double.set_faults(faults)
    else:
        double.faults.replace(faults)


def _request_log(double: Double, as_json: bool, color: bool | None) -> RequestLog:
    from specdouble.double.request_log import JSONLines, RequestLog, Text

    return RequestLog(double, JSONLines() if as_json else Text(), partial(click.echo, color=color))


def _tell_of_reload(double: Double, files: list[str], error: Exception | None) -> None:
    from specdouble.contract import Refused

    names = ", ".join(files)
    if error is None:
        click.echo(f"reloaded: {names}", err=True)
        _print_first_findings(double)
    else:
        click.secho(f"not reloaded, the old contract serves on: {names}", err=True, fg="red")
        if isinstance(error, Refused):
            print_findings(error.findings)
        else:
            click.secho(
                f"{type(error).__name__}: {error}\n    remedy: mend the file; it is read again", err=True, fg="red"
            )
    sys.stdout.flush()
