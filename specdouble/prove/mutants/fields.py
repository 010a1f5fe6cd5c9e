"""Header fields that lie or are not looked at, whatever annotation speaks of them, and problems of another status."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from specdouble.contract import Contract, Operation
from specdouble.double.answers.repeated import key_field
from specdouble.double.http.compiled_operation import Outcome
from specdouble.prove.change import answering, changed_answer, is_success, loaded, replying, turn
from specdouble.prove.facts import creators, doing
from specdouble.prove.fault import Mutant, Mutants
from specdouble.prove.message import as_first_with, raced_with, with_changed_field, with_field, with_new_field

FIELDS = "header_fields"


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation whose answers or requests have such fields."""
    for key, operation in contract.operations.items():
        if operation.method == "head":
            sentence = f"{key} answers 404 where a GET shows a document."
            yield Mutant("header.head-differs", key, sentence, replying((key,), _absent), (FIELDS,), (key,))
        action = contract.actions.get(key)
        if action is None:
            continue
        if action.does == "create" and operation.success == 201 and doing(contract, action.collection, "read"):
            sentence = f"{key} tells by Location where another document would be."
            change = replying((key,), _located)
            yield Mutant("header.location-elsewhere", key, sentence, change, (FIELDS,), (key,))
        if action.does == "create" and not operation.idempotency_key and key_field(operation):
            yield from _keyed(operation)
        if action.does in ("update", "replace", "read", "delete") and creators(contract, action.collection):
            yield from _conditional(operation, is_changing=action.does in ("update", "replace"))
        if _types(operation) > 1:
            sentence = f"{key} answers with what it likes, whatever Accept asks for."
            change = answering((key,), with_field("accept", b"*/*"))
            yield Mutant("header.accept-ignored", key, sentence, change, (FIELDS,), (key,))
            sentence = f"{key} answers with the first type that Accept names, whatever the others weigh."
            change = answering((key,), with_changed_field("accept", lambda value: value.split(b",")[0].split(b";")[0]))
            yield Mutant("header.accept-unweighed", key, sentence, change, (FIELDS,), (key,))
    yield from _tags(contract)
    yield from _problems(contract)


def _types(operation: Operation) -> int:
    response = operation.response(operation.success)
    return len(response.content) if response is not None and operation.method == "get" else 0


def _conditional(operation: Operation, *, is_changing: bool) -> Mutants:
    key, names = operation.id, {one.name.lower() for one in operation.parameters if one.location == "header"}
    for name, kind in (("if-match", "match-ignored"), ("if-none-match", "none-match-ignored")):
        if name in names:
            sentence = f"{key} is answered as though no {name} was sent."
            value = b"*" if name == "if-match" else b'"none"'
            change = answering((key,), with_field(name, value))
            yield Mutant(f"header.{kind}", key, sentence, change, (FIELDS,), (key,))
    if is_changing and "if-match" in names:
        sentence = f"{key} compares all that If-Match holds with the tag, and reads no list."
        change = answering((key,), with_changed_field("if-match", lambda value: value.replace(b",", b"")))
        yield Mutant("header.match-list-unread", key, sentence, change, (FIELDS,), (key,))
        sentence = f"Of changes by {key} at the same time that name one tag, each is done."
        yield Mutant("header.match-raced", key, sentence, answering((key,), raced_with("if-match")), (FIELDS,), (key,))


def _keyed(operation: Operation) -> Mutants:
    key, field = operation.id, key_field(operation)
    sentence = f"{key} is done again each time, whatever its key."
    change = answering((key,), with_new_field(field))
    yield Mutant("header.key-ignored", key, sentence, change, ("idempotency",), (key,))
    sentence = f"{key} takes any request with a known key for the first one, whoever sends it."
    change = answering((key,), as_first_with(field))
    yield Mutant("header.key-alone", key, sentence, change, ("idempotency",), (key,))


def _with(field: bytes, other: Callable[[bytes], bytes]) -> Callable[[Outcome], Outcome]:
    def reply(outcome: Outcome) -> Outcome:
        headers = [(name, other(value) if name.lower() == field else value) for name, value in outcome.answer.headers]
        return changed_answer(outcome, headers=headers)

    return reply


def _located(outcome: Outcome) -> Outcome:
    headers = [(name, value) for name, value in outcome.answer.headers if name.lower() != b"location"]
    return (
        changed_answer(outcome, headers=[*headers, (b"location", b"/elsewhere/~")]) if is_success(outcome) else outcome
    )


def _absent(outcome: Outcome) -> Outcome:
    return changed_answer(outcome, status=404) if is_success(outcome) else outcome


def _tags(contract: Contract) -> Mutants:
    """Tags that stand still, and tags that never do, where answers tell them."""
    for things in contract.resources:
        telling = tuple(
            key for key in doing(contract, things, "create", "read", "update", "replace")
            if _tells_tags(contract.operations[key])
        )  # fmt: skip
        is_changed = set(telling) & {*doing(contract, things, "update", "replace")}
        if not creators(contract, things) or not is_changed:
            continue
        sentence = f"A document of {things} has the same tag after a change."
        change = replying(telling, _with(b"etag", lambda _value: b'"1"'))
        yield Mutant("header.tag-constant", things, sentence, change, (FIELDS,))
        sentence = f"Each answer has another tag, whether a document of {things} was changed or not."
        change = replying(telling, _with(b"etag", lambda _value: b'"%d"' % turn()))
        yield Mutant("header.tag-of-answer", things, sentence, change, (FIELDS,))


def _tells_tags(operation: Operation) -> bool:
    response = operation.response(operation.success)
    return response is not None and any(name.lower() == "etag" for name in response.headers)


def _problems(contract: Contract) -> Mutants:
    """Refusals whose body tells another status than the answer has."""
    for key, operation in contract.operations.items():
        if any("application/problem+json" in one.content for one in operation.responses.values()):
            sentence = f"The problem that {key} answers with tells another status."
            yield Mutant(
                "response.problem-lies", key, sentence, replying((key,), _lying), ("error_shape", FIELDS), (key,)
            )


def _lying(outcome: Outcome) -> Outcome:
    body = loaded(outcome.answer.body) if outcome.answer.status >= 400 else None
    if not isinstance(body, dict) or not isinstance(body.get("status"), int):
        return outcome
    return changed_answer(outcome, body=orjson.dumps({**body, "status": body["status"] + 1}))
