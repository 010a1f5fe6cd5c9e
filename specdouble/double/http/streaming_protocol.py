"""HTTP/1.1 for an application that streams bodies: the limits of a connection hold, but for the length of a body."""

from __future__ import annotations

from typing import Any

from specdouble.double.http.protocol import Heads, Limits, StraightProtocol


class StreamingProtocol(StraightProtocol):
    """The protocol of what is in front of a double: it hands on each request, and its body while it comes.

    Args:
        limits: what a connection may ask; bodies are as long as they are, and each piece has to come in time.
        uvicorn: what uvicorn makes a protocol with.
    """

    def __init__(self, limits: Limits, **uvicorn: Any) -> None:
        super().__init__(_nothing, Heads(), limits, **uvicorn)
        self._passed = 0  # bytes of the body that have come

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._passed = 0

    def on_body(self, body: bytes) -> None:
        """A piece of the body has been read."""
        super().on_body(body)
        self._passed += len(body)

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more, and has most likely gone: nobody is asked on its behalf any longer."""
        super().eof_received()
        return False

    def _may_go_straight(self) -> bool:
        return False

    def _await_the_rest(self) -> None:
        if self._in_head:
            super()._await_the_rest()
            return
        # What stands around the pieces of a body (extensions, trailers) is not handed on, and has a bound.
        most = Limits(head=self._limits.head, body=self._passed).message
        if self._received > most:
            self._refuse(413, f"the request takes more than {most} bytes for a body of {self._passed}")
        else:
            self._wait(self._limits.arrival)


def _nothing() -> Any:
    raise AssertionError("no request is answered at once")
