"""A proxy: a double's server whose application hands requests on to a backend."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from specdouble.contract.servers import base_path
from specdouble.double.double import Double
from specdouble.double.http.asgi import ASGIApp
from specdouble.double.request_log import JSONLines, RequestLog
from specdouble.double.server import Server
from specdouble.double.state.journal import recorded
from specdouble.double.state.worlds import DEFAULT_WORLD
from specdouble.proxy.backend import Backend
from specdouble.proxy.exchange import Exchange
from specdouble.proxy.gateway import Gateway, Policy
from specdouble.proxy.inspector import Met, Violation
from specdouble.proxy.recorder import Recorder
from specdouble.proxy.screen import ProxyText, Tally, explained


class Proxy:
    """Stands between clients and a backend.

    Args:
        double: what answers for operations that the backend does not have, and whose journal tells of all.
        url: the base URL of the backend.
        policy: what is done beside handing on.
        recorder: writes down what passes; None where nothing does.
        timeout: seconds to wait for the backend.
        verify: whether its certificate must be one that is trusted.
    """

    def __init__(
        self,
        double: Double,
        url: str,
        policy: Policy,
        recorder: Recorder | None = None,
        *,
        timeout: float = 30,
        verify: bool = True,
    ) -> None:
        self.double = double
        self.tally = Tally()
        self._policy, self._recorder = policy, recorder
        self._backend = Backend(url, base_path(double.contract.data), timeout, verify=verify)

    @property
    def answered_by_double(self) -> int:
        """How many requests the double has answered."""
        return self.double.journal.recorded - self.tally.exchanges

    def server(self, host: str, port: int) -> Server:
        """The server, which listens already.

        Raises:
            PortTakenError: another process listens there.
            OSError: the host is none of this machine's.
        """
        return Server(self.double, host, port, around=self._around)

    def _around(self, app: ASGIApp) -> ASGIApp:
        return Gateway(self.double, app, self._backend, self._policy, self._tell)

    def run(self, server: Server, log: str | None, *, begun: Callable[[], None] = lambda: None) -> None:
        """Serve until Ctrl-C.

        Args:
            server: the one of this proxy.
            log: how each exchange is printed, `text` or `json`; None where none is.
            begun: is called as soon as requests are answered, and signals too.
        """
        server.run(None, RequestLog(self.double, _form(log), click.echo) if log else None, begun=begun)

    def _tell(self, met: Met | None, exchange: Exchange, violations: Sequence[Violation]) -> None:
        operation = met.operation.id if met else None
        self.tally.count(operation or f"{exchange.method} {exchange.path}", violations)
        rule = next((one.rule for one in violations if one.rule), None)
        passed = recorded(
            time=exchange.started,
            seconds=exchange.seconds,
            world=DEFAULT_WORLD,
            method=exchange.method,
            path=exchange.path,
            query=exchange.query,
            operation=operation,
            request_body=exchange.sent.body,
            status=exchange.status,
            response_body=exchange.body or b"",
            rule=rule,
            why=explained(self._backend.url, violations),
            media_type=exchange.field(b"content-type").encode(),
        )
        self.double.journal.record(passed)
        self.double.coverage.count(operation, exchange.status, rule, None)
        if self._recorder is not None:
            self._recorder.record(met, exchange, "; ".join(map(str, violations)))


def _form(log: str) -> JSONLines | ProxyText:
    return JSONLines() if log == "json" else ProxyText(sys.stdout.isatty())
