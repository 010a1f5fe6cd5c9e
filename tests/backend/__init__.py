"""The "real backend": a plain server of the reference API, with faults to switch on.

It shares nothing with the package specdouble, so that the verifier is judged against
code that its authors' double cannot have lent a mistake to.

    with Backend(faults=["name_not_unique"]) as backend:
        backend.url, backend.token("grace")
        backend.switch(["enum_unchecked"])  # other faults, and the seed again

    python -m tests.backend --port 0 --fault name_not_unique
"""

from .app import create_app
from .faults import FAULTS, Fault
from .server import Backend

__all__ = ["FAULTS", "Backend", "Fault", "create_app"]
