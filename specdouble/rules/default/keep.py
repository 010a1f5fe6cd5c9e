"""Keeps defaults: they are filled into a request as that is read, before it is a document.

`double.http.declared` fills them in, since a default belongs to the request's schema. Nothing is left to be kept here.
"""

from __future__ import annotations

from specdouble.double.state.keeper import Keeper

KEEPER = Keeper
