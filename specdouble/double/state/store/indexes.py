"""Indexes by hash, and in order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from sortedcontainers import SortedList  # type: ignore[import-untyped]

from specdouble.double.state.store.layered import Layered, layered
from specdouble.double.state.store.values import ODD, PLAIN, Document, Slot, is_plain

_BSON_RANKS = {type(None): 5, int: 10, float: 10, str: 15, bool: 40}

_KEPT_FROM = 64
SEVERAL = frozenset({dict, Layered})  # the types of a bucket with several keys


class HashIndex:
    """The keys of documents by the values of some of their fields; a missing field counts as null.

    A bucket with one key is that key itself: most are, and a dictionary for each would take most of the memory.
    An index that has taken another's keys shares them with it; a bucket of several is copied before it changes.
    Documents with an array, an object or a rarer type there are `odd`: candidates of every query.
    """

    __slots__ = ("_borrowed", "_shares", "alone", "buckets", "fields", "odd", "slot")

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        # No method: an index that held one of its own would live on when its world has left.
        self.slot = _slot_of_one(fields[0]) if len(fields) == 1 else _slot_of_many(fields)
        self.alone = fields[0] if len(fields) == 1 else None
        self.buckets: MutableMapping[Slot, Any] = {}
        self.odd: dict[Any, None] = {}
        self._shares = False  # whether several documents ever had one value
        self._borrowed: Mapping[Slot, Any] = {}  # buckets that another one has too

    def copy(self) -> HashIndex:
        """An index of the same documents, which changes by itself; so may this one."""
        copied = HashIndex(self.fields)
        copied._shares = self._shares
        copied.odd = dict(self.odd)
        copied.buckets = {slot: _copied(bucket) for slot, bucket in self.buckets.items()}
        return copied

    def take(self, other: HashIndex) -> None:
        """Have the keys of another index over the same fields, in place of its own; that one changes no more."""
        self._shares = other._shares
        self.buckets = layered(other.buckets)
        self.odd = dict(other.odd)
        self._borrowed = other.buckets if self._shares else {}

    def _own(self, slot: Slot, bucket: MutableMapping[Any, None]) -> MutableMapping[Any, None]:
        """The bucket of a slot, to be changed: nobody else has it."""
        if bucket is not self._borrowed.get(slot):
            return bucket
        own = self.buckets[slot] = layered(bucket)
        return own

    def add(self, key: Any, slot: Slot) -> None:
        if slot is ODD:
            self.odd[key] = None
            return
        bucket = self.buckets.setdefault(slot, key)
        if type(bucket) in SEVERAL:
            self._own(slot, bucket)[key] = None
        elif bucket is not key and bucket != key:
            self.buckets[slot] = {bucket: None, key: None}
            self._shares = True

    def remove(self, key: Any, slot: Slot) -> None:
        if slot is ODD:
            del self.odd[key]
            return
        bucket = self.buckets[slot]
        if type(bucket) in SEVERAL and len(bucket) > 1:
            del self._own(slot, bucket)[key]
        else:
            del self.buckets[slot]

    def at(self, slot: Slot) -> Iterable[Any]:
        """The keys of one slot; a key is never a plain dictionary, which has no hash."""
        bucket = self.buckets.get(slot, ODD)
        if bucket is ODD:
            return ()
        return bucket if type(bucket) in SEVERAL else (bucket,)

    def size(self, slot: Slot) -> int:
        bucket = self.buckets.get(slot, ODD)
        return len(bucket) if type(bucket) in SEVERAL else int(bucket is not ODD)

    def can_tell(self, asked: dict[str, list[Any]]) -> bool:
        """Whether the index knows the values that are asked for, without too many combinations of them."""
        if len(self.fields) == 1:
            return self.fields[0] in asked
        return all(field in asked for field in self.fields) and math.prod(map(len, asked.values())) < 1000

    def slots(self, asked: dict[str, list[Any]]) -> list[Slot]:
        if len(self.fields) == 1:
            return asked[self.fields[0]]
        return list(itertools.product(*[asked[field] for field in self.fields]))


def _slot_of_one(field: str) -> Callable[[Document], Slot]:
    def slot(document: Document) -> Slot:
        value = document.get(field)
        return value if type(value) is str or (type(value) in PLAIN and value == value) else ODD

    return slot


def _slot_of_many(fields: tuple[str, ...]) -> Callable[[Document], Slot]:
    def slot(document: Document) -> Slot:
        values = tuple([document.get(field) for field in fields])
        return values if all(map(is_plain, values)) else ODD

    return slot


def _copied(bucket: Any) -> Any:
    return dict(bucket) if type(bucket) in SEVERAL else bucket


class SortedIndex:
    """The documents that share one field's value, in the order of another field.

    An order is kept for a value once it was asked for and is worth it. Sorting is stable in both directions, as
    in mongomock: equals come in the order of insertion.
    """

    __slots__ = ("by_value", "field", "odd", "orders")

    def __init__(self, by_value: HashIndex, field: str) -> None:
        self.by_value = by_value
        self.field = field
        self.orders: dict[Slot, Any] = {}
        self.odd: set[Any] = set()

    def entry(self, key: Any, document: Document, position: int) -> tuple[Any, ...]:
        value = document.get(self.field)
        rank = _BSON_RANKS.get(type(value)) if value == value else None
        return (ODD, key) if rank is None else (rank, value if rank != 5 else 0, position, key)

    def file(self, key: Any, document: Document, position: int) -> None:
        if self.orders or type(document.get(self.field)) is not str:  # else there is nothing to put it into
            self.add(self.by_value.slot(document), self.entry(key, document, position))

    def add(self, slot: Slot, entry: tuple[Any, ...]) -> None:
        if entry[0] is ODD:
            self.odd.add(entry[1])
        elif slot is not ODD and slot in self.orders:
            self.orders[slot].add(entry)

    def remove(self, slot: Slot, entry: tuple[Any, ...]) -> None:
        if entry[0] is ODD:
            self.odd.discard(entry[1])
        elif slot is not ODD and slot in self.orders:
            self.orders[slot].remove(entry)

    def refile(self, key: Any, before: Document, after: Document, position: int) -> None:
        if not self.orders and type(before.get(self.field)) is type(after.get(self.field)) is str:
            return
        old = self.by_value.slot(before), self.entry(key, before, position)
        new = self.by_value.slot(after), self.entry(key, after, position)
        if old != new:
            self.remove(*old)
            self.add(*new)

    def keys(self, order: Any, direction: int, start: int) -> Iterator[Any]:
        """The keys of an order, from the rank `start` on."""
        entries = order.islice(start) if direction >= 0 else self._descending(order, start)
        return (entry[3] for entry in entries)

    def order(self, slot: Slot, documents: Mapping[Any, Document], positions: Mapping[Any, int]) -> Any:
        """The entries of one slot in order; of the collection's documents, each with its place of insertion."""
        order = self.orders.get(slot)
        if order is None:
            keys = self.by_value.at(slot)
            order = SortedList([self.entry(key, documents[key], positions[key]) for key in keys])
            if len(order) >= _KEPT_FROM:
                self.orders[slot] = order
        return order

    @staticmethod
    def _descending(order: Any, start: int) -> Iterator[tuple[Any, ...]]:
        total = len(order)
        while start < total:
            rank, value, *_ = order[total - 1 - start]
            first, end = order.bisect_left((rank, value)), order.bisect_left((rank, value, math.inf))
            yield from order.islice(first + start - (total - end), end)
            start = total - first
