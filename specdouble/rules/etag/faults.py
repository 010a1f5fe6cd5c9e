"""Tags that are not told, stand still or are not compared, and changes that need not name one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract import Contract
from specdouble.double.http.compiled_operation import Outcome
from specdouble.prove.change import answering, changed_answer, guarded, is_success, replying
from specdouble.prove.facts import creators, doing, rules_of
from specdouble.prove.fault import Mutant, Mutants
from specdouble.prove.message import with_field
from specdouble.rules.etag.keep import ConditionalGuard
from specdouble.rules.etag.rule import FIELD, IF_MATCH, IF_NONE_MATCH, Conditional, ETag

_CHANGES = ("update", "replace", "delete", "act")


def mutants(contract: Contract) -> Mutants:
    """The mutants of every collection whose documents have tags."""
    for rule in rules_of(contract, ETag):
        yield from _of(contract, rule)
    for conditional in rules_of(contract, Conditional):
        key = conditional.operation
        sentence = f"{key} is done though no version is named."
        yield Mutant("etag.not-required", key, sentence, guarded(conditional, Open), (conditional.id,), (key,))


def _of(contract: Contract, rule: ETag) -> Mutants:
    things, readers = rule.collection, tuple(doing(contract, rule.collection, "read"))
    why = "" if creators(contract, things) and readers else f"no operation makes and reads documents of {things}"
    everywhere = tuple(doing(contract, things, "create", "read", *_CHANGES))
    sentence = f"No answer tells the tag of a document of {things}."
    yield _mutant(rule, "untold", things, sentence, replying(everywhere, _without_tag), everywhere, why)
    changing = tuple(doing(contract, things, *_CHANGES))
    if any(contract.actions[key].does != "delete" for key in changing):
        sentence = f"A document of {things} has the same tag after a change."
        yield _mutant(rule, "stands-still", things, sentence, replying(everywhere, _with_one_tag), everywhere, why)
    for key in changing:
        sentence = f"{key} is done whatever version is named."
        change = answering((key,), with_field(IF_MATCH, b"*"))
        yield _mutant(rule, "not-compared", key, sentence, change, (key,), why)
    for key in readers:
        sentence = f"{key} sends the whole document to who has it already."
        change = answering((key,), with_field(IF_NONE_MATCH, b'"none"'))
        yield _mutant(rule, "never-304", key, sentence, change, (key,), why)


def _mutant(rule: ETag, name: str, target: str, sentence: str, change: Any, ids: tuple[str, ...], why: str) -> Mutant:
    return Mutant(f"etag.{name}", target, sentence, change, (rule.id,), ids, why)


class Open(ConditionalGuard):
    """Asks for nothing."""

    def admit(self, user: Mapping[str, Any] | None, headers: Mapping[bytes, bytes]) -> None:
        """Whatever the request says."""


def _fields(outcome: Outcome) -> Iterator[tuple[bytes, bytes]]:
    return (one for one in outcome.answer.headers if one[0].lower() != FIELD.lower().encode())


def _without_tag(outcome: Outcome) -> Outcome:
    return changed_answer(outcome, headers=[*_fields(outcome)]) if is_success(outcome) else outcome


def _with_one_tag(outcome: Outcome) -> Outcome:
    if not is_success(outcome):
        return outcome
    return changed_answer(outcome, headers=[*_fields(outcome), (FIELD.lower().encode(), b'"1"')])
