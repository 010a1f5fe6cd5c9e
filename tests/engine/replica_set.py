"""Stands between a double and an engine, and answers as the primary of a replica set, which has transactions.

It is no replica set: what a transaction writes is written at once, and taken back where the transaction is given up.
So others would see it before its end. What it shows is which commands a double sends, and what comes of them.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import bson
import pymongo

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
        self._undo: list[Any] = []
        self._engine: pymongo.MongoClient[Document] = pymongo.MongoClient(f"mongodb://127.0.0.1:{port}")
        self._one = threading.Lock()

    def server_close(self) -> None:
        super().server_close()
        self._engine.close()

    def answer(self, message: bytes, behind: socket.socket) -> bytes:
        """The answer to a message."""
        command = command_of(message)
        if command.get("autocommit") is False:
            with self._one:
                return self._in_transaction(message, command, behind)
        return self._as_member(super().answer(_known(message, command), behind))

    def _in_transaction(self, message: bytes, command: Document, behind: socket.socket) -> bytes:
        name = next(iter(command))
        self.sent.append(name)
        refusal = self.refusals.pop(0) if self.refusals else {} if self.is_primary else AWAY
        self.is_primary = refusal is not AWAY
        if refusal.get("errorLabels") == CONFLICT["errorLabels"] or name == "abortTransaction":
            for undo in reversed(self._undo):
                undo()
        if name in ("abortTransaction", "commitTransaction") or refusal:
            self._undo.clear()
            return refused(message, refusal or {"ok": 1.0})
        if name != "delete":  # what is deleted has been found before
            self._undo.append(self._restoring(command))
        return super().answer(_known(message, command), behind)

    def _restoring(self, command: Document) -> Any:
        """What brings back the document that the command finds, whatever is done to it."""
        documents = self._engine[command["$db"]][command[next(iter(command))]]
        before = documents.find_one(command.get("query") or command["filter"])

        def restore() -> None:
            if before is not None:
                documents.delete_one({"_id": before["_id"]})
                documents.insert_one(before)

        return restore

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
    known = bson.encode({name: value for name, value in command.items() if name not in _OF_TRANSACTIONS})
    body = message[HEADER.size : DOCUMENT] + known + message[DOCUMENT + length :]
    return HEADER.pack(HEADER.size + len(body), *HEADER.unpack_from(message)[1:]) + body


@contextlib.contextmanager
def member_before(engine: str, says: Document | None = None) -> Iterator[ReplicaSet]:
    """One before the engine at this URL, while the context lasts; it says that it is of a set, or what is given."""
    with ReplicaSet(int(engine.rpartition(":")[2]), says or {}) as member, serving(member):
        if says is None:
            place = f"127.0.0.1:{member.server_address[1]}"
            member.says = {"setName": "set", "setVersion": 1, "hosts": [place], "me": place, "primary": place}
        yield member
