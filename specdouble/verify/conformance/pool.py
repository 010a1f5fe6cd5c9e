"""The values that Schemathesis learns from answers, to be drawn again: some of the latest are enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis.resources.repository

ENOUGH = 20  # of a collection below one parent; an operation is sent some 15 requests


@contextmanager
def bounded_pool() -> Iterator[None]:
    """Meanwhile Schemathesis keeps a few documents of a collection: it shuffles all that it has for each request.

    Of a server that lists its five hundred, most of the time would go into that.
    """
    module: Any = schemathesis.resources.repository
    all_of_them, module.PER_CONTEXT_CAPACITY = module.PER_CONTEXT_CAPACITY, ENOUGH
    try:
        yield
    finally:
        module.PER_CONTEXT_CAPACITY = all_of_them
