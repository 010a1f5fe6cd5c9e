"""The examples of error responses: for which refusal one is the body, and what shape it shows for all others."""

from __future__ import annotations

from specdouble.contract import Contract, Media, Response
from specdouble.contract.json_type import JSON, Schema
from specdouble.double.http.error_code import tells, tells_another

_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def own_example(contract: Contract, response: Response | None, media: Media, status: int) -> JSON:
    """The first example that is the body of this very status; None where the contract has none.

    The example of a class of statuses or of the `default` tells of one problem of many. So does one that several
    statuses share, but to that whose code it tells; and one that tells the number of another status is a slip.
    """
    if response is None or response.status != str(status):
        return None
    for example in media.examples.values():
        is_shared = repr(example) in contract.shared_examples and not tells(example, status)
        if not is_shared and not tells_another(example, status):
            return example
    return None


def shape_of(example: JSON) -> Schema:
    """The schema of bodies like the example; what it has for each part stands there as `example`."""
    schema: dict[str, JSON] = {"example": example}
    kind = _TYPES.get(type(example))
    if kind is not None:
        schema["type"] = kind
    if isinstance(example, dict):
        schema["properties"] = {name: shape_of(value) for name, value in example.items()}
        schema["required"] = list(example)
    elif isinstance(example, list):
        schema["items"] = shape_of(example[0]) if example else {}
    return schema
