"""Which property of a document holds the id of the caller who created it."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.verify.belonging import named_after, telling_users_apart
from specdouble.verify.session import Session
from specdouble.verify.sight import Probe, Sight
from specdouble.verify.subject import Subject

NAMES = ("owner", "user", "author", "creat", "account", "customer", "member")


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The property that is the same in all documents of a user, and another for each user."""
    name = named_after(NAMES, telling_users_apart(session, subject))
    if name is not None:
        words = f"{name} is the same in what one user creates, and another for each"
        yield Sight("x-resource", subject.resource.pointer, {"owner": name}, words)


PROBE = Probe(_see, founds=True)
