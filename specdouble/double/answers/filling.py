"""What a server fills in of a new document, beyond what was sent: values that keep the rules."""

from __future__ import annotations

from collections.abc import Collection as Names

from specdouble.contract import Contract, PropertyRule, Resource
from specdouble.contract.json_type import JSON
from specdouble.double.answers.completion import Completion
from specdouble.double.answers.samples.kept import KeptDocuments
from specdouble.double.state.documents import Collection
from specdouble.double.state.exchange import collection, new_id
from specdouble.double.state.keeper import Document

_TRIES = 10  # documents that are made before one that breaks a rule is let through, to be refused


class Filling:
    """Completes new documents of one resource.

    Args:
        contract: the contract.
        resource: what they are.
        completion: makes what the schema demands.
        rules: keeps what rules say of one document by itself; None where nobody does.
    """

    def __init__(
        self, contract: Contract, resource: Resource, completion: Completion, rules: KeptDocuments | None
    ) -> None:
        self._contract = contract
        self._resource = resource
        self._completion = completion
        self._rules = rules
        self._referring = [one for one in rules.keepers(resource) if one.needs] if rules is not None else []

    def filled(self, documents: Collection, draft: Document, sent: Names[str]) -> Document:
        """The document with what its schema demands.

        Args:
            documents: those that there are.
            draft: the document as it was sent, with what the server sets.
            sent: the properties that a client has sent.
        """
        completion, whole = self._completion, draft
        for attempt in range(_TRIES):
            whole = completion.identified(completion.completed(draft, sent, attempt=attempt))
            made = whole.keys() - draft.keys()
            if not made or self._rules is None:
                break
            whole = self._referred(whole, made)
            whole = self._rules.mended(self._resource, whole, whole.keys() - made, completion.is_valid)
            broken = [one.rule.name for one in documents.broken_by(whole) if isinstance(one.rule, PropertyRule)]
            if made.isdisjoint(broken):
                break
            # Of words that are made there are few: where all are taken, a text with a new ending is another.
            texts = [name for name in broken if name in made and isinstance(whole[name], str)]
            other = {**whole, **{name: f"{whole[name]}-{new_id()[-8:]}" for name in texts}}
            if completion.is_valid(other) and not documents.broken_by(other):
                return other
        return whole

    def _referred(self, document: Document, made: Names[str]) -> Document:
        """The document with ids of documents that there are, where the server names some."""
        found = {one.rule.name: one.sample(self._held) for one in self._referring if one.rule.name in made}
        return {**document, **{name: value for name, value in found.items() if value is not None}}

    def _held(self, name: str, key: str) -> JSON:
        """The id, or another key, of a document that the caller sees; None where there is none."""
        found = collection(name).find_one() or {}
        return found.get(key or self._contract.resources[name].id)
