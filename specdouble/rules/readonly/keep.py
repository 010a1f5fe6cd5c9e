"""Keeps what the server sets from clients: it is left out of a request as that is read, before it is a document.

`double.http.declared` leaves it out, for every request that the contract describes. Nothing is left to be kept here.
"""

from __future__ import annotations

from specdouble.double.state.keeper import Keeper

KEEPER = Keeper
