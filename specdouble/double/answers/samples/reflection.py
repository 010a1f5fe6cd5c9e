"""What a client sent, in the body or the path, in the sample that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.json_type import JSON
from specdouble.double.answers.samples.named import named_places, with_named
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.answers.samples.unshown import Unshown


class Reflection:
    """Puts into a sample what the request and the answer both have.

    Args:
        contract: the contract.
        sampler: completes what would not conform with it.
        operation: the operation.
        media: the answer's representation; None where it has no body.

    `places` are those in which the answer holds what the path names.
    """

    def __init__(self, contract: Contract, sampler: Sampler, operation: Operation, media: Media | None) -> None:
        self._contract = contract
        self._sampler = sampler
        self._key = operation.id
        self._media = media
        self._unshown = Unshown(contract, media.schema if media else None)
        self.places = named_places(contract, operation, media)

    def of(self, sent: JSON, arguments: Mapping[str, JSON], sample: JSON) -> JSON:
        """The sample with the sent values; the sample itself where nothing that was sent can stand in it.

        Args:
            sent: the client's body.
            arguments: what else was sent, by the names of arguments.
            sample: the sample.
        """
        if not isinstance(sample, dict | list) or self._media is None or not self._media.slot:
            return sample
        fields = sent.items() if isinstance(sent, dict) and isinstance(sample, dict) else ()
        reflected = {name: value for name, value in fields if name in self._names}
        both = with_named({**sample, **reflected} if isinstance(sample, dict) else sample, self.places, arguments)
        if both == sample:
            return sample
        both = self._unshown.without(both)
        if self._contract.schemas.is_valid(self._media.slot, both):
            return self._sampler.kept(self._media, both, reflected)
        mended = self._sampler.mended(self._media.slot, both, self._key)
        return sample if mended is None else self._sampler.kept(self._media, mended, reflected)

    @cached_property
    def _names(self) -> frozenset[str]:
        """The properties of the answer that a client may set."""
        assert self._media is not None
        parts = self._contract.fields(self._media.schema)
        hidden = ("readOnly", "writeOnly")
        return frozenset(name for name, part in parts.items() if not any(part.get(key) is True for key in hidden))
