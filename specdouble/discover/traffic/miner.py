"""Hypotheses from recorded exchanges: what was filled in, refused, ignored, moved, and whose it was."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from specdouble.contract import Resource
from specdouble.contract.properties import plain, properties_of
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.prose.vocabulary import OWNER_NAMES, Vocabulary
from specdouble.discover.traffic.recording import Exchange, Recording, State, Values

_REFUSED = (400, 403, 409, 412, 422)
_TAKEN = ("already", "exist", "taken", "uniq", "duplicat", "in use")
_LEAST = 2  # documents that must show the same: one may do so by chance
_MOVES = 5  # moves without a refused one, before others are thought impossible


def mine(recording: Recording) -> Iterator[Hypothesis]:
    """What the recording suggests of each resource."""
    vocabulary = Vocabulary(recording.contract)
    for resource in recording.contract.resources.values():
        yield from _Evidence(recording, vocabulary, resource).hypotheses()


@dataclass
class _Evidence:
    """What was recorded of one resource's documents."""

    recording: Recording
    vocabulary: Vocabulary
    resource: Resource

    def hypotheses(self) -> Iterator[Hypothesis]:
        yield from self.owner()
        for name, (schema, at) in self.vocabulary.places(self.resource).items():
            if name != self.resource.id:
                yield from self.filled_in(name, schema, at)
                yield from self.references(name, at)
                yield from self.transitions(name, schema, at)
                yield from self.immutable(name, at)
        yield from self.unique()

    @cached_property
    def created(self) -> list[tuple[Exchange, Values]]:
        return self.recording.created(self.resource)

    @cached_property
    def states(self) -> list[State]:
        return self.recording.states(self.resource)

    def hypothesis(self, keyword: str, at: str, value: Any, prior: float, words: str) -> Hypothesis:
        return Hypothesis(keyword, at, value, Source("traffic", self.recording.name, 0, words), prior)

    # What the server sets or fills in

    def filled_in(self, name: str, schema: dict[str, Any], at: str) -> Iterator[Hypothesis]:
        """`readOnly` where a sent value has no effect or none is ever sent, `default` where one is filled in."""
        sent = [(one.document[name], shown.get(name)) for one, shown in self.created if name in one.document]
        left_out = [shown[name] for one, shown in self.created if name not in one.document and name in shown]
        values = {json.dumps(value, sort_keys=True) for value in left_out} - {"null"}
        if sent and all(before != after for before, after in sent) and name not in self.refused_names:
            words = f"`{name}` was sent {_times(len(sent))}, and never taken"
            yield from self.read_only(schema, at, words, 0.7)
        elif not sent and len(left_out) >= _LEAST and len(values) == len(left_out):
            words = f"`{name}` is never sent, and another in each of {len(left_out)} new documents"
            yield from self.read_only(schema, at, words, 0.6)
        elif len(left_out) >= _LEAST and len(values) == 1 and left_out.count(None) == 0:
            yield from self.default(name, left_out[0], len(left_out))

    def read_only(self, schema: dict[str, Any], at: str, words: str, prior: float) -> Iterator[Hypothesis]:
        if schema.get("readOnly") is not True:
            yield self.hypothesis("readOnly", at, True, prior, words)

    def default(self, name: str, value: Any, times: int) -> Iterator[Hypothesis]:
        """What a creation that leaves it out is filled in with, where the request may send it."""
        operation = self.created[0][0].operation
        media = operation.json_body
        if media is None or isinstance(value, dict | list):
            return
        for known, schema, at in properties_of(
            self.recording.contract.document, media.schema, media.pointer + "/schema"
        ):
            if known == name and "default" not in schema:
                words = f"{times} new documents that left `{name}` out have {json.dumps(value)}"
                yield self.hypothesis("default", at, value, 0.5 + min(times, 4) / 10, words)

    @cached_property
    def refused_names(self) -> set[str]:
        """The properties that refused requests sent: there a value had an effect."""
        refused = self.recording.of(self.resource, ("create",))
        return {name for one in refused if one.status in _REFUSED for name in one.document}

    # References

    def references(self, name: str, at: str) -> Iterator[Hypothesis]:
        """A property whose values are all ids of another collection that were seen."""
        values = self.taken_values(name)
        target = self.target_of(name, values) if values else None
        if target is None:
            return
        refused = self.unknown(name, self.recording.ids[target])
        words = f"all {len(values)} values of `{name}` are ids of {target}"
        words += f"; another was refused in exchange {refused.number}" if refused else ""
        yield self.hypothesis("x-references", at, target, 0.85 if refused else 0.65, words)

    def taken_values(self, name: str) -> set[Any]:
        """The values of a property in requests that succeeded."""
        taken = [one for one, _ in self.created] + [one for one in self.changed if one.succeeded]
        return {_hashable(one.document.get(name)) for one in taken} - {None}

    def target_of(self, name: str, values: set[Any]) -> str | None:
        """The collection that the values are ids of: the one that the property names, else the only one."""
        ids = {known: held for known, held in self.recording.ids.items() if known != self.resource.collection}
        targets = [collection for collection, held in ids.items() if values <= held]
        named = self.vocabulary.collection(name)
        if named in targets:
            return named
        # Numbers are ids in several collections: they tell nothing.
        is_telling = len(values) >= _LEAST and all(isinstance(one, str) for one in values)
        return targets[0] if is_telling and len(targets) == 1 else None

    def unknown(self, name: str, ids: set[Any]) -> Exchange | None:
        """A request that was refused, whose value is no id that was seen."""
        sent = [*self.recording.of(self.resource, ("create",)), *self.changed]
        refused = (one for one in sent if one.status in (*_REFUSED, 404) and one.document.get(name) is not None)
        return next((one for one in refused if _hashable(one.document[name]) not in ids), None)

    @cached_property
    def changed(self) -> list[Exchange]:
        return self.recording.changed(self.resource)

    # Uniqueness

    def unique(self) -> Iterator[Hypothesis]:
        """What a refused creation shares with a document that was there."""
        told: set[str] = set()
        for one in self.recording.of(self.resource, ("create", "update", "replace")):
            if one.status not in (409, 422, 400) or not _speaks_of_what_is_taken(one):
                continue
            for name, ignored in self.shared(one).items():
                found = self.uniqueness(name, ignored, one)
                if name not in told and not self.is_belied(name, found.value):
                    told.add(name)
                    yield found

    def uniqueness(self, name: str, ignored: list[str], refused: Exchange) -> Hypothesis:
        at = self.vocabulary.places(self.resource)[name][1]
        value: dict[str, Any] = {}
        if self.callers_of_equals(name):
            value["within"] = [self.scope]
        if ignored:
            value["ignore"] = ignored
        words = f"exchange {refused.number} was refused with {refused.status}: a document with its `{name}` was there"
        return self.hypothesis("x-unique", at, value or True, 0.75 if refused.status == 409 else 0.6, words)

    @property
    def scope(self) -> str:
        """The property within which different callers may have equals; `owner` where none is known."""
        return self.owner_name or self.resource.tenant or "owner"

    def is_belied(self, name: str, said: Any) -> bool:
        """Whether two documents of the same scope were seen with the same value, one beside the other."""
        scope = said["within"] if isinstance(said, dict) and "within" in said else []
        names = [*scope, name]
        held = [one for one in self.recording.last(self.resource) if one.get(name) is not None]
        known = [tuple(_hashable(one.get(part)) for part in names) for one in held]
        return len(known) != len(set(known))

    def shared(self, refused: Exchange) -> dict[str, list[str]]:
        """The properties of a refused request whose values a document had already; by name, what had to be ignored."""
        found: dict[str, list[str]] = {}
        for document in self.others(refused):
            for name in self.comparable(refused):
                ignored = _ignored(refused.document[name], document.get(name))
                if ignored is not None and not self.is_shared(name, refused.caller):
                    found[name] = ignored
        answer = plain(json.dumps(refused.answer))
        named = {name: ignored for name, ignored in found.items() if plain(name) in answer}
        return named or (found if len(found) == 1 else {})

    def others(self, refused: Exchange) -> list[Values]:
        """The documents that were there when a request was refused, without the one that it was about."""
        own = next(iter(refused.path.values()), "") if refused.action and refused.action.id else ""
        alive = self.recording.alive(self.resource, refused)
        return [one for one in alive if self.recording.key(self.resource, one) != own]

    def comparable(self, refused: Exchange) -> list[str]:
        """The properties of a request that may be unique: texts, and not one of few."""
        places = self.vocabulary.places(self.resource)
        texts = [name for name, value in refused.document.items() if name in places and isinstance(value, str)]
        return [name for name in texts if "enum" not in self.schema(name)]

    def schema(self, name: str) -> dict[str, Any]:
        return self.vocabulary.places(self.resource).get(name, ({}, ""))[0]

    def is_shared(self, name: str, caller: str) -> bool:
        """Whether two documents that one caller created have the same value."""
        values = [_hashable(shown.get(name)) for one, shown in self.created if one.caller == caller]
        return len(values) != len(set(values))

    def callers_of_equals(self, name: str) -> bool:
        """Whether documents of different callers have the same value."""
        callers: dict[Any, set[str]] = defaultdict(set)
        for one, shown in self.created:
            callers[_hashable(shown.get(name))].add(one.caller)
        return any(len(known) > 1 for value, known in callers.items() if value is not None)

    # Changes

    def immutable(self, name: str, at: str) -> Iterator[Hypothesis]:
        """A property whose change alone was refused, and that a creation had set."""
        settable = any(name in one.document for one, _ in self.created)
        if not settable or "enum" in self.schema(name) or self.was_changed(name):
            return
        refused = [one for one in self.refused_changes(name) if not _speaks_of_what_is_taken(one)]
        if refused:
            words = f"exchange {refused[0].number}, which changes `{name}` alone, was refused with {refused[0].status}"
            yield self.hypothesis("x-immutable", at, True, 0.45, words)

    def refused_changes(self, name: str) -> list[Exchange]:
        """The refused requests that would have changed the property alone."""
        return [one for one in self.changed if one.status in _REFUSED and self.differing(one) == {name}]

    def was_changed(self, name: str) -> bool:
        return any(one.before.get(name, one.document.get(name)) != one.document.get(name) for one in self.states)

    def differing(self, changing: Exchange) -> set[str]:
        """The properties that a request would have changed."""
        key = next(iter(changing.path.values()), "")
        known = [state.document for state in self.states if state.exchange.number < changing.number]
        before = next((one for one in reversed(known) if self.recording.key(self.resource, one) == key), None)
        if before is None:
            return set()
        return {name for name, value in changing.document.items() if before.get(name, value) != value}

    def transitions(self, name: str, schema: dict[str, Any], at: str) -> Iterator[Hypothesis]:
        """The moves that were seen, where others were refused, or none other was seen in many."""
        if not isinstance(schema.get("enum"), list):
            return
        moves, times = self.moves(name)
        refused = self.refused_changes(name)
        if not moves or not (refused or times >= _MOVES):
            return
        told = "; ".join(f"{before} to {' or '.join(sorted(after))}" for before, after in moves.items())
        words = f"{_times(times)} `{name}` moved: {told}"
        words += f"; exchange {refused[0].number} was refused" if refused else ""
        value = {before: sorted(after) for before, after in moves.items()}
        yield self.hypothesis("x-transitions", at, value, 0.5 if refused else 0.3, words)

    def moves(self, name: str) -> tuple[dict[str, set[str]], int]:
        """Where a property was seen to go from each of its values, and how often it moved."""
        moves: dict[str, set[str]] = defaultdict(set)
        times = 0
        for state in self.states:
            before, after = state.before.get(name), state.document.get(name)
            if isinstance(before, str) and isinstance(after, str) and before != after:
                moves[before].add(after)
                times += 1
        return moves, times

    # Whose it is

    def owner(self) -> Iterator[Hypothesis]:
        """The property that is the same in all that one caller creates, and another for each."""
        name = self.owner_name
        if name is not None and self.resource.owner is None and not self.resource.why:
            words = f"`{name}` is the same in what one of {len(self.by_caller)} callers creates, and another for each"
            yield self.hypothesis("x-resource", self.resource.pointer, {"owner": name}, 0.7, words)

    @cached_property
    def owner_name(self) -> str | None:
        if self.resource.owner is not None:
            return self.resource.owner
        known = {plain(name): name for name in self.vocabulary.places(self.resource)}
        groups = list(self.by_caller.values())
        return next((known[one] for one in OWNER_NAMES if one in known and _tells_apart(known[one], groups)), None)

    @cached_property
    def by_caller(self) -> dict[str, list[tuple[Exchange, Values]]]:
        found: dict[str, list[tuple[Exchange, Values]]] = defaultdict(list)
        for one, shown in self.created:
            found[one.caller].append((one, shown))
        return found


def _tells_apart(name: str, groups: Sequence[Sequence[tuple[Exchange, Values]]]) -> bool:
    """Whether callers' documents have one value each, which no client sent."""
    if len(groups) < _LEAST or any(name in one.document for group in groups for one, _ in group):
        return False
    values = [{_hashable(shown.get(name)) for _, shown in group} for group in groups]
    return all(len(one) == 1 for one in values) and len(set.union(*values) - {None}) == len(groups)


def _speaks_of_what_is_taken(refused: Exchange) -> bool:
    text = json.dumps(refused.answer).lower()
    return refused.status == 409 or any(word in text for word in _TAKEN)


def _ignored(one: str, other: Any) -> list[str] | None:
    """What has to be ignored for a text to be the same as another value; None where it is not."""
    if not isinstance(other, str):
        return None
    if one == other:
        return []
    if one.strip() == other.strip():
        return ["space"]
    if one.casefold() == other.casefold():
        return ["case"]
    return ["case", "space"] if one.strip().casefold() == other.strip().casefold() else None


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else json.dumps(value, sort_keys=True)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
