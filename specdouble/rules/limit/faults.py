"""One document too many, or one too few; and documents that are counted in the wrong scope, or when they are gone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract
from specdouble.double.state.keeper import Document, View
from specdouble.double.state.key import key_of
from specdouble.double.state.problem import Broken
from specdouble.prove.change import began, kept, kept_as, refused_wrongly, together, turn, unkept, waiting
from specdouble.prove.facts import changers, creators, doing, rules_of, sendable
from specdouble.prove.fault import Change, Fault, Mutants, mutants_of_rule
from specdouble.rules.limit.keep import LimitKeeper
from specdouble.rules.limit.rule import REACHABLE, Limit


def mutants(contract: Contract) -> Mutants:
    """The mutants of every limit."""
    for rule in rules_of(contract, Limit):
        why = _unreached(contract, rule)
        yield from mutants_of_rule(rule, _faults(contract, rule), why)
        yield from mutants_of_rule(rule, _countable(rule), why or _uncounted(contract, rule))


def _unreached(contract: Contract, rule: Limit) -> str:
    """Why no request comes to the limit; empty where one does."""
    if not creators(contract, rule.collection):
        return f"no operation creates documents of {rule.collection}"
    return f"{rule.most} documents are more than a verifier makes" if rule.most > REACHABLE else ""


def _uncounted(contract: Contract, rule: Limit) -> str:
    """Why nobody knows how many documents a scope has; empty where a list shows all of them."""
    resource = contract.resources[rule.collection]
    lists = [contract.actions[key] for key in doing(contract, rule.collection, "list")]
    if not lists:
        return f"no operation lists documents of {rule.collection}: nobody knows how many there are"
    below = {name for _, name in lists[0].scope}
    seen = below <= {*rule.per} and rule.is_seen_whole(resource)
    return "" if seen else f"a list leaves out documents that are counted too: {rule}"


def _faults(contract: Contract, rule: Limit) -> Iterator[Fault]:
    things, resource = rule.collection, contract.resources[rule.collection]
    yield "dropped", f"There may be any number of documents of {things}.", unkept(rule)
    sentence = f"Of several creations at the same time, all succeed where one document of {things} is missing."
    yield "not-atomic", sentence, _racing(contract, rule)
    if resource.owner in rule.per:
        sentence = f"The documents of {things} of all owners are counted together."
        others = tuple(name for name in rule.per if name != resource.owner)
        yield "counted-for-all", sentence, kept_as(rule, replace(rule, per=others))
    elif resource.owner and not rule.per:
        sentence = f"Each owner may have {rule.most} documents of {things}, not all together."
        yield "counted-for-each", sentence, kept_as(rule, replace(rule, per=(resource.owner,)))
    if doing(contract, things, "delete"):
        sentence = f"A document of {things} that was deleted is counted still."
        yield "counts-deleted", sentence, kept(rule, Remembering)
    changeable = [sendable(contract, contract.operations[key]) for key in changers(contract, things)]
    if any(name in taken for taken in changeable for name in rule.per):
        sentence = f"A change may bring a document of {things} where there are {rule.most} already."
        yield "unchecked-on-update", sentence, kept(rule, Blind)
    yield from refused_wrongly(contract, rule, f"One document of {things} too many")


def _countable(rule: Limit) -> Iterator[Fault]:
    """What shows where it is known how many documents there are."""
    things = rule.collection
    sentence = f"There may be {rule.most + 1} documents of {things}, one too many."
    yield "one-too-many", sentence, kept_as(rule, replace(rule, most=rule.most + 1))
    sentence = f"There may be {rule.most - 1} documents of {things}, one too few."
    yield "one-too-few", sentence, kept_as(rule, replace(rule, most=rule.most - 1))


class Remembering(LimitKeeper):
    """Counts every document that there ever was."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.made: Counter[str] = Counter()

    def held(self, scope: Document, view: View) -> int:
        """Those that were made, whether they are there or not."""
        return max(self.made[_key(scope)], super().held(scope, view))

    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        """Whether the scope has had its number."""
        found = super().broken(after, before, touched, view)
        if found is None and before is None:
            self.made[_key(self.rule.scope(after))] += 1
        return found


class Blind(LimitKeeper):
    """Looks at new documents alone."""

    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        """Nothing that a change does."""
        return super().broken(after, before, touched, view) if before is None else None


class Late(LimitKeeper):
    """Counts what was there when the request came, not when it writes."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written: dict[str, list[int]] = defaultdict(list)

    def held(self, scope: Document, view: View) -> int:
        """Without those that were written since."""
        return super().held(scope, view) - sum(at > began() for at in self.written[_key(scope)])

    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        """Whether the scope was full."""
        found = super().broken(after, before, touched, view)
        if found is None and before is None:
            self.written[_key(self.rule.scope(after))].append(turn())
        return found


def _racing(contract: Contract, rule: Limit) -> Change:
    return together(kept(rule, Late), waiting(tuple(creators(contract, rule.collection))))


def _key(scope: Document) -> str:
    return key_of([*scope.values()])
