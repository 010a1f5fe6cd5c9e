"""How values are kept: as they were sent, but for the faults in it."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

Document = dict[str, Any]


def kept(values: Document, faults: frozenset[str]) -> Document:
    """The values of a body as the store keeps them."""
    return {name: _kept(name, value, faults) for name, value in values.items()}


def _kept(name: str, value: Any, faults: frozenset[str]) -> Any:
    if isinstance(value, list):
        return _array(name, value, faults)
    if isinstance(value, dict):
        return _object(value, faults)
    if isinstance(value, str):
        return _text(name, value, faults)
    if name == "budget" and value is not None and "number_rounded" in faults:
        return round(value)
    if name == "estimate" and value == 0 and "zero_is_null" in faults:
        return None
    return value


def _object(value: Document, faults: frozenset[str]) -> Document | None:
    if "object_flattened" in faults:
        return {name: one for name, one in value.items() if one is not None} or None
    return value


def _array(name: str, value: list[Any], faults: frozenset[str]) -> list[Any]:
    if "array_cut" in faults and len(value) == {"tags": 5, "labels": 8}.get(name):
        value = value[:-1]
    if "array_sorted" in faults:
        value = sorted(value)
    if "array_duplicates_dropped" in faults:
        value = list(dict.fromkeys(value))
    return value


def _text(name: str, value: str, faults: frozenset[str]) -> str | None:
    if name == "title" and "text_cut_in_bytes" in faults:
        value = value.encode()[:80].decode("utf-8", "ignore")
    if name in ("notes", "description", "text"):
        value = _prose(value, faults)
    if name in ("startsAt", "dueAt"):
        value = _time(value, faults)
    if name == "dueOn" and "day_shifted" in faults and value > "0002":
        value = (date.fromisoformat(value) - timedelta(days=1)).isoformat()
    return None if value == "" and "empty_is_null" in faults else value


def _prose(value: str, faults: frozenset[str]) -> str:
    if "text_trimmed" in faults:
        value = value.strip() or value
    if "text_normalized" in faults:
        value = unicodedata.normalize("NFC", value)
    if "lines_changed" in faults:
        value = value.replace("\r\n", "\n").replace("\n", "\r\n")
    return value


def _time(value: str, faults: frozenset[str]) -> str:
    if "offset_lost" in faults:
        value = re.sub(r"[+-]\d\d:\d\d$", "Z", value)
    if "fraction_lost" in faults:
        value = re.sub(r"\.\d+", "", value)
    return value


def merged(target: Any, patch: Any, faults: frozenset[str], inner: bool = False) -> Any:
    """The document that a merge patch makes of another (RFC 7396, 2)."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            _removed(found, name, faults, inner)
        elif isinstance(value, dict):
            below = {} if "patch_replaces_objects" in faults else found.get(name)
            found[name] = merged(below, value, faults, inner=True)
        elif isinstance(value, list) and "patch_appends" in faults:
            found[name] = [*(found.get(name) or ()), *value]
        elif value == [] and "array_empty_ignored" in faults:
            continue
        else:
            found[name] = value
    return found


def _removed(found: Document, name: str, faults: frozenset[str], inner: bool) -> None:
    if "null_ignored" in faults or (inner and "patch_keeps_inner_null" in faults):
        return
    if "null_is_empty_text" in faults and isinstance(found.get(name), str):
        found[name] = ""
    else:
        found.pop(name, None)
