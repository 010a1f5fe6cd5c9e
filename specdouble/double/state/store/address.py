"""The address of a server, as it may be told."""

from __future__ import annotations

import re

_SERVER = r"(?:[\w.%-]+|\[[\w.:%]+\])(?::\d+)?"
# A scheme; whatever stands before the last `@`; servers and the name of a database; options.
_PLACE = re.compile(rf"(\w[\w+]*://)(?:.*@)?({_SERVER}(?:,{_SERVER})*(?:/[^@?/]*)?)(?:\?.*)?", re.DOTALL)


def without_password(url: str) -> str:
    """The URL as it may be told: who signs in, by what, and its options are left out.

    What is not plainly the place of servers is not told at all: it may be a part of a password.
    """
    place = _PLACE.fullmatch(url)
    return "what was given" if place is None else place[1] + place[2]
