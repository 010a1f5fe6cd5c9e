"""A program: an expression that an annotation says of documents, held to what their schema knows."""

from __future__ import annotations

from typing import Any

from specdouble.contract.expression import ExpressionError, compiled
from specdouble.contract.expression_tree import text_of
from specdouble.contract.kind import Annotation
from specdouble.contract.typing import Typing, whole

_WANTED = {"BOOL": ("boolean", "condition"), "STRING": ("string", "text")}


def program_of(
    annotation: Annotation,
    text: str,
    schema: Any,
    *below: str | int,
    kind: str = "",
    variables: tuple[str, ...] = ("self",),
) -> str | None:
    """The expression with conversions where schemas ask for them; None where it is wrong, which is noted.

    Args:
        annotation: what says it.
        text: the expression.
        schema: the schema of what its variables stand for.
        below: where in the annotation it stands.
        kind: the type that its value must have: `BOOL`, `STRING`; empty where any will do.
        variables: the names that it may speak of.
    """
    document, is_sound = annotation.document, True

    def find(reason: str, remedy: str) -> None:
        nonlocal is_sound
        is_sound = False
        annotation.find(reason, remedy, *below)

    known = frozenset(variables)
    try:
        expression = compiled(text, known)
    except ExpressionError as error:
        where = f" at character {error.column}" if error.column else ""
        find(f"the expression is refused{where}: {error.reason}", error.remedy)
        return None
    type_wanted, wanted = _WANTED.get(kind, ("", ""))
    if kind and expression.kind not in (kind, "DYN"):
        find(f"the expression is no {wanted}: its type is {expression.kind.lower()}", f"write a {wanted}")
        return None
    types = dict.fromkeys(variables, whole(document, schema))
    typed = Typing(document, find).typed(expression.tree, types)
    if kind and is_sound and typed.kind not in ("", type_wanted):
        find(f"the expression is no {wanted}: its type is {typed.kind}", f"write a {wanted}")
    if not is_sound:
        return None
    try:
        return compiled(text_of(typed.node), known).text
    except ExpressionError:
        return text  # what no tree can be written as: as the author wrote it
