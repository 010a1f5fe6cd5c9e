"""Stands between a double and nx-27017, and says that this is the primary of a replica set.

nx-27017 has transactions, of the SQLite that it keeps its documents in, and does not say so. What others see of one
before its end is not shown: all of them share one connection there.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import bson

from tests.engine.primary import DOCUMENT, HEADER, NOT_PRIMARY, Primary, command_of, refused, serving

Document = dict[str, Any]
_REPLY = 1  # the code of OP_REPLY, by which the first `hello` is answered
_REPLIED = HEADER.size + 20
_OF_TRANSACTIONS = ("lsid", "txnNumber", "autocommit", "startTransaction", "$clusterTime", "readConcern")
CONFLICT = {
    "ok": 0.0,
    "code": 112,
    "codeName": "WriteConflict",
    "errmsg": "conflict",
    "errorLabels": ["TransientTransactionError"],
}
AWAY = {**NOT_PRIMARY, "errorLabels": ["TransientTransactionError"]}
UNKNOWN = {"ok": 0.0, "code": 11602, "errmsg": "stepped down", "errorLabels": ["UnknownTransactionCommitResult"]}


class ReplicaSet(Primary):
    """A primary that has transactions.

    Args:
        port: where the engine listens, on this machine.
        says: what it says of itself, beside what the engine says.

    Attributes:
        sent: what was asked for in transactions, a name for each command.
        refusals: what is answered to the next commands of transactions; an empty one has it done.
    """

    def __init__(self, port: int, says: Document) -> None:
        super().__init__(port)
        self.says = says
        self.sent: list[str] = []
        self.refusals: list[Document] = []
        self._one = threading.Lock()

    def answer(self, message: bytes, behind: socket.socket) -> bytes:
        """The answer to a message."""
        command = command_of(message)
        if command.get("autocommit") is False:
            with self._one:
                return self._in_transaction(message, command, behind)
        return self._as_member(super().answer(_known(message, command), behind))

    def _in_transaction(self, message: bytes, command: Document, behind: socket.socket) -> bytes:
        self.sent.append(next(iter(command)))
        refusal = self.refusals.pop(0) if self.refusals else {} if self.is_primary else AWAY
        if not refusal:
            return super().answer(message, behind)
        self.is_primary = refusal is not AWAY
        if refusal.get("errorLabels") == CONFLICT["errorLabels"]:
            given_up = {"abortTransaction": 1, "lsid": command["lsid"], "autocommit": False, "$db": "admin"}
            super().answer(_asking(message, given_up), behind)
        return refused(message, refusal)

    def _as_member(self, answer: bytes) -> bytes:
        if not answer:
            return answer
        length, *rest = HEADER.unpack_from(answer)
        start = _REPLIED if rest[-1] == _REPLY else DOCUMENT
        told = bson.decode(answer[start:length])
        if "maxWireVersion" not in told:
            return answer
        body = answer[HEADER.size : start] + bson.encode(told | self.says)
        return HEADER.pack(HEADER.size + len(body), *rest) + body


def _known(message: bytes, command: Document) -> bytes:
    """The message as the engine knows it, which has no transactions."""
    if not command:
        return message
    (length,) = struct.unpack_from("<i", message, DOCUMENT)
    known = {name: value for name, value in command.items() if name not in _OF_TRANSACTIONS}
    return _asking(message, known, message[DOCUMENT + length :])


def _asking(message: bytes, command: Document, rest: bytes = b"") -> bytes:
    """The message with another command, and what may stand behind that."""
    body = message[HEADER.size : DOCUMENT] + bson.encode(command) + rest
    return HEADER.pack(HEADER.size + len(body), *HEADER.unpack_from(message)[1:]) + body


@contextlib.contextmanager
def member_before(engine: str, says: Document | None = None) -> Iterator[ReplicaSet]:
    """One before the engine at this URL, while the context lasts; it says that it is of a set, or what is given."""
    with ReplicaSet(int(engine.rpartition(":")[2]), says or {}) as member, serving(member):
        if says is None:
            place = f"127.0.0.1:{member.server_address[1]}"
            member.says = {"setName": "set", "setVersion": 1, "hosts": [place], "me": place, "primary": place}
        yield member
