"""Documents around one that a request is about: what it lies below, and what lies below it or names it.

A refused request changes none of them, and what the parent counts stays what it was.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from specdouble.verify.bodies import shown
from specdouble.verify.case import Names
from specdouble.verify.document import Document
from specdouble.verify.equality import first_difference
from specdouble.verify.identity import User
from specdouble.verify.places import below, children, parents, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

MOST = 3  # collections of which one document each is looked at


class Bystanders:
    """What is around a document, as it is now.

    Args:
        trial: where it is looked at.
        document: what a request is to be about; one document is created below it in each collection that lies there.
        others: documents that name it, or lie beside it.
        below: whether what lies below it is looked at: else nothing is created there.
    """

    def __init__(self, trial: Trial, document: Document, *others: Document, below: bool = True) -> None:
        self._trial = trial
        lower = _created_below(trial, document) if below else []
        around = [document, *_above(trial, document), *lower, *others]
        # Looked at when all of them are there: the parent counts them.
        self._seen: list[tuple[Document, dict[str, Any]]] = []
        for one in around:
            with suppress(NotExercised):  # nothing shows it, or not to whoever made it
                self._seen.append((one, trial.look(one)))

    def hold_unharmed(self) -> None:
        """Hold that each is as it was.

        Raises:
            Broken: one of them is gone, or another.
        """
        for document, before in self._seen:
            after = self._trial.look_for(document, document.user)
            if after is None:
                told = f"a document of {document.subject.collection} is not there any more"
                raise Broken("a refused request to change nothing", told, Names.refused_leaves_no_trace)
            name = first_difference(before, after)
            # What is another at each look is no trace of a request.
            if name is not None and self._trial.look(document).get(name, ...) == after.get(name, ...):
                told = f"{document.subject.collection}.{name} was {shown(before.get(name))}, and is"
                raise Broken(
                    "a refused request to change nothing", f"{told} {shown(after.get(name))}",
                    Names.refused_leaves_no_trace,
                )  # fmt: skip


class Keys:
    """What a document has alone: as long as it is there, another with the same is refused.

    Args:
        trial: where another is created.
        document: the document.
    """

    def __init__(self, trial: Trial, document: Document) -> None:
        self._trial, self._document = trial, document
        subject = document.subject
        named = subject.once - {subject.id_sent}
        self._own = {name: value for name, value in document.sent.items() if name in named}
        # The control: what is not refused before either is another case's matter.
        self._is_held = bool(self._own) and not self._is_taken_again()

    def hold_taken(self) -> None:
        """Hold that another with the same is refused still.

        Raises:
            Broken: it is not.
        """
        if self._is_held and self._is_taken_again():
            told = f"another was created with {shown(self._own)}, which was refused before"
            expected = "a refused request to leave its document what is its own alone"
            raise Broken(expected, told, Names.refused_leaves_no_trace)

    def _is_taken_again(self) -> bool:
        trial, document = self._trial, self._document
        subject, user = document.subject, document.user
        body = {**trial.body(subject, trial.creator(subject), user), **self._own}
        return trial.try_create(subject, user, body, fixed=self._own, around=document.around)[0].ok


def created_apart(trial: Trial, subject: Subject, user: User) -> Document:
    """A new document below a parent of its own, where it lies below any: nobody else changes what that counts."""
    above = parents(trial.session, subject, trial.creator(subject))
    if not above or not above[-1][1].creators:
        return trial.create(subject, user)
    return trial.create_in(subject, user, below(trial, subject, user))


def _created_below(trial: Trial, document: Document) -> list[Document]:
    found: list[Document] = []
    for child in children(trial.session, document.subject)[:MOST]:
        with suppress(NotExercised):
            found.append(trial.create_in(child, document.user, under(trial, child, document)))
    return found


def _above(trial: Trial, document: Document) -> list[Document]:
    """What the document lies below, if this case has made it."""
    above = parents(trial.session, document.subject, document.made.call.operation)
    if not above:
        return []
    name, parent = above[-1]
    key: Any = document.around.get("path", {}).get(name)
    return [one for one in trial.made if one.subject.collection == parent.collection and one.id == key][:1]
