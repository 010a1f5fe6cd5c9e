"""Answers as a request prefers it: with another status, an example by name, a body made anew."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from specdouble.contract import Contract, Media, Operation, Response
from specdouble.contract.json_type import JSON
from specdouble.double.answers.samples.sample import body_of, sample_of, status_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.preference import Preference
from specdouble.double.state.problem import Broken, Problem, Refusal


class Preferred:
    """Answers as requests prefer it.

    Args:
        contract: the contract.
        operation: the operation.
        sampler: makes the bodies.
    """

    def __init__(self, contract: Contract, operation: Operation, sampler: Sampler) -> None:
        self._contract = contract
        self._operation = operation
        self._sampler = sampler
        self._made = 0

    async def wait(self, wish: Preference) -> None:
        """Let pass the time that is wished for."""
        await asyncio.sleep(wish.delay / 1000)

    def answer(self, wish: Preference, media_type: str | None = None) -> tuple[JSON, int, dict[str, str]]:
        """The sample that is wished for, in the representation of that media type where the status has it.

        Raises:
            Problem: the status that is wished for, where it is a refusal; 400, the operation has no such status,
                example or rule; 501, nothing conforms to its schema.
            Refusal: a rule is wished for.
        """
        if wish.rule is not None:
            raise self._refusal(wish.rule)
        status = self._status(wish, media_type)
        response = self._operation.response(status)
        if response is None:
            declared = ", ".join(self._operation.responses)
            detail = f"{self._operation.id} declares {declared}; not {status}"
            raise Problem(400, "Not a status of the operation", detail)
        if wish.example is not None:
            return self._example(response, wish.example, status, media_type)
        if not wish.dynamic and status >= 400 and response.content:
            # A refusal that is wished for says what one that happens would.
            raise Problem(status)
        if not wish.dynamic:
            return sample_of(self._contract, self._operation, status, self._sampler, self._operation.id, media_type)
        return self._dynamic(response.media(media_type)), status, {}

    def _refusal(self, name: str) -> Problem:
        """What the operation answers where the rule is broken, as if the request broke it."""
        rules = {rule.id: rule for rule in self._contract.rules_of(self._operation)}
        if name not in rules:
            told = ", ".join(rules) or "none"
            return Problem(400, "Not a rule of the operation", f"{self._operation.id} is under: {told}; not {name}")
        broken = Broken(rules[name], "is refused because the request prefers it")
        return Refusal([broken], frozenset(self._operation.responses))

    def _status(self, wish: Preference, media_type: str | None) -> int:
        """The status that is wished for, else the lowest success that has the example."""
        lowest = status_of(self._operation)
        if wish.code is not None or wish.example is None:
            return lowest if wish.code is None else wish.code
        for status in (lowest, *self._operation.numbers):
            if wish.example in self._examples(self._operation.response(status), media_type):
                return status
        return lowest

    @staticmethod
    def _examples(response: Response | None, media_type: str | None) -> Mapping[str, JSON]:
        media = response.media(media_type) if response else None
        return media.examples if media else {}

    def _example(
        self, response: Response, name: str, status: int, media_type: str | None
    ) -> tuple[JSON, int, dict[str, str]]:
        examples = self._examples(response, media_type)
        if name not in examples:
            known = ", ".join(examples) or "none"
            raise Problem(400, "Not an example of the operation", f"the examples of {status} are: {known}; not {name}")
        return examples[name], status, {}

    def _dynamic(self, media: Media | None) -> JSON:
        self._made += 1
        if media is None:
            return None
        try:
            if media.slot is not None and "json" in media.type:
                made = self._sampler.plain(media.slot, f"{self._operation.id} dynamic {self._made}")
                return self._sampler.kept(media, made)
            return body_of(media, self._sampler, f"{self._operation.id} dynamic {self._made}", examples=False)
        except UnsatisfiableError as error:
            raise Problem(501, "Not Implemented", f"no value conforms to the schema of the answer: {error}") from None
