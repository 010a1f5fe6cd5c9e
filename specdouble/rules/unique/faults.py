"""Unique values, taken too strictly, too loosely, too late or in the wrong scope."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract, PropertyRule
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Document, View
from specdouble.double.state.problem import Broken, Refusal
from specdouble.double.state.store import InsertOneResult
from specdouble.prove.change import began, keeping, kept, refused_wrongly, together, turn, unkept, waiting
from specdouble.prove.facts import changers, creators, doing, kind_of, rules_of, sendable, settable, unwritten
from specdouble.prove.fault import Change, Fault, Mutant, Mutants, mutants_of_rule
from specdouble.rules.unique.keep import UniqueKeeper
from specdouble.rules.unique.rule import Unique, UniqueKey, UniqueTogether

LONGEST = 64


def mutants(contract: Contract) -> Mutants:
    """The mutants of every rule of unique values."""
    for key in rules_of(contract, UniqueTogether):
        why = unwritten(contract, key.collection) or _untold(contract, key)
        yield from mutants_of_rule(key, [*_of_several(contract, key), *_conditions(key)], why)
    for rule in rules_of(contract, Unique):
        why = unwritten(contract, rule.collection)
        for fault in _faults(contract, rule):
            yield from mutants_of_rule(rule, [fault], why or _unwritable(contract, rule, fault[0]))
        if _is_refused_for_others(contract, rule.collection):
            sentence = f"The {rule.name} of a document that is refused for what it names stays taken."
            concerns = (rule.id, "refused_leaves_no_trace")
            yield Mutant("unique.taken-by-refused", rule.about, sentence, _reserving(rule), concerns, equivalent=why)


_SPELLINGS = {
    "case-ignored-in-ascii-alone": "Ärzte",
    "case-lowered-not-folded": "Straße",
    "not-normalised": "Cafe\u0301",
    "space-not-ignored": " Sales ",
    "space-ignored": " Sales ",
    "inner-space-ignored": "New  Leads",
    "accents-ignored": "résumé",
    "case-not-ignored": "sales",
    "case-ignored": "sales",
    "compared-by-prefix": "n" * (LONGEST + 20),
}


def _unwritable(contract: Contract, rule: Unique, kind: str) -> str:
    """Why no value that an operation takes shows the fault; empty where one does."""
    text = _SPELLINGS.get(kind)
    if text is None:
        return ""
    spelled = {text, text.upper()} if kind.startswith("case") else {text}
    # What is no name of its kind may still stand in an address, where the schema takes nothing else.
    ways = [spelled, {f"{one}@{one}.example" for one in spelled}]
    if kind == "compared-by-prefix":
        ways.append({f"{'n' * 60}@{'n' * 60}.example"})
    ids = [*creators(contract, rule.collection), *changers(contract, rule.collection)]
    schemas = [sendable(contract, contract.operations[key]).get(rule.name) for key in ids]
    for schema in schemas:
        slot = None if schema is None else contract.schemas.slot(schema, "request")
        if slot and any(all(contract.schemas.is_valid(slot, one) for one in way) for way in ways):
            return ""
    return f"no operation takes a {rule.name} in which the difference could show"


def _faults(contract: Contract, rule: Unique) -> Iterator[Fault]:
    name, things = rule.name, rule.collection
    yield "dropped", f"Two documents of {things} may have the same {name}.", unkept(rule)
    yield "always-taken", f"Any {name} is taken once there is a document of {things}.", _always_taken(rule)
    yield "not-atomic", f"Of several creations at the same time with one {name}, all succeed.", racing(contract, rule)
    yield "overwrites", f"A creation with a taken {name} replaces the older document.", _overwriting(rule)
    for kind, sentence, within in _scopes(contract, rule):
        yield kind, sentence, _ruled(rule, functools.partial(_within, within))
    if kind_of(contract.resources[things].properties.get(name, {})) == "string":
        yield from _spellings(rule)
    # A value that no change may set is no other document's by a change: nothing would show the faults of updates.
    fixed = any(one.final and one.name == name for one in contract.resources[things].of(PropertyRule))
    if not fixed and any(name in sendable(contract, contract.operations[key]) for key in changers(contract, things)):
        yield from _on_update(rule)
    if doing(contract, things, "delete") and not _stays_taken(contract, things):
        yield (
            "not-freed-by-delete",
            f"The {name} of a deleted document stays taken.",
            never_freed(rule),
        )
    yield from _conditions(rule)
    yield from refused_wrongly(contract, rule, f"A taken {name}")


def _is_refused_for_others(contract: Contract, things: str) -> bool:
    """Whether a create is refused for naming what is not there."""
    taken = {name for key in creators(contract, things) for name in sendable(contract, contract.operations[key])}
    return any(one.refers_to and one.name in taken for one in contract.resources[things].of(PropertyRule))


def _reserving(rule: Unique) -> Change:
    """Take the key before other rules are asked, and keep it."""
    reserved, asked = set[str](), list[str]()

    class Remembering(UniqueKeeper):
        def broken(self, after: Document, before: Any, touched: Any, view: View) -> Broken | None:
            key = after.get(self.key_field)
            if before is None and key is not None:
                asked.append(key)
            if before is None and key in reserved:
                return Broken(self.rule, self.taken, None, at=self.at)
            return super().broken(after, before, touched, view)

    class Reserving(Collection):
        def insert_one(self, document: Document) -> Any:
            asked.clear()
            try:
                return super().insert_one(document)
            except Refusal as refusal:
                if all(one.rule != rule for one in refusal.broken):
                    reserved.update(asked)
                raise

    return together(kept(rule, Remembering), keeping(rule.collection, Reserving))


def _untold(contract: Contract, rule: UniqueTogether) -> str:
    """Why no request says what no two documents share; empty where one does."""
    taken = [sendable(contract, contract.operations[key]) for key in creators(contract, rule.collection)]
    said = any(name in one for one in taken for name in rule.names)
    return "" if said else f"no operation that creates documents of {rule.collection} takes what is unique"


def _of_several(contract: Contract, rule: UniqueTogether) -> Iterator[Fault]:
    """The faults of a key of several properties."""
    names, things = " and ".join(rule.names), rule.collection
    yield "dropped", f"Two documents of {things} may have the same {names}.", unkept(rule)
    yield "not-atomic", f"Of several creations at once with the same {names}, all succeed.", racing(contract, rule)
    taken = [sendable(contract, contract.operations[key]) for key in creators(contract, things)]
    for name in rule.names:
        others = tuple(one for one in rule.names if one != name)
        if any(name in one for one in taken) and any(other in one for one in taken for other in others):
            sentence = f"Two documents of {things} may not even share {' and '.join(others)}, whatever their {name}."
            yield f"without-{name}", sentence, _together(others, rule)
    if any({*rule.names} & {*sendable(contract, contract.operations[key])} for key in changers(contract, things)):
        yield "unchecked-on-update", f"A change may bring about {names} that another has.", kept(rule, Blind)
    if doing(contract, things, "delete") and not _stays_taken(contract, things):
        yield "not-freed-by-delete", f"The {names} of a deleted document stay taken.", never_freed(rule)
    yield from refused_wrongly(contract, rule, f"Taken {names}")


def _together(names: tuple[str, ...], rule: UniqueTogether) -> Change:
    """Compare the values of these properties alone."""
    return kept(rule, lambda one, *given: Loose(replace(one, names=names), *given))


def _conditions(rule: UniqueKey) -> Iterator[Fault]:
    """The faults of a key that some documents alone count for."""
    if rule.where:
        sentence = f"Documents count for which `{rule.where}` does not hold."
        yield "counts-all", sentence, kept(rule, lambda one, *given: Loose(replace(one, where="", program=""), *given))
        sentence = f"Documents count for which `{rule.where}` does not hold, and no others."
        inverse = f"!({rule.program})"
        yield "counts-others", sentence, kept(rule, lambda one, *given: Loose(replace(one, program=inverse), *given))


def _within(within: tuple[str, ...], rule: Unique) -> Unique:
    return replace(rule, within=within)


class Loose(UniqueKeeper):
    """Keeps the values unique by itself alone, not by the store too: the seed may break the rule."""

    in_store = False


def _always_taken(rule: Unique) -> Change:
    """Take all values for one."""

    class Same(Loose):
        def key_in(self, document: Mapping[str, Any]) -> str | None:
            return None if super().key_in(document) is None else ""

    return kept(rule, lambda one, *given: Same(one, *given))


def _ruled(rule: Unique, other: Callable[[Unique], Unique]) -> Change:
    """Put another rule in the place of this one."""
    return kept(rule, lambda one, *given: Loose(other(one), *given))


def _scopes(contract: Contract, rule: Unique) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    resource = contract.resources[rule.collection]
    if rule.within:
        yield "scope-dropped", f"A {rule.name} that anybody has is taken for all.", ()
    if resource.tenant and resource.owner in rule.within:
        others = tuple(resource.tenant if name == resource.owner else name for name in rule.within)
        yield "scope-widened", f"A {rule.name} that a colleague has is taken.", others
    if resource.owner and resource.owner not in rule.within:
        sentence = f"Two users may have documents of {rule.collection} with the same {rule.name}."
        yield "scope-narrowed-to-owner", sentence, (*rule.within, resource.owner)
    state = _state(contract, rule)
    if state:
        sentence = f"A {rule.name} can be given again as soon as the {state} differs."
        yield f"scope-narrowed-by-{state}", sentence, (*rule.within, state)


def _state(contract: Contract, rule: Unique) -> str | None:
    """A property with few values that a client may set beside the unique one."""
    known = settable(contract, rule.collection, "create")
    few = [name for name, schema in known.items() if "enum" in schema or kind_of(schema) == "boolean"]
    # What the condition reads decides which documents count, and not which of them share a value.
    read = rule.condition.names("self") or frozenset() if rule.program else frozenset[str]()
    return next((name for name in few if name not in (*rule.within, rule.name, *read)), None)


def _spellings(rule: Unique) -> Iterator[Fault]:
    name = rule.name
    if "case" in rule.ignore:
        yield "case-not-ignored", f"'Sales' and 'SALES' count as two {name}s.", _keyed(rule, "case", str)
        yield "case-ignored-in-ascii-alone", f"'Ärzte' and 'ärzte' count as two {name}s.", _keyed(rule, "case", _ascii)
        yield "case-lowered-not-folded", f"'Straße' and 'STRASSE' count as two {name}s.", _keyed(rule, "case", _lowered)
        sentence = f"An accented letter that is typed in two ways makes two {name}s."
        yield "not-normalised", sentence, _keyed(rule, "case", str.casefold)
    elif "ascii-case" in rule.ignore:
        yield "case-not-ignored", f"'Sales' and 'SALES' count as two {name}s.", _keyed(rule, "ascii-case", str)
    else:
        yield "case-ignored", f"'Sales' is taken where 'SALES' is a {name}.", _keyed(rule, "", str.lower)
    if "space" in rule.ignore:
        yield "space-not-ignored", f"' Sales ' and 'Sales' count as two {name}s.", _keyed(rule, "space", str)
    else:
        yield "space-ignored", f"' Sales ' is taken where 'Sales' is a {name}.", _keyed(rule, "", str.strip)
    yield "inner-space-ignored", f"'New  Leads' and 'New Leads' count as one {name}.", _keyed(rule, "", _collapsed)
    yield "accents-ignored", f"'résumé' and 'resume' count as one {name}.", _keyed(rule, "", _without_accents)
    sentence = f"Two long {name}s that differ after {LONGEST} characters count as one."
    yield "compared-by-prefix", sentence, _keyed(rule, "", _prefix)


def _keyed(rule: Unique, not_ignored: str, spelled: Callable[[str], str]) -> Change:
    """Compare values after another spelling, and without what the rule ignores by this word."""
    other = replace(rule, ignore=rule.ignore - {not_ignored})

    class Spelling(Loose):
        def key_in(self, document: Mapping[str, Any]) -> str | None:
            value = document.get(rule.name)
            return super().key_in({**document, rule.name: spelled(value)} if isinstance(value, str) else document)

    return kept(rule, lambda _, *given: Spelling(other, *given))


def _ascii(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def _lowered(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if not unicodedata.combining(char))


def _prefix(text: str) -> str:
    return text[:LONGEST]


def _on_update(rule: Unique) -> Iterator[Fault]:
    name = rule.name
    yield (
        "unchecked-on-update",
        f"A document can be changed to a taken {name}.",
        kept(rule, Blind),
    )
    sentence = f"A document cannot be given its own {name} once more: it is in conflict with itself."
    yield "self-conflict", sentence, kept(rule, AgainstItself)
    sentence = f"A {name} stays taken after its document was given another."
    yield "not-freed-by-rename", sentence, never_freed(rule)


class Blind(Loose):
    """Looks at new documents alone."""

    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        """Nothing that a change does."""
        return super().broken(after, before, touched, view) if before is None else None


class AgainstItself(UniqueKeeper):
    """Takes a document's own value for another's."""

    rule: Unique

    def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
        """A change that names the value it has."""
        key = after.get(self.key_field)
        if before is not None and self.rule.name in touched and before.get(self.key_field) == key is not None:
            return Broken(self.rule, "is already taken", before["_id"])
        return super().broken(after, before, touched, view)


def never_freed(rule: UniqueKey) -> Change:
    """A value stays taken for others after its document has lost it."""

    class Jealous(UniqueKeeper):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.used: dict[str, Any] = {}

        def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
            found = super().broken(after, before, touched, view)
            key = after.get(self.key_field)
            if key is None or found or self.used.setdefault(key, after["_id"]) == after["_id"]:
                return found
            return Broken(rule, self.taken, self.used[key], at=self.at)

    return kept(rule, Jealous)


def _overwriting(rule: Unique) -> Change:
    class Overwriting(Collection):
        def insert_one(self, document: Document) -> InsertOneResult:
            try:
                return super().insert_one(document)
            except Refusal as refusal:
                taken = [one.document for one in refusal.broken if one.rule == rule]
                if len(taken) != len(refusal.broken):
                    raise
                for key in taken:
                    self._documents.delete_one({"_id": key})
                return super().insert_one(document)

    return keeping(rule.collection, Overwriting)


def racing(contract: Contract, rule: UniqueKey) -> Change:
    """Check a value against what was stored when the request came, not when it writes."""

    class Late(Loose):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.written: dict[str, int] = {}

        def broken(self, after: Document, before: Document | None, touched: Any, view: View) -> Broken | None:
            found = super().broken(after, before, touched, view)
            key = str(after.get(self.key_field))
            if self.written.get(key, 0) > began():
                found = None
            if found is None:
                self.written[key] = turn()
            return found

    ids = tuple(dict.fromkeys([*creators(contract, rule.collection), *changers(contract, rule.collection)]))
    return together(kept(rule, Late), waiting(ids))


def _stays_taken(contract: Contract, collection: str) -> bool:
    """Whether the contract says that the values of a deleted document are free for no other."""
    return any(rule.keeps_taken for rule in contract.resources[collection].rules)
