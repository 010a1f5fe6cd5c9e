"""The arguments of the function that answers an operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from specdouble.contract.operation import Operation

CALLER = "\0user"  # beside the parameters, one of which may be called `user`


def wanted_arguments(handler: Callable[..., Any], operation: Operation) -> list[tuple[str, str, bool]]:
    """The handler's arguments: its name for each, the contract's, and whether it may be left out.

    A header field `Idempotency-Key` and a query parameter `idempotency_key` are one argument: what was sent of the two,
    the later one in the contract if both were.

    Raises:
        TypeError: it asks for what the operation has not.
    """
    known = [parameter.name for parameter in operation.parameters] + (["body"] if operation.body else [])
    names: dict[str, list[str]] = {}
    for name in dict.fromkeys(known):
        names.setdefault(argument_name(name), []).append(name)
    everything = {"user": [CALLER], **names}
    by_argument = {**everything, "user": [CALLER]}  # whoever names `user` means the caller, not a parameter
    wanted = []
    for argument in inspect.signature(handler).parameters.values():
        if argument.kind is inspect.Parameter.VAR_KEYWORD:
            wanted += [(one, name, True) for one, those in everything.items() for name in those]
        elif argument.name in by_argument:
            optional = argument.default is not inspect.Parameter.empty
            first, *others = by_argument[argument.name]
            wanted += [(argument.name, first, optional), *((argument.name, name, True) for name in others)]
        elif argument.default is inspect.Parameter.empty:
            raise TypeError(f"asks for `{argument.name}`; {operation.id} has {', '.join(sorted(by_argument))}")
    return wanted


def arguments_of(wanted: list[tuple[str, str, bool]], values: Mapping[str, Any]) -> dict[str, Any]:
    """What a function is called with, from the values of a request by the contract's names."""
    arguments: dict[str, Any] = {}
    for argument, name, is_optional in wanted:
        # A handler's own default stands for what was not sent.
        if not is_optional or name in values:
            arguments[argument] = values.get(name)
    return arguments


def argument_name(name: str) -> str:
    """The Python name of a parameter: `X-Request-Id` is `x_request_id`; a name that is one already stays."""
    return name if name.isidentifier() else "".join(char if char.isalnum() else "_" for char in name).strip("_").lower()
