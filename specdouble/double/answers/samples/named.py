"""What a request's path names, in the sample that answers it: `/profiles/mia` shows the profile of mia."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.arguments import argument_name
from specdouble.contract.identity import holder, identity_of, is_number, segment_of
from specdouble.contract.json_type import JSON

Place = tuple[str, ...]
EACH = "\0each"  # in a place, every item of an array: no property is called so
_PARAMETER = re.compile(r"\{([^{}]+)\}")


def named_places(contract: Contract, operation: Operation, media: Media | None) -> dict[Place, str]:
    """Where an answer holds what the path names: the place in the body, and the argument that is it.

    Args:
        contract: the contract.
        operation: the operation.
        media: the answer's representation; None where it has no body.
    """
    if media is None or media.slot is None or "{" not in operation.path:
        return {}
    for within, properties in _objects(contract, media):
        found = dict(_named(operation, properties))
        if found:
            return {(*within, name): argument_name(parameter) for name, parameter in found.items()}
    for within, properties in _items(contract, media):
        parents = {
            name: one for name, one in _named(operation, properties) if not operation.path.endswith(f"{{{one}}}")
        }
        if parents:
            return {(*within, EACH, name): argument_name(parameter) for name, parameter in parents.items()}
    return {}


def with_named(sample: JSON, places: Mapping[Place, str], arguments: Mapping[str, JSON]) -> JSON:
    """The sample with what the path names where it has objects to hold it; the sample itself stays as it is."""
    whole = sample
    for place, argument in places.items():
        if argument in arguments:
            whole = _with_value_at(whole, place, arguments[argument])
    return whole


def _objects(contract: Contract, media: Media) -> Iterator[tuple[Place, dict[str, dict[str, JSON]]]]:
    """The answer's properties, then those of the objects in its envelope."""
    root = contract.fields(media.schema)
    yield (), root
    for name, part in root.items():
        inner = contract.fields(part)
        if inner:
            yield (name,), inner


def _items(contract: Contract, media: Media) -> Iterator[tuple[Place, dict[str, dict[str, JSON]]]]:
    """The properties of what arrays hold: the answer itself, or one in its envelope."""
    parts: list[tuple[Place, JSON]] = [((), media.schema)]
    parts += [((name,), part) for name, part in contract.parts(media.schema).items()]
    for within, part in parts:
        item = contract.item(part)
        if item is not contract.resolve(part) and (properties := contract.fields(item)):
            yield within, properties


def _named(operation: Operation, properties: Mapping[str, dict[str, JSON]]) -> Iterator[tuple[str, str]]:
    """Each property that a parameter of the path names, and the parameter; nearer ones before those of parents."""
    taken: set[str] = set()
    for match in reversed([*_PARAMETER.finditer(operation.path)]):
        above, below = operation.path[: match.start()], operation.path[match.end() :]
        parameter, segment = match[1], segment_of(above)
        if below.strip("/"):
            found = holder(parameter, segment, properties, "")
        else:
            found = identity_of(properties, parameter, segment, is_number(operation, parameter))
        if found is not None and found not in taken:
            taken.add(found)
            yield found, parameter


def _with_value_at(whole: JSON, place: Place, value: JSON) -> JSON:
    name, *rest = place
    if name == EACH:
        return [_with_value_at(one, tuple(rest), value) for one in whole] if isinstance(whole, list) else whole
    if not isinstance(whole, dict):
        return whole
    if not rest:
        return {**whole, name: value}
    return {**whole, name: _with_value_at(whole[name], tuple(rest), value)} if name in whole else whole
