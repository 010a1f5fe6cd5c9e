"""Two contracts compared: operations, parameters, bodies, answers, security, rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract import Contract, Operation, Rule
from specdouble.contract.operation import Header, Media, Parameter, Response
from specdouble.contract.pointer import pointer
from specdouble.contract.servers import base_path
from specdouble.diff.calls import CallComparison, callbacks_of, webhooks_of
from specdouble.diff.change import Change, Level
from specdouble.diff.schema_comparison import Direction, Place, SchemaComparison, is_scalar

_PREFIXED = {"label", "matrix"}  # these write something before a single value too
_PARAMETER = re.compile(r"\{[^{}]*\}")


def compared(before: Contract, after: Contract) -> list[Change]:
    """Every change from one contract to another, in the order of the new one, what is gone first.

    Args:
        before: as it was.
        after: as it is.
    """
    was, becomes = _by_key(before), _by_key(after)
    changes: list[Change] = []
    if base_path(before.data) != base_path(after.data):
        below = _by_key(before, base_path(before.data)), _by_key(after, base_path(after.data))
        # What a server's path and the path below it are together may be the same still: then nothing has moved.
        if len(below[0].keys() & below[1].keys()) > len(was.keys() & becomes.keys()):
            was, becomes = below
            changes.append(_moved(before, after))
    left = {shape for _, shape in becomes}
    changes += [_removed(before, was[key], key[1] in left) for key in was if key not in becomes]
    for key, operation in becomes.items():
        if key in was:
            changes += _OperationComparison(before, after, was[key], operation).changes()
        else:
            file, line = after.locate(operation.pointer)
            told = f"{operation} was added"
            changes.append(Change("api-added", Level.COMPATIBLE, str(operation), "", told, file, line))
    changes += CallComparison(before, after, "webhook").changes(webhooks_of(before), webhooks_of(after))
    changes += _of_schemes(before, after)
    changes += _of_rules(before, after)
    return changes


def _shape(path: str) -> str:
    return _PARAMETER.sub("{}", path)


def _by_key(contract: Contract, base: str = "") -> dict[tuple[str, str], Operation]:
    """The operations by method and path below the base: what parameters are called is nothing that a client sends."""
    operations = contract.operations.values()
    return {(one.method, _shape(one.path.removeprefix(base))): one for one in operations}


def _moved(before: Contract, after: Contract) -> Change:
    """That all stands below another path: who has written the address down must learn the new one."""
    was, becomes = (base_path(contract.data) or "/" for contract in (before, after))
    file, line = after.locate("/servers" if "servers" in after.data else "/basePath")
    told = f"the paths stand below {becomes}, where they stood below {was}"
    return Change("api-base-path-changed", Level.UNCLEAR, "", becomes, told, file, line)


def _removed(before: Contract, operation: Operation, has_siblings: bool) -> Change:
    file, line = before.locate(operation.pointer)
    was_deprecated = _raw(before, operation).get("deprecated") is True
    what = "api" if has_siblings else "api-path"
    how = "with" if was_deprecated else "without"
    level = Level.COMPATIBLE if was_deprecated else Level.BREAKING
    told = f"{operation} was removed, {how} having been deprecated"
    return Change(f"{what}-removed-{how}-deprecation", level, str(operation), "", told, file, line)


def _raw(contract: Contract, written: Operation | Parameter) -> Mapping[str, Any]:
    found = contract.document.get(written.pointer)
    return found if isinstance(found, dict) else {}


class _OperationComparison:
    """Compares one operation of two contracts."""

    def __init__(self, before: Contract, after: Contract, was: Operation, becomes: Operation) -> None:
        self._before, self._after = before, after
        self._was, self._becomes = was, becomes
        self._changes: list[Change] = []
        self._schemas = SchemaComparison(before, after, self._tell)

    def changes(self) -> list[Change]:
        """All that a client of the operation may notice."""
        self._standing()
        self._parameters()
        self._body()
        self._responses()
        self._security()
        self._callbacks()
        return self._changes

    def _tell(self, id: str, level: Level, subject: str, message: str, at: str, is_old: bool) -> None:
        file, line = (self._before if is_old else self._after).locate(at)
        self._changes.append(Change(id, level, str(self._becomes), subject, message, file, line))

    # The operation itself

    def _standing(self) -> None:
        was, becomes, at = _raw(self._before, self._was), _raw(self._after, self._becomes), self._becomes.pointer
        self._deprecation(was, becomes, "endpoint", "", "the operation", at)
        if was.get("operationId") != becomes.get("operationId"):
            names = f"from {was.get('operationId')} to {becomes.get('operationId')}"
            # Nothing that is sent; the names of generated clients change with it.
            told = f"its operationId was changed {names}"
            self._tell("api-operation-id-changed", Level.COMPATIBLE, "", told, at, False)

    def _deprecation(
        self, was: Mapping[str, Any], becomes: Mapping[str, Any], id: str, subject: str, named: str, at: str
    ) -> None:
        if bool(was.get("deprecated")) != bool(becomes.get("deprecated")):
            how = "deprecated" if becomes.get("deprecated") else "reactivated"
            self._tell(f"{id}-{how}", Level.COMPATIBLE, subject, f"{named} was {how}", at, False)

    # What is sent

    def _parameters(self) -> None:
        was, becomes = _by_place(self._was), _by_place(self._becomes)
        for key, parameter in was.items():
            if key not in becomes:
                told = f"the {parameter.location} parameter {parameter.name} was removed"
                self._tell("request-parameter-removed", Level.UNCLEAR, parameter.name, told, parameter.pointer, True)
        for key, parameter in becomes.items():
            if key in was:
                self._parameter(was[key], parameter)
            else:
                self._new_parameter(parameter)

    def _new_parameter(self, parameter: Parameter) -> None:
        which = "required" if parameter.required else "optional"
        level = Level.BREAKING if parameter.required else Level.COMPATIBLE
        told = f"the {which} {parameter.location} parameter {parameter.name} was added"
        self._tell(f"new-{which}-request-parameter", level, parameter.name, told, parameter.pointer, False)

    def _parameter(self, was: Parameter, becomes: Parameter) -> None:
        named = f"the {becomes.location} parameter {becomes.name}"
        if was.required != becomes.required:
            which, level = ("required", Level.BREAKING) if becomes.required else ("optional", Level.COMPATIBLE)
            told = f"{named} became {which}"
            self._tell(f"request-parameter-became-{which}", level, becomes.name, told, becomes.pointer, False)
        if self._is_written_otherwise(was, becomes):
            told = f"{named} is written otherwise (style, explode or content)"
            changed = "request-parameter-serialization-changed"
            self._tell(changed, Level.BREAKING, becomes.name, told, becomes.pointer, False)
        raw = _raw(self._before, was), _raw(self._after, becomes)
        self._deprecation(*raw, "request-parameter", becomes.name, named, becomes.pointer)
        is_text = was.media_type is None and becomes.media_type is None
        known = (was.schema, was.pointer + "/schema", becomes.schema, becomes.pointer + "/schema")
        self._schemas.compare(*known, Place("request", "parameter", named, f"/{becomes.name}", is_text=is_text))

    def _is_written_otherwise(self, was: Parameter, becomes: Parameter) -> bool:
        """Whether what a client writes would be read as another value (RFC 6570, OpenAPI 3.1's style values)."""
        if was.media_type != becomes.media_type:
            return True
        if is_scalar(self._before, was.schema):  # most styles differ in how they write lists and objects alone
            return was.style != becomes.style and bool({was.style, becomes.style} & _PREFIXED)
        return (was.style, was.explode) != (becomes.style, becomes.explode)

    def _body(self) -> None:
        was, becomes, at = self._was.body, self._becomes.body, self._becomes.pointer
        if was is None and becomes is not None:
            which = "required" if becomes.required else "optional"
            level = Level.BREAKING if becomes.required else Level.COMPATIBLE
            there = at + "/requestBody"
            self._tell(f"request-body-added-{which}", level, "", f"a body was added, {which}", there, False)
        if was is not None and becomes is None:
            there = self._was.pointer + "/requestBody"
            self._tell("request-body-removed", Level.BREAKING, "", "the body was removed", there, True)
        if was is None or becomes is None:
            return
        if was.required != becomes.required:
            which, level = ("required", Level.BREAKING) if becomes.required else ("optional", Level.COMPATIBLE)
            self._tell(
                f"request-body-became-{which}", level, "", f"the body became {which}", at + "/requestBody", False
            )
        self._contents("request", "the body", "request-body", was.content, becomes.content)

    # What is answered

    def _responses(self) -> None:
        was, becomes = self._was.responses, self._becomes.responses
        for status, response in was.items():
            if status not in becomes:
                is_success = _is_success(status)
                level = Level.BREAKING if is_success else Level.COMPATIBLE
                at = self._was.pointer + pointer("responses", status)
                removed = f"response-{'success' if is_success else 'non-success'}-status-removed"
                self._tell(removed, level, status, f"the status {status} was removed", at, True)
                continue
            self._response(status, response, becomes[status])
        for status in becomes:
            if status not in was:
                kind = "success" if _is_success(status) else "non-success"
                at = self._becomes.pointer + pointer("responses", status)
                told = f"the status {status} was added"
                self._tell(f"response-{kind}-status-added", Level.COMPATIBLE, status, told, at, False)

    def _response(self, status: str, was: Response, becomes: Response) -> None:
        self._contents("response", f"the answer {status}", "response", was.content, becomes.content)
        at = self._becomes.pointer + pointer("responses", status, "headers")
        old = self._was.pointer + pointer("responses", status, "headers")
        known_by, now_by = _by_field(was), _by_field(becomes)
        for name, header in was.headers.items():
            if name.lower() not in now_by:
                which = "required" if header.required else "optional"
                level = Level.BREAKING if header.required else Level.COMPATIBLE
                told = f"the {which} header field {name} of {status} was removed"
                self._tell(f"{which}-response-header-removed", level, name, told, old + pointer(name), True)
        for name, header in becomes.headers.items():
            known, there = known_by.get(name.lower()), at + pointer(name)
            if known is None:
                told = f"the header field {name} of {status} was added"
                self._tell("response-header-added", Level.COMPATIBLE, name, told, there, False)
                continue
            if known.required != header.required:
                which, level = ("required", Level.COMPATIBLE) if header.required else ("optional", Level.BREAKING)
                told = f"the header field {name} of {status} became {which}"
                self._tell(f"response-header-became-{which}", level, name, told, there, False)
            place = Place("response", "header", f"the header field {name} of {status}", f"/{name}")
            known_at = old + pointer(known.name, "schema")
            self._schemas.compare(known.schema, known_at, header.schema, there + "/schema", place)

    def _contents(
        self, direction: Direction, named: str, id: str, was: Mapping[str, Media], becomes: Mapping[str, Media]
    ) -> None:
        for kind, media in was.items():
            if kind not in becomes:
                told = f"{named}: the media type {kind} was removed"
                self._tell(f"{id}-media-type-removed", Level.BREAKING, kind, told, media.pointer, True)
        for kind, media in becomes.items():
            if kind not in was:
                told = f"{named}: the media type {kind} was added"
                self._tell(f"{id}-media-type-added", Level.COMPATIBLE, kind, told, media.pointer, False)
                continue
            known = was[kind]
            schemas = (known.schema, known.pointer + "/schema", media.schema, media.pointer + "/schema")
            self._schemas.compare(*schemas, Place(direction, "body", named))

    # Who may ask

    def _security(self) -> None:
        was, becomes, at = _requirements(self._was), _requirements(self._becomes), self._becomes.pointer
        if was == becomes:
            return
        if not was or not becomes:
            name, level = ("removed", Level.BREAKING) if becomes else ("added", Level.COMPATIBLE)
            told = "whoever asks has to say who they are now" if becomes else "nobody has to say who they are any more"
            self._tell(f"api-security-anonymous-access-{name}", level, "", told, at, False)
            return
        for names, scopes in was.items():
            told = " and ".join(names) or "nobody"
            if names not in becomes:
                self._tell("api-security-removed", Level.BREAKING, told, f"{told} opens it no more", at, False)
                continue
            for scope in becomes[names] - scopes:
                message = f"{told} needs the scope {scope} now"
                self._tell("api-security-scope-added", Level.BREAKING, scope, message, at, False)
            for scope in scopes - becomes[names]:
                message = f"{told} needs the scope {scope} no more"
                self._tell("api-security-scope-removed", Level.COMPATIBLE, scope, message, at, False)
        for names in becomes.keys() - was.keys():
            told = " and ".join(names) or "nobody"
            self._tell("api-security-added", Level.COMPATIBLE, told, f"{told} opens it now", at, False)

    def _callbacks(self) -> None:
        calls = callbacks_of(self._before, self._was), callbacks_of(self._after, self._becomes)
        comparison = CallComparison(self._before, self._after, "callback", str(self._becomes))
        self._changes += comparison.changes(*calls)


def _by_place(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """The parameters; those of the path by where they stand in it."""
    positions = {name: str(index) for index, name in enumerate(_PARAMETER.findall(operation.path))}
    found = {}
    for one in operation.parameters:
        name = positions.get(f"{{{one.name}}}", one.name) if one.location == "path" else one.name
        found[one.location, name.lower() if one.location == "header" else name] = one
    return found


def _by_field(response: Response) -> dict[str, Header]:
    """The header fields, by what tells them apart (RFC 9110, 5.1)."""
    return {name.lower(): header for name, header in response.headers.items()}


def _is_success(status: str) -> bool:
    return status[:1] == "2"


def _requirements(operation: Operation) -> dict[tuple[str, ...], frozenset[str]]:
    """The alternatives of an operation's security, each with the scopes that it asks for."""
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for number, names in enumerate(operation.security):
        asked = operation.scopes[number] if number < len(operation.scopes) else {}
        scopes = frozenset(f"{name}: {scope}" for name in names for scope in asked.get(name, ()))
        found[tuple(sorted(names))] = scopes
    return found


_SCHEME = {
    "type": "type-changed", "name": "api-key-name-changed", "in": "api-key-in-changed", "scheme": "http-scheme-changed",
}  # fmt: skip


def _of_schemes(before: Contract, after: Contract) -> Iterator[Change]:
    at = "/securityDefinitions" if "swagger" in after.data else "/components/securitySchemes"
    for name, scheme in after.security_schemes.items():
        known = before.security_schemes.get(name)
        if not isinstance(known, dict) or not isinstance(scheme, dict):
            continue
        for key, name_of_change in _SCHEME.items():
            if known.get(key) != scheme.get(key):
                file, line = after.locate(at + pointer(name))
                told = f"the security scheme {name}: `{key}` was changed from {known.get(key)} to {scheme.get(key)}"
                yield Change(f"security-scheme-{name_of_change}", Level.BREAKING, "", name, told, file, line)


def _of_rules(before: Contract, after: Contract) -> Iterator[Change]:
    """What the annotations promise otherwise; what OpenAPI's own keywords say is compared as schemas are."""
    was = {rule.id: rule for rule in before.rules.values() if not rule.native}
    becomes = {rule.id: rule for rule in after.rules.values() if not rule.native}
    for rule in was.values():
        if rule.id not in becomes:
            # Nothing is refused any more for it; whether a client relied on that, it knows.
            level = Level.UNCLEAR if rule.hides or not rule.refuses else Level.COMPATIBLE
            yield Change(
                "rule-removed", level, "", rule.id, f"it is no rule any more that {rule}", rule.file, rule.line
            )
    for rule in becomes.values():
        known = was.get(rule.id)
        if known is None:
            level = Level.BREAKING if rule.refuses or rule.hides else Level.UNCLEAR
            yield Change("rule-added", level, "", rule.id, f"it is a rule now that {rule}", rule.file, rule.line)
        elif known != rule:
            yield _changed_rule(known, rule)


def _changed_rule(was: Rule, becomes: Rule) -> Change:
    if was.status != becomes.status and str(was) == str(becomes):
        told = (
            f"{becomes.id} is refused with {becomes.status or 'the usual status'}, not {was.status or 'the usual one'}"
        )
        return Change("rule-status-changed", Level.BREAKING, "", becomes.id, told, becomes.file, becomes.line)
    told = f"the rule that {was} is now that {becomes}"
    is_looser = becomes.looser_than(was)
    level = Level.UNCLEAR if is_looser is None else Level.COMPATIBLE if is_looser else Level.BREAKING
    return Change("rule-changed", level, "", becomes.id, told, becomes.file, becomes.line)
