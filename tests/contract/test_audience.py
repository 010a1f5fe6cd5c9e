"""To whom documents are open that have an owner and an organization: a role sees those of its own one alone."""

from __future__ import annotations

from specdouble.contract.audience import NOBODY, Access, Audience

LIBRARIANS = Access(roles=("LIBRARIAN",))


def test_a_role_sees_what_others_own_and_not_what_another_organization_has() -> None:
    assert LIBRARIANS.beside("owner") == Audience(roles=("LIBRARIAN",))
    assert LIBRARIANS.beside("tenant", is_owned=True) == NOBODY


def test_a_role_sees_another_organizations_documents_where_nobody_owns_them_within_it() -> None:
    assert LIBRARIANS.beside("tenant", is_owned=False) == Audience(roles=("LIBRARIAN",))


def test_what_is_anybodys_is_open_to_other_organizations_too() -> None:
    assert Access(by="anyone").beside("tenant") == Audience(anyone=True)
