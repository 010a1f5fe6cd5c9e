"""Patches: null takes a property away, an array takes another's place, and a merge patch merges objects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater, required
from specdouble.verify.trial import Trial, accepted
from specdouble.verify.values import kind, merged, plausible

MERGE_PATCH = "application/merge-patch+json"  # RFC 7396
UNSUPPORTED = "415"  # RFC 9110, 15.5.16


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the changes of one collection."""
    if not subject.creators or not subject.observable:
        return
    for updater in subject.updaters:
        if updater.partial:
            yield from _of_updater(session, subject, updater)


def plan_media(session: Session) -> Plan:
    """Bodies of a type that the operation does not take, where it says how it refuses them."""
    for operation in session.contract.operations.values():
        if UNSUPPORTED in operation.statuses and operation.json_body is not None:
            for media_type in _others(operation):
                promise = f"{operation} refuses a body of another type"
                run = partial(_of_another_type, operation=operation, media_type=media_type)
                yield Case(Names.conformance, promise, run, media_type, ids(operation))


def _others(operation: Operation) -> Iterator[str]:
    """Media types that the operation does not declare: JSON itself, where it takes a patch alone."""
    declared = set(operation.body.content) if operation.body else set()
    if not any("*" in one for one in declared):
        yield from (one for one in ("application/json", "text/plain") if one not in declared)


def _of_another_type(trial: Trial, operation: Operation, media_type: str) -> None:
    parts = trial.session.request(operation, trial.user)
    control = trial.send(operation, trial.user, **parts)
    if not control.ok:
        raise NotExercised(f"the same body of the declared type was refused: {control.told(80)}")
    parts = trial.session.request(operation, trial.user)
    headers = {**parts.get("headers", {}), "Content-Type": media_type}
    exchange = trial.send(operation, trial.user, **{**parts, "headers": headers})
    if not exchange.refused:
        raise Broken(f"a body of type {media_type} to be refused", f"the server answered {exchange.told()}")


def _of_updater(session: Session, subject: Subject, updater: Updater) -> Plan:
    resolve, about = session.contract.resolve, ids(updater.operation)
    merges = updater.operation.body is not None and MERGE_PATCH in updater.operation.body.content
    for name, schema in _plain(session, subject, updater):
        whole = merged(schema, resolve)
        of: dict[str, Any] = {"subject": subject, "updater": updater, "name": name}
        if (
            whole.get("type") is not None
            and session.bodies.property_fits(schema, None)
            and _may_lack(session, subject, name)
        ):
            promise = f"{updater.operation} takes away what is null"
            yield Case(Names.partial_update, promise, partial(_null, **of), name, about)
        if kind(whole) == "array":
            promise = f"{updater.operation} puts an array in the place of another"
            yield Case(Names.partial_update, promise, partial(_array, **of, schema=schema), name, about)
        if kind(whole) == "object" and merges and len(whole.get("properties") or ()) > 1:
            promise = f"{updater.operation} merges objects"
            yield Case(Names.partial_update, promise, partial(_object, **of, schema=whole), name, about)
        values = merged(whole.get("additionalProperties"), resolve) if not whole.get("properties") else {}
        if kind(whole) == "object" and merges and values:
            promise = f"{updater.operation} merges objects"
            yield Case(Names.partial_update, promise, partial(_map, **of, values=values), name, about)


def _may_lack(session: Session, subject: Subject, name: str) -> bool:
    """Whether a document may be without the property: where it may not, many servers take null for nothing sent."""
    kept = subject.resource
    is_needed = name in required(session.contract, kept.schema)
    return session.bodies.property_fits(kept.properties[name], None) or not is_needed


def _plain(session: Session, subject: Subject, updater: Updater) -> Iterator[tuple[str, Any]]:
    """The properties that no rule speaks of."""
    ruled = {*subject.chosen, *subject.server_set, *subject.bound_on_update, updater.id_in_body}
    for name, schema in subject.requested(updater.operation).items():
        free = name not in ruled and not session.bodies.embeds(schema)
        if free and name in subject.resource.properties:
            yield name, schema


def _written(trial: Trial, updater: Updater, document: Document, name: str, value: object) -> Any:
    """What a read shows of the property after it was written."""
    accepted(trial.try_update(updater, document, {name: value}, as_it_is=True), f"{name} {shown(value)} in an update")
    return trial.look(document).get(name)


def _null(trial: Trial, subject: Subject, updater: Updater, name: str) -> None:
    bound = subject.bound_together
    if bound is None or name in bound:
        raise NotExercised("rules speak of several properties at once")
    document = trial.create(subject, full=True)
    before = trial.look(document).get(name)
    if before is None:  # a change alone may set it
        schema = subject.requested(updater.operation)[name]
        value = plausible(schema, trial.contract.resolve, trial.session.fresh.word())
        before = _written(trial, updater, document, name, value) if value is not None else None
    if before is None:
        raise NotExercised(f"a read shows no {name}")
    after = _written(trial, updater, document, name, None)
    usual = merged(subject.requested(subject.creators[0]).get(name, {}), trial.contract.resolve).get("default")
    is_there = after is not None and (after != usual or before == usual)
    is_patch = updater.operation.body is not None and MERGE_PATCH in updater.operation.body.content
    if is_patch and not is_there and name not in subject.required(subject.creators[0]):
        is_there = (
            name in trial.look(document) and after is None and not _shows_none(trial, subject, updater, {}, (name,))
        )
    if is_there:
        raise Broken(f"{name} to be gone, as null was sent for it", f"a read shows {shown(after)}")


