"""Strangers: the documents that were there before a run wrote anything, by the ids that answers have shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator

MOST_STRANGERS = 100_000  # ids of documents that were there before
LONGEST_ID = 200  # characters
DEEPEST_SHOWN = 20  # levels of an answer that are looked through


class Strangers:
    """What is known of documents that this run did not make.

    Args:
        said: the texts of the contract: examples among them may be ids.
    """

    def __init__(self, said: Collection[str]) -> None:
        self._said = said
        self._met: set[tuple[str, str]] = set()  # by kind and id
        self._shown: set[str] = set()  # texts of answers, any of which may be an id

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._met

    @property
    def are_all_met(self) -> bool:
        """Whether there was room for each document that was met."""
        return len(self._met) < MOST_STRANGERS

    def ids(self, kind: str) -> list[str]:
        """The ids of those of a kind."""
        return [one for other, one in list(self._met) if other == kind]

    def meet(self, kind: str, value: object) -> None:
        """Note a document that was there before this run wrote anything."""
        if self.are_all_met:
            self._met.add((kind, str(value)))
            self._shown.add(str(value))

    def see(self, shown: object, depth: int = 0) -> Iterator[str]:
        """Note each text and each id of an answer, one after the other; the texts."""
        if depth > DEEPEST_SHOWN or self._is_full:
            return
        if isinstance(shown, str) and 0 < len(shown) <= LONGEST_ID:  # an empty text names no document
            self._shown |= {shown, shown.rpartition("/")[2] or shown}  # a path may take the end of `memos/7` alone
            yield shown
        elif isinstance(shown, list):
            for item in shown:
                yield from self.see(item, depth + 1)
        elif isinstance(shown, dict):
            for name, item in shown.items():
                if isinstance(item, int) and name.lower().endswith("id"):
                    self._shown.add(str(item))
                else:
                    yield from self.see(item, depth + 1)

    @property
    def _is_full(self) -> bool:
        return len(self._shown) >= MOST_STRANGERS

    def may_have(self, text: str) -> bool:
        """Whether one may have that id: it was shown, or there was no room for more."""
        return text in self._shown or (self._is_full and text != "")

    def are_said_to_have(self, text: str) -> bool:
        """Whether the contract has such a text: it may be the example of an id."""
        return text in self._said
