"""Answers that are not what the contract declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from specdouble.contract import Contract, Media, Operation, PropertyRule
from specdouble.double.http.compiled_operation import Outcome
from specdouble.prove.change import changed_answer, is_success, loaded, replying
from specdouble.prove.facts import kind_of, resolved, takes_null
from specdouble.prove.fault import Mutant, Mutants

CONFORMANCE, SHAPE, READ = "conformance", "error_shape", "read_your_writes"
Path = tuple[str, ...]
ITEM = "[]"


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation's answers."""
    for operation in contract.operations.values():
        media = _json(operation, operation.success)
        if media is not None:
            yield from _bodies(contract, operation, media)
            yield _one(operation, "content-type", "sends its JSON as plain text.", _typed)
        yield from _statuses(operation)
        yield from _errors(contract, operation)


def _json(operation: Operation, status: int) -> Media | None:
    response = operation.response(status)
    content = response.content if response else {}
    return next((media for media in content.values() if "json" in media.type and media.slot is not None), None)


def _one(
    operation: Operation, kind: str, sentence: str, reply: Callable[[Outcome], Outcome], check: str = CONFORMANCE
) -> Mutant:
    change = replying((operation.id,), reply)
    return Mutant(f"response.{kind}", operation.id, f"{operation} {sentence}", change, (check,), (operation.id,))


# Bodies


def _bodies(contract: Contract, operation: Operation, media: Media) -> Mutants:
    places = list(_places(contract, media.schema, ()))
    required = [path for path, _, needed in places if needed]
    plain = _plain(contract, operation, [(path, schema) for path, schema, _ in places])
    if required:
        yield _put(operation, "property-missing", required[-1], "sends no {}.", None, remove=True)
    elif plain and operation.id in contract.actions:
        yield _put(operation, "property-missing", plain[0][0], "sends no {}.", None, READ, remove=True)
    for kind, words, fits, value in _BODIES:
        path = next((path for path, schema in plain if fits(schema)), None)
        if path is not None:
            schema = next(schema for one, schema in plain if one == path)
            yield _put(operation, kind, path, words, value(schema))


def _plain(contract: Contract, operation: Operation, known: list[tuple[Path, Any]]) -> list[tuple[Path, Any]]:
    """The properties that no rule speaks of, those of the document itself first."""
    action = contract.actions.get(operation.id)
    resource = contract.resources[action.collection] if action else None
    ruled = {rule.name for rule in resource.of(PropertyRule)} | {resource.id} if resource else set()
    return sorted([one for one in known if one[0][-1] not in ruled], key=lambda one: -len(one[0]))


_BODIES: tuple[tuple[str, str, Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    ("null", "sends null for {}.", lambda schema: "type" in schema and not takes_null(schema), lambda _: None),
    (
        "wrong-type",
        "sends {} in another type.",
        lambda schema: kind_of(schema) in _WRONG,
        lambda one: _WRONG[kind_of(one)],
    ),
    (
        "outside-enum",
        "sends a {} that the enum has not.",
        lambda one: kind_of(one) == "string" and "enum" in one,
        lambda _: "ELSE",
    ),
)
_WRONG: Mapping[str, Any] = {
    "string": 4711,
    "number": "4711",
    "integer": "4711",
    "boolean": "yes",
    "array": {},
    "object": [],
}


def _places(contract: Contract, schema: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any], bool]]:
    """The properties of a body, the outermost first, two objects deep; and whether each is required."""
    schema = resolved(contract, schema)
    if kind_of(schema) == "array" and "items" in schema and not path.count(ITEM):
        yield from _places(contract, schema["items"], (*path, ITEM))
        return
    properties, required = contract.properties(schema), set(schema.get("required") or ())
    for name, part in properties.items():
        yield (*path, name), resolved(contract, part), name in required
    if len(path) < 2:
        for name, part in properties.items():
            if name in required or not required:
                yield from _places(contract, part, (*path, name))


def _put(
    operation: Operation,
    kind: str,
    path: Path,
    words: str,
    value: object,
    check: str = CONFORMANCE,
    *,
    remove: bool = False,
) -> Mutant:
    def reply(outcome: Outcome) -> Outcome:
        if not is_success(outcome):
            return outcome
        return changed_answer(outcome, body=orjson.dumps(_with(loaded(outcome.answer.body), path, value, remove)))

    name = ".".join(part for part in path if part != ITEM)
    mutant = _one(operation, kind, words.format(name), reply, check)
    return Mutant(
        mutant.kind, f"{operation.id}.{name}", mutant.sentence, mutant.change, mutant.concerns, mutant.operations
    )


def _with(body: object, path: Path, value: object, remove: bool) -> Any:
    name, rest = path[0], path[1:]
    if name == ITEM:
        return [_with(item, rest, value, remove) for item in body] if isinstance(body, list) else body
    if not isinstance(body, dict) or name not in body:
        return body
    if rest:
        return {**body, name: _with(body[name], rest, value, remove)}
    return {key: one for key, one in body.items() if key != name} if remove else {**body, name: value}


def _typed(outcome: Outcome) -> Outcome:
    if not is_success(outcome):
        return outcome
    others = [(name, value) for name, value in outcome.answer.headers if name != b"content-type"]
    return changed_answer(outcome, headers=[(b"content-type", b"text/plain"), *others])


# Statuses


def _statuses(operation: Operation) -> Mutants:
    other = next((one for one in (200, 201, 202) if operation.response(one) is None), None)
    if other is not None:
        sentence = f"answers {other} where it succeeds, which it does not declare."
        yield _one(operation, "success-status", sentence, _of_success(other))
    if operation.response(418) is None and any(status[:1] == "4" for status in operation.statuses):
        yield _one(operation, "undocumented-status", "refuses with 418, which it does not declare.", _of_refusal(418))


def _of_success(status: int) -> Callable[[Outcome], Outcome]:
    return lambda outcome: changed_answer(outcome, status=status) if is_success(outcome) else outcome


def _of_refusal(status: int) -> Callable[[Outcome], Outcome]:
    return lambda outcome: changed_answer(outcome, status=status) if _is_refusal(outcome) else outcome


def _is_refusal(outcome: Outcome) -> bool:
    return 400 <= outcome.answer.status < 500


# Errors


def _errors(contract: Contract, operation: Operation) -> Mutants:
    declared = [
        media for status in operation.statuses if status[:1] == "4" and (media := _json(operation, int(status)))
    ]
    if not declared:
        return
    for body in ({"fault": {"code": 7}}, {"error": 7}, ["refused"], "refused"):
        if not any(contract.schemas.is_valid(media.slot or "", body) for media in declared):
            wrong = orjson.dumps(body)
            reply = _bodied(wrong)
            yield _one(operation, "error-shape", f"refuses with {wrong.decode()}.", reply, SHAPE)
            break
    yield _one(operation, "error-says-200", "refuses with the status 200.", _accepting(operation.success), SHAPE)


def _bodied(body: bytes) -> Callable[[Outcome], Outcome]:
    return lambda outcome: changed_answer(outcome, body=body) if _is_refusal(outcome) else outcome


def _accepting(status: int) -> Callable[[Outcome], Outcome]:
    def reply(outcome: Outcome) -> Outcome:
        if not _is_refusal(outcome):
            return outcome
        body = b"" if status == 204 else outcome.answer.body
        return changed_answer(outcome, status=status, body=body)

    return reply
