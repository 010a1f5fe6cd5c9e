"""Ids spelled otherwise: in another case, or longer than one that a document has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.problem import NotExercised
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

# A number in hexadecimal digits, as UUIDs are: they may be large or small on input (RFC 9562, 4).
_HEXADECIMAL = re.compile(r"[0-9a-f-]{16,}", re.IGNORECASE)
_NO_SUCH = {400, 404, 410, 422}


def in_another_case(trial: Trial, document: Document) -> str:
    """The id of the document with large letters for small ones, by which a read finds none: it names no document.

    Raises:
        NotExercised: it has no letters, or the server finds the document by it.
    """
    subject, known = document.subject, document.id
    other = known.swapcase() if isinstance(known, str) else known
    if not isinstance(other, str) or other == known or _HEXADECIMAL.fullmatch(known):
        raise NotExercised(f"ids of {subject.collection} have no letters that have a case")
    if not subject.readers or trial.session.ledger.owned(subject.collection, other):
        raise NotExercised(f"no operation tells that {other!r} names no document of {subject.collection}")
    trial.look(document)  # the control: it is found by its id
    reader = subject.readers[0]
    exchange = trial.send(reader, document.user, **trial.place(reader, replace(document, id=other)))
    if exchange.status not in _NO_SUCH:
        raise NotExercised(f"{reader} finds a document by {other!r} too")
    return other


def one_within_another(trial: Trial, subject: Subject, user: User) -> tuple[Document, Document]:
    """Two new documents whose clients name them: the id of the second begins with that of the first.

    Raises:
        NotExercised: no such ids are taken.
    """
    one, creator = trial.create(subject, user), trial.creator(subject)
    name = subject.action(creator).id  # of a PUT, which names in its path what it creates
    taken = {parameter.name: parameter.schema for parameter in creator.parameters} if name else subject.taken(creator)
    schema = taken.get(name or subject.id_sent)
    longer = None if schema is None else trial.session.fresh.longer(one.id, schema)
    if longer is None or (name and subject.repeats_id(creator)):
        raise NotExercised(f"ids of {subject.collection} are not longer or shorter as clients choose")
    if not name:
        own: dict[str, Any] = {subject.id_sent: longer}
        return one, trial.create(subject, user, **own)
    call = trial.create_call(subject, one.user, trial.body(subject, creator, one.user))
    made = trial.resend(replace(call, path={**call.path, name: longer}))
    other = trial.adopt(subject, one.user, made)
    if other is None:
        raise NotExercised(f"no document is made by the name of {longer!r}: {made.told(80)}")
    return one, other
