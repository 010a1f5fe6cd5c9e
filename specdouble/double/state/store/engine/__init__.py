"""A server that speaks MongoDB's protocol, as the store of any number of processes.

What the embedded store has for nothing (nobody writes between a check and its write) rests here on the server:

- every document has a **revision** beside it, another one after each write, and a write names the revision that it
  was decided on; whoever comes second has changed nothing, and is answered anew (`attempt`);
- what must be unique is under a unique index, made once and compared with what is there (`indexes`);
- a write whose answer was lost is looked for before it is tried again, so that it is never done twice (`outage`);
- a server whose updates are not atomic (FerretDB 1) is helped by locks of its unique inserts (`locks`).
"""

from __future__ import annotations

from specdouble.double.state.store.engine.attempt import attempted, current_attempt
from specdouble.double.state.store.engine.collection import EngineCollection
from specdouble.double.state.store.engine.counter import counted
from specdouble.double.state.store.engine.engine import Engine, connect
from specdouble.double.state.store.engine.fibre import driven, elsewhere, in_fibre
from specdouble.double.state.store.engine.indexes import drop_stray
from specdouble.double.state.store.engine.locks import locked
from specdouble.double.state.store.engine.names import ANSWERED, BEGUN, COUNTERS
from specdouble.double.state.store.engine.outage import asked, upserted, written

__all__ = [
    "ANSWERED",
    "BEGUN",
    "COUNTERS",
    "Engine",
    "EngineCollection",
    "asked",
    "attempted",
    "connect",
    "counted",
    "current_attempt",
    "driven",
    "drop_stray",
    "elsewhere",
    "in_fibre",
    "locked",
    "upserted",
    "written",
]
