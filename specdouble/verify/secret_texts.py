"""Texts that no report may show: what makes one, and the variables of a shell that stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.verify.report.replay import SPELLINGS

SHORTEST_COOKIE = 8  # characters of one that is secret; others are choices such as a language


def near_secrets(secret: str) -> dict[str, list[Any]]:
    """What nearly tells a secret: each with the pieces of a reproduction that make it of the secret.

    They are what the check of credentials sends in its place.
    """
    middle = len(secret) // 2
    if middle < SHORTEST_COOKIE // 2:
        return {}
    spelled = {
        name: spell(secret) for name, spell in SPELLINGS.items() if name not in ("json", "base64", "upper", "rest")
    }
    other = "A" if secret[middle : middle + 1] != "A" else "B"
    near: dict[str, list[Any]] = {value: [{"as": name}] for name, value in spelled.items()}
    near[secret[:middle] + other + secret[middle + 1 :]] = [{"as": "half"}, other, {"as": "rest"}]
    near.pop(secret, None)
    return near


def variable(*words: str) -> str:
    """The name of a shell variable: `variable("ada", "token")` is `ADA_TOKEN`."""
    text = "_".join(words).upper()
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in text)


def login_values(login: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a user signs in with, each value with the names that lead to it: they may stand within one object."""
    for name, value in login.items():
        if isinstance(value, Mapping):
            yield from login_values(value, (*place, name))
        else:
            yield (*place, name), value


def is_secret(name: str, value: object) -> bool:
    """Whether a value that a user signs in with is a secret, by its name."""
    word = name.lower()
    return (isinstance(value, str) and "pass" in word) or word in ("secret", "pin", "code")


def with_login_value(login: Mapping[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    """The same with another value in one place."""
    inner = with_login_value(login[place[0]], place[1:], value) if len(place) > 1 else value
    return {**login, place[0]: inner}
