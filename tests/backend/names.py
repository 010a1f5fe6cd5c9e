"""When two names are the same: trimmed, NFC, case folded."""

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=10_000)
def name_key(name: str, faults: frozenset[str]) -> str:
    key = name if "name_spaces_matter" in faults else name.strip()
    if "name_inner_spaces_collapsed" in faults:
        key = " ".join(key.split())
    if "name_not_normalized" not in faults:
        key = unicodedata.normalize("NFC", key)
    key = _folded(key, faults)
    return key[:64] if "name_compared_by_64" in faults else key


def _folded(key: str, faults: frozenset[str]) -> str:
    if "name_case_matters" in faults:
        return key
    if "name_folds_ascii_only" in faults:
        return re.sub("[A-Z]", lambda letter: letter[0].lower(), key)
    if "name_lowered_not_folded" in faults:
        return key.lower()
    return key.casefold()


def same_name(name: str, stored: str, faults: frozenset[str]) -> bool:
    if "name_compared_by_regex" in faults:
        return bool(re.fullmatch(name.strip(), stored.strip(), re.IGNORECASE))
    return name_key(name, faults) == name_key(stored, faults)
