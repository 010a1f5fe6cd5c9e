"""Keeps repeated requests from being done twice: what the rule adds to the operation, automatic answers remember by."""

from __future__ import annotations

from specdouble.double.state.keeper import Guard

KEEPER = Guard  # nobody is refused before the request is read
