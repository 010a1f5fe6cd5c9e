"""People: the documents of those who sign in, and the operations that speak of the caller's own, as `GET /users/me`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specdouble.contract.bodies import Found, Sent
from specdouble.contract.guesses import Guesses, as_found, can_succeed, is_mostly
from specdouble.contract.identity import identity_of, segment_of
from specdouble.contract.operation import Operation
from specdouble.contract.properties import plain, synonyms
from specdouble.contract.resource import Action, Resource

SIGN_IN = frozenset({"login", "signin", "session", "sessions", "authenticate"})
SIGN_OUT = frozenset({"logout", "signout"})
SIGN_UP = frozenset({"register", "signup", "registration", "registrations"})
_RENEWING = frozenset({"refresh", "refreshtoken", "tokenrefresh", "refreshsession", "renew", "renewtoken"})
_OF_THE_CALLER = frozenset(
    {"me", "self", "whoami", "current", "currentuser", "user", "account", "profile", "myaccount", "myprofile", "myself"}
)
_PEOPLE = ("users", "user", "accounts", "account", "members", "customers")
_TELLING = {"email", "emailaddress", "username", "login", "phone", "phonenumber", "name"}
_DOES = {"get": "read", "put": "replace", "patch": "update", "delete": "delete"}


def infer_people(guesses: Guesses, operations: list[Operation], open_ones: list[Operation]) -> None:
    """Infer who the caller is of a path as `/users/me`, and that a sign-up makes somebody.

    Args:
        guesses: what is known so far; it becomes more.
        operations: those of the contract.
        open_ones: those of which nothing is known.
    """
    signing_up = [one for one in open_ones if _signs_up(guesses, one) and can_succeed(one)]
    signing_in = [one for one in operations if signs_in(one) and can_succeed(one)]
    if not signing_up and not signing_in:
        return
    reading = [one for one in open_ones if _shows_caller(one)]
    people = _people(guesses, [*reading, *signing_up, *signing_in], signing_up)
    if people is None:
        return
    guesses.resources[people.collection] = replace(people, signs_in=True)
    for read in reading:
        _infer_own(guesses, people, read, [one for one in open_ones if one.path == read.path])
    for operation in signing_up:
        _infer_sign_up(guesses, people, operation)
    _infer_lists(guesses, people, open_ones)


def _infer_sign_up(guesses: Guesses, people: Resource, operation: Operation) -> None:
    """Who signs up is one of the people, where anything of what is sent is a property of theirs."""
    sent = guesses.bodies.sent_document(operation, people.properties)
    if sent is None or sent.many or not synonyms(sent.properties, people.properties):
        return
    # A sign-up may show the one that it made, or a token alone.
    place = next(_places(guesses, operation, people), ())
    guesses.actions[operation.id] = Action(
        "create", people.collection, None, place, wrapper=sent.wrapper, why="who signs up is one of them"
    )


def _infer_lists(guesses: Guesses, people: Resource, operations: list[Operation]) -> None:
    """`GET /users`, beside which nothing names one of them: who signs up shows there too."""
    for operation in operations:
        is_known = operation.method != "get" or "{" in operation.path or operation.id in guesses.actions
        if is_known or not can_succeed(operation):
            continue
        for found in guesses.bodies.shown(operation):
            if found.many and found.pointer == people.pointer:
                guesses.actions[operation.id] = Action(
                    "list", people.collection, None, found.envelope, why="its answer is an array of those who sign up"
                )


def renews(operation: Operation) -> bool:
    """Whether it gives who has signed in another token: `POST /auth/refresh`."""
    return operation.method == "post" and plain(segment_of(operation.path)) in _RENEWING


def signs_in(operation: Operation) -> bool:
    """Whether it is the contract's sign-in: a POST with a body that everybody may send, and that says so."""
    return is_open(operation) and plain(segment_of(operation.path)) in SIGN_IN


def is_of_a_session(operation: Operation) -> bool:
    """Whether its path says that it signs somebody in or out, or renews a token, whoever may ask for it."""
    return plain(segment_of(operation.path)) in SIGN_IN | SIGN_OUT | _RENEWING


def _signs_up(guesses: Guesses, operation: Operation) -> bool:
    """Whether it is the contract's sign-up: `POST /auth/register`, or an open `POST /users` that takes a password."""
    if not is_open(operation):
        return False
    last = plain(segment_of(operation.path))
    return last in SIGN_UP or (last in _PEOPLE and _takes_password(guesses, operation))


