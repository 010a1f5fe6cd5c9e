"""Makes values that conform to a schema, the same each time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy
from functools import reduce
from itertools import islice
from operator import getitem
from random import Random

from specdouble.contract import Media, Schemas, Violation
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import is_index, pointer, tokens
from specdouble.double.answers.samples.kept import KeptDocuments
from specdouble.double.answers.samples.merged import Merged, merged, with_choice
from specdouble.double.answers.samples.moment import as_moment
from specdouble.double.answers.samples.values import HOPELESS, MISSING, Effort, Place, Values
from specdouble.double.answers.samples.wording import Wording

_ROUNDS = HOPELESS + 12
_DEEPEST_CHOICE = 4  # alternatives inside alternatives
_MOST_JOINED = 200  # members of an object, each of which is tried alone
_WHOLE = 2  # so often an object is completed, before a new one takes of it what it can


class UnsatisfiableError(Exception):
    """No value was found that conforms to a schema.

    Args:
        violations: what was wrong with the last one that was tried.
    """

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{one.pointer or 'the value'} {one.message}" for one in violations[:3]))
        self.violations = violations


class Sampler:
    """Makes values that conform to the schemas of a contract.

    Args:
        schemas: the contract's schemas.
        seed: another seed makes other values.

    `documents` has those in a body keep what rules say of them; None where nothing is said.
    """

    def __init__(self, schemas: Schemas, seed: int | None = None) -> None:
        self._schemas = schemas
        self._seed = seed
        self._wording: Wording | None = None
        self.documents: KeptDocuments | None = None

    def sample(self, slot: str, key: str, examples: Iterable[JSON] = ()) -> JSON:
        """A value that conforms to the slot's schema: an example that does, else what is right of one, else made.

        Args:
            slot: the schema's slot.
            key: what the value is for; another key makes another value.
            examples: values that the contract gives.

        Raises:
            UnsatisfiableError: none was found.
        """
        given = list(examples)
        for example in given:
            if self._schemas.is_valid(slot, example):
                return deepcopy(example)
        mended = self.mended(slot, given[0], key) if given else None
        return self.made(slot, key) if mended is None else mended

    def kept(self, media: Media, body: JSON, told: Collection[str] = ()) -> JSON:
        """A body whose documents keep what rules say of each by itself; those that are told stay as they are."""
        return body if self.documents is None else self.documents.shown(media, body, told)

    def plain(self, slot: str, key: str) -> JSON:
        """A value made without the examples that stand in the schema: another for each key.

        Raises:
            UnsatisfiableError: none was found.
        """
        return self.made(slot, key, told=False)

    def made(self, slot: str, key: str, *, told: bool = True) -> JSON:
        """A value made for the slot's schema.

        Args:
            slot: the schema's slot.
            key: what the value is for.
            told: whether examples and defaults that stand in the schema are used.

        Raises:
            UnsatisfiableError: none was found.
        """
        return self._made(slot, key, Effort(), told=told)

    def _made(self, slot: str, key: str, effort: Effort, *, told: bool = True) -> JSON:
        schema = self._schemas.translated(slot)
        troubles: dict[Place, int] = {}
        violations: list[Violation] = []
        for _ in range(_ROUNDS):
            if effort.left < 0:
                break
            values = self._values(key, sum(troubles.values()), troubles, effort, told)
            value = values.value(schema)
            if value is MISSING:
                for place in {(), *values.impossible}:
                    troubles[place] = troubles.get(place, 0) + 1
                violations = violations or [_excluded(values.impossible)]
                continue
            violations = self._schemas.violations(slot, value, "sample")
            if not violations:
                return value
            _note(troubles, violations, value, values.examples)
        raise UnsatisfiableError(violations)

    def repaired(self, slot: str, value: JSON, key: str) -> JSON:
        """The value with as little changed as makes it conform to the slot's schema.

        What does not fit is left out; only what is demanded then is made.

        Raises:
            UnsatisfiableError: it could not be made to.
        """
        violations = self._schemas.violations(slot, value, "body")
        if not violations:
            return value
        value = deepcopy(value)
        troubles: dict[Place, int] = {}
        effort = Effort()
        for _ in range(_ROUNDS):
            if effort.left < 0:
                break
            # From the end: what is taken out of an array moves the items behind it.
            places = sorted({_place(one.pointer, value) for one in violations}, key=_in_order, reverse=True)
            for place in places:
                troubles[place] = troubles.get(place, 0) + 1
                value = self._mended(slot, value, place, troubles, effort, key)
            violations = self._schemas.violations(slot, value, "body")
            if not violations:
                return value
        raise UnsatisfiableError(violations)

    def mended(self, slot: str, value: JSON, key: str) -> JSON:
        """The value with as little changed as makes it conform to the slot's schema; None where nothing does."""
        try:
            return self.repaired(slot, value, key)
        except UnsatisfiableError:
            return None

    def _values(self, key: str, attempt: int, troubles: dict[Place, int], effort: Effort, told: bool = True) -> Values:
        random = Random(f"{self._seed} {key} {attempt}")
        self._wording = self._wording or Wording()
        self._wording.begin(random)
        return Values(self._schemas.definition, random, self._wording, troubles, effort, told)

    def _mended(
        self, slot: str, value: JSON, place: Place, troubles: dict[Place, int], effort: Effort, key: str
    ) -> JSON:
        """The value with what stands at the place taken out, or put there anew."""
        # By what stands there alone: what is made does not depend on what else is missing.
        values = self._values(f"{key} {place}", troubles[place], troubles, effort)
        schema = self._schemas.translated(slot)
        if not place:
            is_simple = troubles[place] <= _WHOLE
            fresh = values.value(schema) if is_simple else self._conforming(slot, place, key, effort, MISSING)
            return value if fresh is MISSING else self._joined(slot, value, place, fresh, troubles[place])
        if not _exists(value, place[:-1]):
            return value  # what was mended before has taken it along
        holder = _at(value, place[:-1])
        if troubles[place] == 1 and _exists(value, place) and not isinstance(holder[place[-1]], dict):
            self._leave_out(slot, holder, place)
            return value
        inner = self._inside(schema, place)
        fresh = MISSING if inner is MISSING else values.value(inner, place)
        if troubles[place] > _WHOLE and isinstance(fresh, dict):
            fresh = self._conforming(slot, place, f"{key} {place}", effort, fresh)
        if fresh is MISSING and not _exists(value, place):
            fresh = values.value(True, place)  # required, and nothing says what it is
        if fresh is not MISSING:
            holder[place[-1]] = self._joined(slot, value, place, fresh, troubles[place])
        elif _exists(value, place):
            del holder[place[-1]]
        return value

    def _leave_out(self, slot: str, holder: JSON, place: Place) -> None:
        """Take out what stands at the place; a time without an offset is that time."""
        moment = as_moment(holder[place[-1]])
        inner = merged(self._inside(self._schemas.translated(slot), place), self._schemas.definition)
        if moment is None or inner.get("format") != "date-time":
            del holder[place[-1]]
        else:
            holder[place[-1]] = moment

    def _conforming(self, slot: str, place: Place, key: str, effort: Effort, otherwise: JSON) -> JSON:
        """What stands at the place, or first in its array, of a whole that conforms."""
        found = self._made(slot, key, effort)
        for part in place:
            part = 0 if isinstance(part, int) else part
            if not _exists(found, (part,)):
                return otherwise
            found = found[part]
        return found

    def _joined(self, slot: str, value: JSON, place: Place, fresh: JSON, trouble: int) -> JSON:
        """What was made for the place, with all that stands there; after some trouble, with what of it fits."""
        old = _at(value, place) if _exists(value, place) else MISSING
        if not isinstance(fresh, dict) or not isinstance(old, dict):
            return fresh
        if trouble <= _WHOLE:
            return {**fresh, **old}
        joined = fresh
        for name, part in islice(old.items(), _MOST_JOINED):
            both = {**joined, name: part}
            alone, at = _alone(value, place, both)
            if not any(_is_below(one.pointer, at) for one in self._schemas.violations(slot, alone, "body")):
                joined = both
        return joined

    def _inside(self, schema: JSON, place: Place) -> JSON:
        """The schema of what stands at the place; MISSING where nothing may stand there."""
        for part in place:
            found = self._part(merged(schema, self._schemas.definition), part)
            if found is MISSING:
                return MISSING
            schema = found
        return schema

    def _part(self, whole: Merged, part: str | int, depth: int = 0) -> JSON:
        """The schema of one part of a value: what the schema says of it, else what one of its alternatives does."""
        found = _member(whole, part)
        for option in (one for options in whole.choices for one in options):
            if found is not MISSING or depth == _DEEPEST_CHOICE:
                break
            # An alternative may be one of several itself: `anyOf: [{oneOf: [File, Folder]}, {type: "null"}]`.
            found = self._part(with_choice(whole, [option], self._schemas.definition), part, depth + 1)
        return found


