"""What ends the work of the server itself, told from what code of the project raises."""

from __future__ import annotations

import asyncio


def is_cancelled(error: BaseException) -> bool:
    """Whether the error ends the task that is running, rather than being one that it ran into.

    A handler, or a module that is read anew, may raise `KeyboardInterrupt`, `SystemExit` or `CancelledError` of its
    own. Of Ctrl-C and SIGTERM the server learns by its signal handlers.
    """
    if isinstance(error, GeneratorExit):
        return True
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