def _takes_password(guesses: Guesses, operation: Operation) -> bool:
    """Whether a password is sent, beside the rest or within one more object: `{"user": {"password": ...}}`."""
    sent = guesses.bodies.sent(operation)
    inner = [name for part in sent.values() for name in part.get("properties") or ()]
    return any("passw" in plain(name) for name in (*sent, *inner))


def is_open(operation: Operation) -> bool:
    """Whether it is a POST with a body that everybody may send."""
    is_sent = operation.method == "post" and operation.body is not None
    return is_sent and operation.is_public and "{" not in operation.path


def _shows_caller(operation: Operation) -> bool:
    """Whether it shows who asks: `GET /users/me`, for which one has to be known."""
    if operation.method != "get" or operation.is_public or "{" in operation.path:
        return False
    return plain(segment_of(operation.path)) in _OF_THE_CALLER and can_succeed(operation)


def _people(guesses: Guesses, showing: list[Operation], signing_up: list[Operation]) -> Resource | None:
    """The collection of those whom these operations show; one that the sign-up fills where nothing else does."""
    shown = [(operation, one) for operation in showing for one in guesses.bodies.shown(operation) if not one.many]
    for _, found in shown:
        known = guesses.kept(found.pointer) or _written_out(guesses, found)
        if known is not None and known.pointer not in guesses.annotated:
            return known
    # What an annotation keeps is never guessed otherwise, but it may well be what a sign-up fills.
    told = {one.pointer: one for one in guesses.resources.values() if one.pointer in guesses.annotated}
    for operation, found in shown:
        if not _is_somebody(found) or not _shows_caller(operation):
            continue
        if any(_takes(guesses, one, found) for one in signing_up):
            why = f"{signing_up[0].path} makes what {operation.path} shows"
            return told.get(found.pointer) or _made_by_sign_up(guesses, found, why)
    return None


def _is_somebody(found: Found) -> bool:
    """Whether a document says who somebody is."""
    return any(plain(name) in _TELLING for name in found.properties)


def _made_by_sign_up(guesses: Guesses, found: Found, why: str) -> Resource:
    return Resource(
        collection=guesses.name("/users", found.pointer),
        schema=found.schema,
        pointer=found.pointer,
        id=identity_of(found.properties, "", "users") or "_id",
        owner=None,
        tenant=None,
        properties=found.properties,
        why=why,
    )


def _written_out(guesses: Guesses, found: Found) -> Resource | None:
    """The collection of people whose documents are mostly as those found, in a schema that is written out again."""
    if not _is_somebody(found):
        return None
    people = [one for one in guesses.resources.values() if one.why and not one.single and one.collection in _PEOPLE]
    return next((one for one in people if is_mostly(found, as_found(one))), None)


def _takes(guesses: Guesses, operation: Operation, found: Found) -> bool:
    sent = guesses.sent(operation, found)
    return sent is not None and not sent.many and bool(synonyms(sent.properties, found.properties))


def _places(guesses: Guesses, operation: Operation, people: Resource) -> Iterator[tuple[str, ...]]:
    """The ways to one of them in the operation's success."""
    for found in guesses.bodies.shown(operation):
        if not found.many and found.pointer == people.pointer:
            yield found.envelope


def _infer_own(guesses: Guesses, people: Resource, read: Operation, operations: list[Operation]) -> None:
    """What the operations of a path do to the caller's own document; nothing where it shows something else."""
    whole = as_found(people)
    found = next((one for one in guesses.bodies.shown(read) if not one.many and _is_one(one, whole)), None)
    if found is None:
        return
    for operation in operations:
        if operation.method not in _DOES or not can_succeed(operation):
            continue
        sent: Sent | None = None
        # `PUT /users/me` of a new password alone changes nothing that the document has.
        if operation.method in ("put", "patch"):
            sent = guesses.sent(operation, whole)
            if sent is None or sent.many or not synonyms(sent.properties, whole.properties):
                continue
        place = next((one.envelope for one in guesses.bodies.shown(operation) if _is_one(one, whole)), ())
        guesses.actions[operation.id] = Action(
            _DOES[operation.method], people.collection, None, place,
            wrapper=sent.wrapper if sent else (), mine=True, why="it is the caller's own",
        )  # fmt: skip


def _is_one(found: Found, whole: Found) -> bool:
    """Whether a caller's own document is shown; many contracts write its schema out again."""
    return not found.many and (found.pointer == whole.pointer or is_mostly(found, whole))