def _at(value: JSON, place: Place) -> JSON:
    """What stands at a place that exists."""
    return reduce(getitem, place, value)


def _member(whole: JSON, part: str | int) -> JSON:
    if isinstance(part, int):
        prefix = whole.get("prefixItems") or []
        found = prefix[part] if part < len(prefix) else whole.get("items", MISSING)
        return MISSING if found is False else found
    if part in (whole.get("properties") or {}):
        found = whole["properties"][part]
        return MISSING if isinstance(found, bool) else found
    found = whole.get("additionalProperties", MISSING)
    return found if isinstance(found, dict) else MISSING


def _place(text: str, value: JSON) -> Place:
    """The pointer of that text as names and indexes of the value."""
    found: list[str | int] = []
    for token in tokens(text):
        if isinstance(value, list) and is_index(token):
            index = int(token)
            found.append(index)
            value = value[index] if index < len(value) else None
        else:
            found.append(token)
            value = value.get(token) if isinstance(value, dict) else None
    return tuple(found)


def _note(troubles: dict[Place, int], violations: list[Violation], value: JSON, examples: set[Place]) -> None:
    """Count the trouble where it can be mended, once each: at the example that brought it, else where it shows."""
    culprits = set()
    for place in dict.fromkeys(_place(violation.pointer, value) for violation in violations):
        culprit = next((place[:end] for end in range(len(place) + 1) if place[:end] in examples), place)
        culprits.add(place[:-1] if culprit == place and not _exists(value, place) else culprit)
    for culprit in culprits:
        troubles[culprit] = troubles.get(culprit, 0) + 1


