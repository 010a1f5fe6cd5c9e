"""Tells what has arrived."""

from __future__ import annotations

import asyncio
from typing import Any


def echo(user: Any = None, **arguments: Any) -> dict[str, Any]:
    return {"user": user, **arguments}


def echo_text(body: Any) -> dict[str, Any]:
    return {"body": body}


async def wait(body: Any) -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"body": body}
