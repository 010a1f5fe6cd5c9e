"""Writes that are done together or not at all, where the server has transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import MongoClient
from pymongo.server_type import SERVER_TYPE

from specdouble.double.state.store.engine.attempt import current_attempt
from specdouble.double.state.store.engine.clients import Clients
from specdouble.double.state.store.engine.outage import asked
from specdouble.double.state.store.values import Document

_HAVE_THEM = {SERVER_TYPE.RSPrimary, SERVER_TYPE.Mongos, SERVER_TYPE.LoadBalancer}


def has_transactions(client: MongoClient[Document]) -> bool:
    """Whether the server is one of a replica set or a cluster, by its `hello`: one that stands alone has none."""
    servers = client.topology_description.server_descriptions().values()
    return any(server.server_type in _HAVE_THEM for server in servers)


@contextmanager
def together(clients: Clients) -> Iterator[None]:
    """All that the attempt under way writes while the context lasts is done, or nothing of it.

    Raises:
        Superseded: the server has given it up; nothing was done, and all is to be answered anew.
        Problem: 503, the server went away before it said what came of it.
    """
    attempt = current_attempt()
    with clients.bound() as session, attempt.together():
        session.start_transaction()
        try:
            yield
        except BaseException:
            session.abort_transaction()
            raise
        # What got no answer may have been done: the same is asked for again, and the server does it once.
        asked(session.commit_transaction)
