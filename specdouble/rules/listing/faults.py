"""Parameters of lists that do nothing, and totals that count the page alone."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract import Contract
from specdouble.prove.change import answering, replying
from specdouble.prove.facts import creators, rules_of
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.prove.message import page_counted, without_parameter
from specdouble.rules.listing.rule import ListParameters

_PAGES = ("page", "offset", "cursor")


def mutants(contract: Contract) -> Mutants:
    """The mutants of every list whose parameters a rule names."""
    for rule in rules_of(contract, ListParameters):
        action = contract.actions[rule.operation]
        why = "" if creators(contract, action.collection) else f"no operation creates documents of {action.collection}"
        for name, target, sentence, change in _faults(contract, rule):
            yield Mutant(f"listing.{name}", target, sentence, change, (rule.id,), (rule.operation,), why)


def _faults(contract: Contract, rule: ListParameters) -> Iterator[tuple[str, str, str, Change]]:
    key, said = rule.operation, rule.said
    for role, name in said.roles.items():
        wrong = "page" if role in _PAGES else role
        sentence = f"{key} shows the same, whatever {name} asks for."
        yield f"{wrong}-ignored", f"{key}.{name}", sentence, answering((key,), without_parameter(name))
    for name, by in (said.filters or {}).items():
        sentence = f"{key} shows documents of any {by}, whatever {name} asks for."
        yield "filter-ignored", f"{key}.{name}", sentence, answering((key,), without_parameter(name))
    if said.total:
        envelope = contract.actions[key].envelope
        sentence = f"{key} tells by {said.total} how many documents it shows, not how many there are."
        yield "page-counted", f"{key}.{said.total}", sentence, replying((key,), page_counted(said.total, envelope))
