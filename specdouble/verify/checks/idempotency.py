"""Idempotency keys: the same request with the same key is done once; a key is its user's and its operation's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import below, is_out_of_sight, parents
from specdouble.verify.preconditions import idempotency_key, is_played
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

# What a server answers to another request with a known key. One that counts the keys of all operations together may
# refuse another operation's so, too: the contract does not say whose keys are apart.
REFUSED = {400, 409, 422}


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the creates of one collection that take a key."""
    creator = next(iter(subject.creators), None)
    if creator is None or idempotency_key(creator) is None:
        return
    if not is_played(session.contract, creator, Names.idempotency):
        yield from cases(session, subject, Names.idempotency)


def cases(session: Session, subject: Subject, check: str) -> Plan:
    """The cases of the check, or of the rule, that has this id."""
    creator = subject.creators[0]
    about = ids(creator)
    of: dict[str, Any] = {"subject": subject}
    yield from (
        Case(check, f"{creator} {promise}", partial(run, **of), "", about, decisive=run is _twice)
        for promise, run in (
            ("does the same request with the same key once", _twice),
            ("does the same request with the same key at the same time once", _raced),
            ("does not take another request with the same key for the first", _another_body),
        )
    )
    above = parents(session, subject, creator)
    if above and above[-1][1].creators:
        promise = f"{creator} does not take the key of a request below another {above[-1][0]} for the same"
        yield Case(check, promise, partial(_below_two, **of), "", about)
    known = list(session.crowd.pairs(creator))
    near = [pair for pair in known if not is_out_of_sight(session, subject, *pair)]  # a path is part of a request
    for one, other in (near or known)[:1]:
        promise = f"{creator} does not take another user's key for the caller's"
        run = partial(_of_two, **of, one=one, other=other, is_beside=bool(near))
        yield Case(check, promise, run, f"{one.name}'s, by {other.name}", about)
    for beside in session.subjects.values():
        if beside is not subject and beside.creators and idempotency_key(beside.creators[0]) is not None:
            promise = f"{beside.creators[0]} does not take the key of {creator} for its own"
            run = partial(_of_two_operations, **of, beside=beside)
            yield Case(check, promise, run, "", ids(creator, beside.creators[0]))


def _key(trial: Trial, operation: Operation) -> str:
    """A key that was not sent yet."""
    parameter = idempotency_key(operation)
    assert parameter is not None
    return str(trial.session.fresh.value(parameter.schema, compact=True))


def _call(
    trial: Trial,
    subject: Subject,
    user: User,
    body: Mapping[str, Any],
    key: str,
    around: Mapping[str, Any] | None = None,
) -> Call:
    """The create of a document with a key."""
    plain = trial.create_call(subject, user, body, around=around)
    parameter = idempotency_key(plain.operation)
    assert parameter is not None
    parts = {"path": plain.path, "query": plain.query}
    return trial.call_of(plain.operation, user, parts, headers={**plain.headers, parameter.name: key}, body=plain.body)


def _made(trial: Trial, subject: Subject, user: User, exchange: Exchange) -> Any:
    """The id of what a create made; the create must be taken."""
    document = trial.adopt(subject, user, exchange)
    if document is None or document.id is None:
        raise NotExercised(f"a create with a key was refused: {exchange.told(80)}")
    return document.id


def _body(trial: Trial, subject: Subject, user: User) -> dict[str, Any]:
    return trial.body(subject, trial.creator(subject), user)


def _twice(trial: Trial, subject: Subject) -> None:
    body, key = _body(trial, subject, trial.user), _key(trial, trial.creator(subject))
    call = _call(trial, subject, trial.user, body, key)
    answered = trial.resend(call)
    first, again = _made(trial, subject, trial.user, answered), trial.resend(call)
    if not again.ok:
        raise Broken("the same request with the same key to be answered as the first", f"it was {again.told(80)}")
    second = _made(trial, subject, trial.user, again)
    if second != first:
        raise Broken("the same request with the same key to be done once", f"it made {first}, and {second}")
    was, led = (one.headers.get("location") for one in (answered, again))
    if was is not None and led is None:
        raise Broken(f"the same request to be answered with Location {was} again", "the answer has none")
    if was is not None and led != was:
        raise Broken(f"the same request to be answered with Location {was} again", f"the answer has {led}")
    other = _call(trial, subject, trial.user, _body(trial, subject, trial.user), _key(trial, call.operation))
    if _made(trial, subject, trial.user, trial.resend(other)) == first:
        raise Broken("another key to be another request", f"it is answered with {first} too")


