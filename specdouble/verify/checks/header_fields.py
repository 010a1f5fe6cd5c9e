"""Header fields: `Location` leads to what was made, a tag is another after a change, and conditions hold (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urljoin

from specdouble.contract import Operation
from specdouble.url import split_url
from specdouble.verify.bystanders import Bystanders, created_apart
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.preconditions import header, is_played
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.strictness import READS_NO_LIST
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as

STALE = '"specdouble-no-such-tag"'
FAILED = {412, 428}
NOT_MODIFIED = 304
CONDITIONS = "conditions"  # what a rule may have cases of


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the documents of one collection."""
    if not subject.creators or not subject.readers:
        return
    reader, creator = subject.readers[0], subject.creators[0]
    promise = f"{creator} tells by Location where the new document is"
    yield Case(Names.header_fields, promise, partial(_location, subject=subject), "", ids(creator))
    promise = f"the tag of {reader} is that of the document as it is"
    yield Case(Names.header_fields, promise, partial(_same_tag, subject=subject), "", ids(reader))
    for updater in subject.updaters:
        promise = f"{updater.operation} gives the document another tag"
        run = partial(gives_another_tag, subject=subject, updater=updater)
        yield Case(Names.header_fields, promise, run, "", ids(updater.operation, reader))
    if subject.puts(creator) and header(creator, "if-none-match") and "412" in creator.statuses:
        promise = f"{creator} replaces nothing where If-None-Match is *"
        yield Case(
            Names.header_fields, promise, partial(_only_created, subject=subject), "", ids(creator), decisive=True
        )
    if not is_played(session.contract, reader, CONDITIONS):
        yield from conditions(subject, Names.header_fields)


def conditions(subject: Subject, check: str) -> Plan:
    """The cases of requests with conditions, for the check, or the rule, that has this id."""
    reader = subject.readers[0]
    for updater in subject.updaters:
        if header(updater.operation, "if-match"):
            yield from _conditions(subject, updater, check)
    for operation in subject.deleters:
        if header(operation, "if-match"):
            promise = f"{operation} is done where the tag is current alone"
            run = partial(_deleted, subject=subject, operation=operation)
            yield Case(check, promise, run, "", ids(operation), decisive=True)
    for operation in subject.acts:
        if header(operation, "if-match") and "412" in operation.statuses:
            promise = f"{operation} is done where the tag is current alone"
            run = partial(_acted, subject=subject, operation=operation)
            yield Case(check, promise, run, "", ids(operation), decisive=True, unaided=True)
    if header(reader, "if-none-match") or str(NOT_MODIFIED) in reader.statuses:
        promise = f"{reader} answers 304 where the tag is current alone"
        yield Case(check, promise, partial(_not_modified, subject=subject), "", ids(reader), decisive=True)


def _only_created(trial: Trial, subject: Subject) -> None:
    """RFC 9110, 13.1.2: what there is of any tag is not replaced; what is not there is created."""
    call = trial.create_call(subject, trial.user, trial.body(subject, trial.creator(subject), trial.user))
    call = replace(call, headers={**call.headers, "If-None-Match": "*"})
    first = trial.resend(call)
    accepted(first, "a create of what is not there, with If-None-Match: *,")
    trial.adopt(subject, trial.user, first)
    refused_as(trial.resend(call), {412}, "a replacement of what is there, with If-None-Match: *,")


# Location


def _location(trial: Trial, subject: Subject) -> None:
    document = trial.create(subject)
    given = document.made.headers.get("location")
    if given is None:
        raise NotPromised
    reader = subject.readers[0]
    usual = trial.send(reader, trial.user, **trial.place(reader, document))
    accepted(usual, "a read of the new document")
    try:
        address = urljoin(document.made.url, given)
    except ValueError:
        raise Broken("Location to be a URL", f"it is {given}") from None
    if split_url(address).path == split_url(usual.url).path:
        return
    if split_url(address).netloc != split_url(usual.url).netloc:
        raise NotExercised("Location names another host")
    there = trial.fetch(reader, trial.user, address)
    found = there.shown(subject.action(reader))
    shown = subject.named(found).get(subject.key) if there.ok and isinstance(found, dict) else None
    if shown is None or str(shown) != str(document.id):
        raise Broken(f"Location to lead to the new document {document.id}", f"{given} answers {there.told(80)}")


