"""What stands at the end of a command's help: lines to copy, each with what it does."""

from __future__ import annotations


def examples(*told: tuple[str, str]) -> str:
    """The epilog of a command's help.

    Args:
        told: the lines as a shell takes them, each with what it does.
    """
    return "\n".join(["\b", "Examples:", *(f"  # {does}\n  {line}" for line, does in told)])
