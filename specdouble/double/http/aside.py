"""Calls that may have to wait for the store, beside the loop in which others are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from specdouble.double.http.served import Served

Result = TypeVar("Result")


async def aside(double: Served, call: Callable[[], Result]) -> Result:
    """What the call gives: in a thread where its store may be waited for, else at once, so that nobody comes between.

    Args:
        double: the double.
        call: reads or changes its state.
    """
    return await asyncio.to_thread(call) if double.waits else call()