def _excluded(impossible: list[Place]) -> Violation:
    """That a value cannot be, told of the deepest place that keeps it from being."""
    above = impossible[-1][:1] if impossible else ()
    place = max((one for one in impossible if one[:1] == above), key=len, default=())
    return Violation("sample", pointer(*place), "cannot exist: the schema excludes all")


def _alone(value: JSON, place: Place, part: JSON) -> tuple[JSON, Place]:
    """The value with the part at the place, alone in its arrays: what stands beside it has troubles of its own."""
    if not place:
        return part, ()
    name, *rest = place
    inner, below = _alone(value[name], tuple(rest), part)
    return ([inner], (0, *below)) if isinstance(value, list) else ({**value, name: inner}, (name, *below))


def _is_below(text: str, place: Place) -> bool:
    """Whether a pointer leads to the place or into it."""
    return (text + "/").startswith(pointer(*place) + "/")


def _in_order(place: Place) -> list[tuple[bool, int, str]]:
    """What sorts places: names and indexes cannot be compared."""
    return [(isinstance(one, int), one if isinstance(one, int) else 0, str(one)) for one in place]


def _exists(value: JSON, place: Place) -> bool:
    for part in place:
        inside = part in value if isinstance(value, dict) else isinstance(value, list) and int(part) < len(value)
        if inside:
            value = value[part]
        else:
            return False
    return True
