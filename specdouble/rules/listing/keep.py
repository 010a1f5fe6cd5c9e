"""Keeps lists: automatic answers read what the parameters do from the operation, to which the rule has added it."""

from __future__ import annotations

from specdouble.double.state.keeper import Guard

KEEPER = Guard  # nobody is refused before the request is read
