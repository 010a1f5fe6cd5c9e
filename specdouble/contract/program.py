"""A program: an expression that an annotation says of documents, held to what their schema knows."""

from __future__ import annotations

from typing import Any

from specdouble.contract.expression import Expression, ExpressionError, compiled
from specdouble.contract.expression_tree import Node, text_of
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
    program = _Program(annotation, below, frozenset(variables))
    expression = program.compiled(text)
    if expression is None:
        return None
    typed = program.typed(expression, schema, kind)
    if typed is None:
        return None
    try:
        return compiled(text_of(typed), program.variables).text
    except ExpressionError:
        return text  # what no tree can be written as: as the author wrote it


class _Program:
    """One expression of an annotation; what is wrong with it is noted where it stands."""

    def __init__(self, annotation: Annotation, below: tuple[str | int, ...], variables: frozenset[str]) -> None:
        self._annotation, self._below = annotation, below
        self.variables = variables
        self._is_sound = True

    def _find(self, reason: str, remedy: str) -> None:
        self._is_sound = False
        self._annotation.find(reason, remedy, *self._below)

    def compiled(self, text: str) -> Expression | None:
        """The expression as the library reads it; None where it refuses it."""
        try:
            return compiled(text, self.variables)
        except ExpressionError as error:
            where = f" at character {error.column}" if error.column else ""
            self._find(f"the expression is refused{where}: {error.reason}", error.remedy)
            return None

    def typed(self, expression: Expression, schema: Any, kind: str) -> Node | None:
        """The expression with conversions, where its value has the type of that kind; None where it has not.

        The library knows the types of operators, the schemas those of properties.
        """
        type_wanted, wanted = _WANTED.get(kind, ("", ""))
        if kind and expression.kind not in (kind, "DYN"):
            self._find(f"the expression is no {wanted}: its type is {expression.kind.lower()}", f"write a {wanted}")
            return None
        document = self._annotation.document
        types = dict.fromkeys(self.variables, whole(document, schema))
        typed = Typing(document, self._find).typed(expression.tree, types)
        if kind and self._is_sound and typed.kind not in ("", type_wanted):
            self._find(f"the expression is no {wanted}: its type is {typed.kind}", f"write a {wanted}")
        return typed.node if self._is_sound else None
