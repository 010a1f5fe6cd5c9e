"""The rules' requests as Schemathesis records its own, for its archive."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import requests
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import Interaction, Request

from specdouble.verify.exchange import Exchange

LONGEST = 8192  # bytes of an answer that are kept


def interaction(exchange: Exchange) -> Interaction:
    """One exchange as Schemathesis records it."""
    prepared = requests.Request(
        exchange.method, exchange.url, dict(exchange.sent_headers), data=exchange.sent
    ).prepare()
    response = Response(
        status_code=exchange.status, headers={name: [value] for name, value in exchange.headers.items()},
        content=exchange.content, request=prepared, elapsed=exchange.elapsed, verify=True,
        message=requests.status_codes._codes.get(exchange.status, ("",))[0],
    )  # fmt: skip
    if len(exchange.content) > LONGEST:
        response = response.truncated(LONGEST)
    recorded = Interaction(request=Request.from_prepared_request(prepared), response=response)
    recorded.timestamp = exchange.started
    return recorded


def interactions(exchanges: Iterable[Exchange]) -> Any:
    """What the HAR writer takes: the exchanges of one case."""
    return SimpleNamespace(interactions={uuid4().hex: interaction(one) for one in exchanges})