def _array(trial: Trial, subject: Subject, updater: Updater, name: str, schema: Any) -> None:
    whole, document = merged(schema, trial.contract.resolve), trial.create(subject)
    one, other = ([plausible(whole.get("items"), trial.contract.resolve, trial.session.fresh.word())] for _ in range(2))
    for value in (one, other, []):
        if not trial.session.bodies.property_fits(schema, value):
            continue
        after = _written(trial, updater, document, name, value)
        if not subject.keeps(name, value, after) and not (value == [] and after is None):
            raise Broken(f"{name} to be {shown(value)}, as it was sent", f"a read shows {shown(after)}")


def _map(trial: Trial, subject: Subject, updater: Updater, name: str, values: object) -> None:
    """Of an object whose members a client names, a patch changes what it names, and takes away what is null."""
    resolve, fits = trial.contract.resolve, trial.session.bodies.property_fits
    one, other = (plausible(values, resolve, trial.session.fresh.word()) for _ in range(2))
    document = trial.create(subject)
    if not same({"one": one}, _written(trial, updater, document, name, {"one": one})):
        raise NotExercised(f"{name} is not shown as it was sent")
    after = _written(trial, updater, document, name, {"other": other})
    if not same({"one": one, "other": other}, after):
        told = f"a read shows {shown(after)}"
        raise Broken(f"a patch of one member of {name} to leave the others (RFC 7396)", told)
    if fits(subject.requested(updater.operation)[name], {"one": None}):
        after = _written(trial, updater, document, name, {"one": None})
        if not same({"other": other}, after) or "one" in after:
            raise Broken(f"a null for a member of {name} to take it away (RFC 7396)", f"a read shows {shown(after)}")


def _shows_none(
    trial: Trial, subject: Subject, updater: Updater, changes: dict[str, Any], path: tuple[str, ...]
) -> bool:
    """Whether answers show null for what a document never had, once it was changed so."""
    document = trial.create(subject, drop=path[:1])
    if changes:
        accepted(trial.try_update(updater, document, changes, as_it_is=True), f"{shown(changes)} in an update")
    found: Any = trial.look(document)
    for name in path[:-1]:
        found = found.get(name) if isinstance(found, dict) else None
    return not isinstance(found, dict) or path[-1] in found


def _shown_whole(
    trial: Trial, subject: Subject, updater: Updater, document: Document, name: str, whole: dict[str, Any]
) -> dict[str, Any]:
    """An object that the property of the document has, and a read shows; what it has already keeps its rules.

    Raises:
        NotExercised: it is shown otherwise, or rules about several properties take none that is known.
    """
    held = document.shown.get(name)
    if isinstance(held, dict) and held.keys() >= whole.keys():
        whole = {key: held[key] for key in whole}
    if subject.keeping and not trial.try_update(updater, document, {name: whole}, as_it_is=True).ok:
        raise NotExercised(f"no {name} is known that keeps the rules about several properties")
    if not same(whole, _written(trial, updater, document, name, whole)):
        raise NotExercised(f"{name} is not shown as it was sent")
    return whole


def _object(trial: Trial, subject: Subject, updater: Updater, name: str, schema: Any) -> None:
    resolve, fits = trial.contract.resolve, trial.session.bodies.property_fits
    whole = {key: plausible(part, resolve, trial.session.fresh.word()) for key, part in schema["properties"].items()}
    document = trial.create(subject, full=True)
    whole = _shown_whole(trial, subject, updater, document, name, whole)
    asked = subject.requested(updater.operation)[name]
    for key in schema["properties"]:
        if not fits(asked, {key: whole[key]}):
            continue  # the schema asks for other parts beside it
        rest = {other: value for other, value in whole.items() if other != key}
        after = _written(trial, updater, document, name, {key: whole[key]})
        if not same(rest, after):
            told = f"a read shows {shown(after)}"
            raise Broken(f"a patch of {key} in {name} to leave the rest {shown(rest)} (RFC 7396)", told)
        if fits(asked, {key: None}):
            after = _written(trial, updater, document, name, {key: None})
            is_there = after.get(key) is not None or (
                key in after and not _shows_none(trial, subject, updater, {name: rest}, (name, key))
            )
            if not same(rest, after) or is_there:
                told = f"a read shows {shown(after)}"
                raise Broken(f"a null for {key} in {name} to take it away, and leave the rest (RFC 7396)", told)
            _written(trial, updater, document, name, {key: whole[key]})