def _raced(trial: Trial, subject: Subject) -> None:
    body, key = _body(trial, subject, trial.user), _key(trial, trial.creator(subject))
    call = _call(trial, subject, trial.user, body, key)
    answers = trial.volley([call] * (CLIENTS // 2))
    made = {_made(trial, subject, trial.user, answer) for answer in answers if answer.ok}
    if len(made) > 1:
        raise Broken(
            "requests at the same time with the same key to be done once", f"they made {sorted(map(str, made))}"
        )


def _another_body(trial: Trial, subject: Subject) -> None:
    key = _key(trial, trial.creator(subject))
    one, other = (_body(trial, subject, trial.user) for _ in range(2))
    if one == other:
        raise NotExercised("no two bodies are known that differ")
    first = _made(trial, subject, trial.user, trial.resend(_call(trial, subject, trial.user, one, key)))
    exchange = trial.resend(_call(trial, subject, trial.user, other, key))
    if exchange.ok and _made(trial, subject, trial.user, exchange) == first:
        raise Broken("another body with the same key not to be answered as the first", f"it shows {first} again")


def _below_two(trial: Trial, subject: Subject) -> None:
    """A path is part of a request: what is created below another document is another."""
    body, key = _body(trial, subject, trial.user), _key(trial, trial.creator(subject))
    one, other = ({"path": below(trial, subject, trial.user)["path"]} for _ in range(2))
    first = _made(trial, subject, trial.user, trial.resend(_call(trial, subject, trial.user, body, key, one)))
    exchange = trial.resend(_call(trial, subject, trial.user, body, key, other))
    if exchange.ok and _made(trial, subject, trial.user, exchange) == first:
        raise Broken("a request below another document not to be answered as the first", f"it shows {first} again")


def _of_two(trial: Trial, subject: Subject, one: User, other: User, is_beside: bool) -> None:
    key = _key(trial, trial.creator(subject))
    call = _call(trial, subject, one, _body(trial, subject, one), key)
    first, around = _made(trial, subject, one, trial.resend(call)), {"path": call.path} if is_beside else None
    exchange = trial.resend(_call(trial, subject, other, _body(trial, subject, other), key, around))
    if not exchange.ok:
        _hold_taken_with_a_new_key(trial, subject, other, around)
        raise Broken(f"{other.name}'s key to be another than {one.name}'s", f"the server answered {exchange.told(80)}")
    if _made(trial, subject, other, exchange) == first:
        raise Broken(f"{other.name}'s key to be another than {one.name}'s", f"it shows {one.name}'s document {first}")


def _hold_taken_with_a_new_key(
    trial: Trial, subject: Subject, user: User, around: Mapping[str, Any] | None = None
) -> None:
    """The control of a refusal: with a key that was not sent yet the user's request is taken."""
    key = _key(trial, trial.creator(subject))
    _made(trial, subject, user, trial.resend(_call(trial, subject, user, _body(trial, subject, user), key, around)))


def _of_two_operations(trial: Trial, subject: Subject, beside: Subject) -> None:
    key, user = _key(trial, trial.creator(subject)), trial.user
    first = trial.resend(_call(trial, subject, user, _body(trial, subject, user), key))
    _made(trial, subject, user, first)
    exchange = trial.resend(_call(trial, beside, user, _body(trial, beside, user), key))
    if exchange.ok and trial.objections:
        return  # the judge of every answer has said what is wrong with it
    expected = f"a key of {trial.creator(subject)} to say nothing of {trial.creator(beside)}"
    if exchange.ok and exchange.json == first.json:
        raise Broken(expected, f"the server answered as it had answered {trial.creator(subject)}")
    if not exchange.ok:
        _hold_taken_with_a_new_key(trial, beside, user)
        if exchange.status not in REFUSED:
            raise Broken(expected, f"the server answered {exchange.told(80)}")