# Tags


def _tagged(trial: Trial, document: Document) -> tuple[str, Exchange]:
    """The tag that a read of the document tells.

    Raises:
        NotPromised: it tells none.
    """
    reader = document.subject.readers[0]
    exchange = trial.send(reader, document.user, **trial.place(reader, document))
    accepted(exchange, "a read of a document that is there")
    found = exchange.shown(document.subject.action(reader))
    if isinstance(found, dict):
        trial.hold_to(document, document.subject.named(found))
    if "etag" not in exchange.headers:
        raise NotPromised
    return exchange.headers["etag"], exchange


def tag_of(trial: Trial, document: Document) -> str:
    """The tag that a read of the document tells.

    Raises:
        NotPromised: it tells none.
    """
    return _tagged(trial, document)[0]


def _same_tag(trial: Trial, subject: Subject) -> None:
    document = trial.create(subject)
    one, other = _tagged(trial, document)[0], _tagged(trial, document)[0]
    if one != other:
        raise Broken("the tag of a document that does not change to stay", f"it was {one}, and is {other}")
    _is_answered(document.made, one)


def _is_answered(written: Exchange, tag: str) -> None:
    """Hold that the tag of an answer to a write is that of the document (RFC 9110, 8.8.3 and 9.3.4)."""
    told = written.headers.get("etag")
    if told is not None and told != tag:
        raise Broken("the tag that a write answers with to be the one that a read shows", f"it is {told}, and {tag}")


def gives_another_tag(trial: Trial, subject: Subject, updater: Updater) -> None:
    """Hold that a document that was changed has another tag."""
    document = trial.create(subject)
    before, _ = _tagged(trial, document)
    changes = trial.session.bodies.change(subject, updater)
    if not changes:
        raise NotExercised(f"{updater.operation} changes nothing that no rule speaks of")
    seen = trial.look(document)
    exchange = trial.update(updater, document, changes)
    after, _ = _tagged(trial, document)
    if before == after and trial.look(document) != seen:
        raise Broken("a document to have another tag after a change", f"it is {after} still")
    _is_answered(exchange, after)


# Conditions


def _conditions(subject: Subject, updater: Updater, check: str) -> Plan:
    of: dict[str, Any] = {"subject": subject, "updater": updater}
    promise, about = f"{updater.operation} is done where the tag is current alone", ids(updater.operation)
    yield Case(check, promise, partial(_changed, **of), "", about, decisive=True)
    promise = f"{updater.operation} takes one of several changes at the same time that name one tag"
    yield Case(check, promise, partial(_raced, **of), "", about)
    promise = f"{updater.operation} is done where one of several tags is current"
    yield Case(check, promise, partial(_one_of_several, **of), "", about)


def _conditional(trial: Trial, updater: Updater, document: Document, tag: str) -> Exchange:
    """A change under the condition that the document has the tag."""
    changes = trial.kept(updater, document, trial.session.bodies.change(document.subject, updater))
    call = trial.update_call(updater, document, changes)
    headers = {**call.headers, "If-Match": tag}
    return trial.send(call.operation, document.user, path=call.path, query=call.query, headers=headers, body=call.body)


def _refused(exchange: Exchange, what: str) -> None:
    if not exchange.refused or (exchange.status not in FAILED and "412" in exchange.call.operation.statuses):
        raise Broken(f"{what} to be refused with 412", f"the server answered {exchange.told()}")


def _changed(trial: Trial, subject: Subject, updater: Updater) -> None:
    document = trial.create(subject)
    old, _ = _tagged(trial, document)
    accepted(_conditional(trial, updater, document, old), "a change whose If-Match is current")
    accepted(_conditional(trial, updater, document, "*"), "a change whose If-Match is `*`")
    current, before = _tagged(trial, document)
    if current == old:
        raise NotExercised("a change leaves the tag as it was")
    for tag, what in ((STALE, "a change whose If-Match is no tag of the document"), (old, "one whose tag is stale")):
        _refused(_conditional(trial, updater, document, tag), what)
        if _tagged(trial, document)[1].json != before.json:
            raise Broken("a change that is refused to change nothing", "the document changed")


