"""What each rule decided about an exchange, told when somebody asks: while it serves, nothing of it is worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from specdouble.contract import CollectionRule, Contract, OperationRule, Rule
from specdouble.contract.json_type import JSON
from specdouble.contract.rule import ScopeRule
from specdouble.double.state.hidden import Hidden
from specdouble.double.state.journal import Entry

Verdict = Literal["refused", "kept", "not asked"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one rule said of one exchange.

    Args:
        rule: the rule.
        verdict: `refused`; `kept`, it was asked and had nothing against it; `not asked`, the exchange ended before.
        message: why it refused, as a sentence.
        document: the id of the stored document that was in the way.
    """

    rule: Rule
    verdict: Verdict
    message: str = ""
    document: JSON = None


def decisions(contract: Contract, entry: Entry, hidden: Hidden | None = None) -> list[Decision]:
    """The decision of each rule that the exchange could meet, in the order of the contract; refusals first.

    Args:
        contract: whose rules they are.
        entry: the exchange.
        hidden: what its 404 has hidden.
    """
    refusals = dict(_refusals(entry))
    if hidden is not None:
        refusals.setdefault(hidden.rule.id, hidden.as_json())
    found = [_decision(rule, refusals, entry) for rule in _concerned(contract, entry, refusals)]
    return sorted(found, key=lambda decision: decision.verdict != "refused")


def _concerned(contract: Contract, entry: Entry, refusals: Mapping[str, dict[str, JSON]]) -> list[Rule]:
    """The rules of the operation, and of whatever its handler wrote to."""
    operation = contract.operations.get(entry.operation or "")
    found = {rule.id: rule for rule in (contract.rules_of(operation) if operation else ())}
    written = {write[0] for write in entry.writes}
    for rule in contract.rules.values():
        if rule.id in refusals or (isinstance(rule, CollectionRule) and rule.collection in written):
            found[rule.id] = rule
    return list(found.values())


def _refusals(entry: Entry) -> Iterator[tuple[str, dict[str, JSON]]]:
    """What each rule that refused said."""
    explanation = entry.explained() or {}
    if entry.rule is not None:
        yield entry.rule, {"message": explanation.get("detail") or explanation.get("title") or ""}
    for told in explanation.get("rules") or ():
        if isinstance(told, dict):
            yield told["rule"], told


def _decision(rule: Rule, refusals: Mapping[str, dict[str, JSON]], entry: Entry) -> Decision:
    refusal = refusals.get(rule.id)
    if refusal is not None:
        return Decision(rule, "refused", str(refusal["message"]), refusal.get("document"))
    return Decision(rule, "kept" if _was_asked(rule, entry) else "not asked")


def _was_asked(rule: Rule, entry: Entry) -> bool:
    if isinstance(rule, OperationRule):  # before the request is read, once it is known who asks
        return entry.is_read or (entry.caller is not None and entry.rule is None)
    if not entry.is_read or not isinstance(rule, CollectionRule):
        return False
    if isinstance(rule, ScopeRule):  # whose documents are looked at, every read asks
        return True
    return any(write[0] == rule.collection and write[2] is not None for write in entry.writes)
