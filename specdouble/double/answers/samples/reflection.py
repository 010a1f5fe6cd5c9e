"""What a client sent, in the sample that answers it."""

from __future__ import annotations

from functools import cached_property

from specdouble.contract import Contract, Media
from specdouble.contract.json_type import JSON
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.answers.samples.unshown import Unshown


class Reflection:
    """Puts into a sample what the client's body and the answer both have.

    Args:
        contract: the contract.
        sampler: completes what would not conform with it.
        key: what the answer is for.
        media: the answer's representation; None where it has no body.
    """

    def __init__(self, contract: Contract, sampler: Sampler, key: str, media: Media | None) -> None:
        self._contract = contract
        self._sampler = sampler
        self._key = key
        self._media = media
        self._unshown = Unshown(contract, media.schema if media else None)

    def of(self, sent: JSON, sample: JSON) -> JSON:
        """The sample with the sent values; the sample itself where nothing that was sent can stand in it."""
        if not isinstance(sent, dict) or not isinstance(sample, dict) or self._media is None or not self._media.slot:
            return sample
        reflected = {name: value for name, value in sent.items() if name in self._names}
        if not reflected:
            return sample
        both = self._unshown.without({**sample, **reflected})
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
