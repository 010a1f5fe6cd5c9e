"""Keeps documents their creator's organization's: hidden from everybody else."""

from __future__ import annotations

from specdouble.double.state.keeper import ScopeKeeper

KEEPER = ScopeKeeper
