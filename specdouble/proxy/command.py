"""The command `specdouble proxy`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, VIOLATIONS, WRONG_USE, fail
from specdouble.printable import printable
from specdouble.url import split_url

if TYPE_CHECKING:
    from specdouble.double.double import Double, Settings
    from specdouble.double.server import Server
    from specdouble.proxy.proxy import Proxy
    from specdouble.proxy.recorder import Recorder


def proxy_command(make: Callable[[Settings], Double]) -> click.Command:
    """The command, with the double that fills in made by what it is given."""

    @click.command(
        "proxy",
        epilog=examples(
            ("specdouble proxy --url http://localhost:8000", "tell what breaks the contract of this folder"),
            ("specdouble proxy openapi.yaml --url https://staging.example.com --errors", "refuse it"),
            (
                "specdouble proxy --url http://localhost:8000 --record traffic",
                "keep it, as HAR, seed and examples",
            ),
        ),
    )
    @contract_arguments
    @click.option("--url", "-u", required=True, metavar="URL", help="The backend that requests are handed on to.")
    @click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
    @click.option("-p", "--port", type=click.IntRange(0, 65535), default=4010, show_default=True,
                  help="Port; 0 takes a free one.")  # fmt: skip
    @click.option("--errors", is_flag=True, help="Refuse what breaks the contract, in the place of telling it.")
    @click.option("--record", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                  help="Write what passes into this folder: an archive, a seed, examples.")  # fmt: skip
    @click.option("--no-double", is_flag=True, help="Leave to the backend what it does not have.")
    @click.option("--no-cors", is_flag=True, help="Leave it to the backend which pages may ask.")
    @click.option("--insecure", is_flag=True, help="Take any certificate of the backend.")
    @click.option("--timeout", type=click.FloatRange(0.1), default=30, show_default=True, metavar="SECONDS",
                  help="Wait so long for the backend.")  # fmt: skip
    @click.option("--body-limit", type=click.IntRange(1), default=1024 * 1024, show_default=True, metavar="BYTES",
                  help="Look into bodies up to this size; larger ones are handed on unseen.")  # fmt: skip
    @click.option("--seed", type=int, help="Make the double's ids and samples repeat.")
    @click.option("--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
                  help="How each exchange is printed.")  # fmt: skip
    @click.option("--quiet", "-q", is_flag=True, help="Print the address, and the count at the end.")
    def proxy(
        path: Path,
        allow_refs: tuple[Path, ...],
        overlays: tuple[Path, ...],
        url: str,
        host: str,
        port: int,
        errors: bool,
        record: Path | None,
        no_double: bool,
        no_cors: bool,
        insecure: bool,
        timeout: float,
        body_limit: int,
        seed: int | None,
        log: str,
        quiet: bool,
    ) -> None:
        """Stand between clients and a backend: tell what breaks the contract, and fill in what is missing.

        Every request is handed on, and both it and its answer are held to the contract and, as far as one exchange
        shows them, to its rules. What the backend does not have yet the double answers; so it does for a request with
        `Prefer: code=404` or the like. Ends with Ctrl-C, and counts.

        Exit codes: 0 the backend kept the contract, 1 it did not, 2 wrong use, 3 could not run.
        """
        from specdouble.double.double import Settings
        from specdouble.proxy.gateway import Policy
        from specdouble.proxy.proxy import Proxy

        _hold_to_http(url)
        double = make(
            Settings(
                path, seed, hosts=(host,), body_limit=body_limit, allow_refs=allow_refs, overlays=overlays,
                takes_foreign=True, strict_auth=False,
            )
        )  # fmt: skip
        policy = Policy(body_limit, refuses=errors, fills_in=not no_double, is_open=not no_cors)
        recorder = None if record is None else _recorder(record, double, url)
        proxying = Proxy(double, url, policy, recorder, timeout=timeout, verify=not insecure)
        server = _server(proxying, host, port)

        def begun() -> None:
            told = f"{double.contract.title} at {server.address.url}, in front of {url}"
            click.echo(printable(told), err=log == "json")
            sys.stdout.flush()

        proxying.run(server, None if quiet else log, begun=begun)
        _end(proxying, recorder)

    return proxy


def _hold_to_http(url: str) -> None:
    parts = split_url(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail(f"`{url}` is no URL of a server\n    remedy: write --url http://localhost:8000", WRONG_USE)


def _recorder(folder: Path, double: Double, url: str) -> Recorder:
    from specdouble.proxy.recorder import Recorder

    try:
        return Recorder(folder, double.contract, url)
    except OSError as error:
        fail(f"--record: {folder}: {error.strerror}\n    remedy: name a folder that can be written", WRONG_USE)


def _server(proxy: Proxy, host: str, port: int) -> Server:
    from specdouble.double.server import PortTakenError

    try:
        return proxy.server(host, port)
    except PortTakenError as error:
        fail(f"{error}\n    remedy: choose another with --port", COULD_NOT_RUN)
    except OSError as error:
        fail(f"cannot listen on {host}: {error.strerror or error}\n    remedy: name another address", WRONG_USE)


def _end(proxy: Proxy, recorder: Recorder | None) -> NoReturn:
    for file in recorder.close() if recorder else ():
        click.echo(f"wrote {file}", err=True)
    is_broken = proxy.tally.of["answer"] > 0
    click.secho(proxy.tally.told(proxy.answered_by_double), err=True, fg="red" if is_broken else "green")
    sys.exit(VIOLATIONS if is_broken else 0)
