"""The changes of a contract that are meant: a file that names each, and why."""

from __future__ import annotations

from pathlib import Path

import yaml


class NotAccepted(Exception):
    """The file cannot be used; the message says where, and how it is written."""


_REMEDY = 'write `"request-parameter-removed GET /things limit": nobody has used it since May`, a line for each'


def read_accepted(file: Path) -> dict[str, str]:
    """The reason for each change that is meant, by the change's key.

    Args:
        file: a mapping in YAML: the key that `specdouble diff` prints, and the reason.

    Raises:
        NotAccepted: it is no such mapping, or a reason is missing.
    """
    try:
        told = yaml.safe_load(file.read_text("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise NotAccepted(f"it is no YAML: {error}\n    remedy: {_REMEDY}") from None
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise NotAccepted(f"it is no mapping\n    remedy: {_REMEDY}")
    for key, reason in told.items():
        if not isinstance(key, str) or not isinstance(reason, str) or not reason.strip():
            raise NotAccepted(f"`{key}` has no reason\n    remedy: {_REMEDY}")
    return told