def _one_of_several(trial: Trial, subject: Subject, updater: Updater) -> None:
    """RFC 9110, 13.1.1: If-Match is a list of tags, and holds where any of them is the document's."""
    document = trial.create(subject)
    tag, _ = _tagged(trial, document)
    several, declared = f"{STALE}, {tag}", header(updater.operation, "if-match")
    is_tag = len(tag) > 1 and tag[0] == tag[-1] == '"'  # a weak one never matches, and what is none is the server's own
    if not is_tag or declared is None or not trial.session.bodies.property_fits(declared.schema, several):
        raise NotExercised(f"If-Match of {updater.operation} holds no list of tags")
    exchange = _conditional(trial, updater, document, several)
    if exchange.ok:
        return
    if exchange.status not in FAILED or not _conditional(trial, updater, document, tag).ok:
        raise NotExercised(f"it is refused whatever the tag, or for another reason: {exchange.told(80)}")
    raise Broken(READS_NO_LIST, f"it was refused: {exchange.told()}")


def _raced(trial: Trial, subject: Subject, updater: Updater) -> None:
    for _ in range(2):
        document = trial.create(subject)
        tag, _ = _tagged(trial, document)
        calls = []
        for _ in range(CLIENTS // 2):
            changes = trial.kept(updater, document, trial.session.bodies.change(subject, updater))
            call = trial.update_call(updater, document, changes)
            headers = {**call.headers, "If-Match": tag}
            calls.append(trial.call_of(call.operation, document.user, {"path": call.path, "query": call.query},
                                       headers=headers, body=call.body))  # fmt: skip
        taken = sum(answer.ok for answer in trial.volley(calls))
        if taken > 1 and _tagged(trial, document)[0] == tag:
            raise NotExercised("a change leaves the tag as it was")
        if taken > 1:
            raise Broken("one of several changes at the same time that name one tag to be taken", f"{taken} were")


def _deleted(trial: Trial, subject: Subject, operation: Operation) -> None:
    document = trial.create(subject)
    parts = trial.place(operation, document)
    stale = _with_tag(parts, STALE)
    _refused(trial.send(operation, document.user, **stale), "a delete whose If-Match is no tag of the document")
    tag, _ = _tagged(trial, document)
    current = _with_tag(parts, tag)
    accepted(trial.send(operation, document.user, **current), "a delete whose If-Match is current")
    other = created_apart(trial, subject, trial.user)
    around = Bystanders(trial, other)  # with them there, the document may be one that cannot be deleted at all
    if trial.send(operation, other.user, **_with_tag(trial.place(operation, other), STALE)).refused:
        around.hold_unharmed()


def _acted(trial: Trial, subject: Subject, operation: Operation) -> None:
    for document in new_and_in_each_state(trial, subject):
        parts = trial.acting(operation, document)
        stale = trial.send(operation, document.user, **_with_tag(parts, STALE))
        if stale.ok:
            raise Broken("a request whose If-Match is no tag of the document to be refused with 412",
                         f"the server answered {stale.told()}")  # fmt: skip
        tag, _ = _tagged(trial, document)
        if not trial.send(operation, document.user, **_with_tag(parts, tag)).ok:
            continue  # it is not for documents in this state: that may be what is said first
        _refused(stale, "a request whose If-Match is no tag of the document")
        return
    raise NotExercised(f"{operation} is taken for no document that was made")


def new_and_in_each_state(trial: Trial, subject: Subject) -> Iterator[Document]:
    """A new document, and one in each state that others can be brought to."""
    yield trial.create(subject)
    yield from trial.in_each_state(subject)


def _with_tag(parts: Mapping[str, Any], tag: str) -> dict[str, Any]:
    return {**parts, "headers": {**parts.get("headers", {}), "If-Match": tag}}


def _not_modified(trial: Trial, subject: Subject) -> None:
    document, reader = trial.create(subject), subject.readers[0]
    tag, _ = _tagged(trial, document)
    parts = trial.place(reader, document)
    for asked, wanted in ((tag, True), (STALE, False)):
        headers = {**parts.get("headers", {}), "If-None-Match": asked}
        exchange = trial.send(reader, trial.user, **{**parts, "headers": headers})
        if (exchange.status == NOT_MODIFIED) != wanted:
            what = "304 where If-None-Match is current" if wanted else "the document where If-None-Match is stale"
            raise Broken(f"{reader} to answer {what}", f"it answered {exchange.told(80)}")
