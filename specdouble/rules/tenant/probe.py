"""Which property of a document holds the id of the organization of whoever created it."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.verify.belonging import named_after, shared_by_some
from specdouble.verify.session import Session
from specdouble.verify.sight import Probe, Sight
from specdouble.verify.subject import Subject

NAMES = ("org", "tenant", "company", "workspace", "team", "account", "project", "group")


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The property that users of one organization share, and that is another for others."""
    name = named_after(NAMES, shared_by_some(session, subject))
    if name is not None:
        words = f"{name} is the same in what users of one organization create, and another in what others do"
        yield Sight("x-resource", subject.resource.pointer, {"tenant": name}, words)


PROBE = Probe(_see, founds=True)
