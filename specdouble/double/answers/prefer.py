"""What a request wishes of its answer: `Prefer: code=404, example=none, delay=500` (RFC 7240), or `?__code=404`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from specdouble.contract import Contract, Media, Operation, Response
from specdouble.double.answers.samples.sample import body_of, media_of, sample_of, status_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.problem import Problem

HEADER = b"prefer"
IN_QUERY = b"__"
_KNOWN = ("code", "example", "dynamic", "delay")
_LONGEST = 60_000
# A preference: a token, and perhaps a value that may be quoted; parameters after a semicolon mean nothing to us.
_PREFERENCE = re.compile(r'\s*([\w-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?[^,]*')


@dataclass(frozen=True, slots=True)
class Preference:
    """The wishes of one request.

    Args:
        code: the status.
        example: the name of an example.
        dynamic: whether the body is made anew each time.
        delay: how long the answer takes, in milliseconds.
    """

    code: int | None = None
    example: str | None = None
    dynamic: bool = False
    delay: int = 0

    @property
    def chooses(self) -> bool:
        """Whether a sample is wished for, instead of what the operation would answer."""
        return self.code is not None or self.example is not None or self.dynamic

    @property
    def applied(self) -> str:
        """The value of `Preference-Applied` (RFC 7240, 3)."""
        told = {"code": self.code, "example": self.example, "dynamic": "true" if self.dynamic else None}
        told["delay"] = self.delay or None
        return ", ".join(f"{name}={_quoted(str(value))}" for name, value in told.items() if value is not None)


def preference(headers: Mapping[bytes, bytes], query: bytes) -> Preference | None:
    """The request's wishes; None where it has none that we know.

    Raises:
        Problem: 400, a wish has no meaning.
    """
    found: dict[str, str] = {}
    if IN_QUERY in query:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        found = {name[2:]: value for name, value in pairs if name[:2] == "__" and name[2:] in _KNOWN}
    for match in _PREFERENCE.finditer(headers.get(HEADER, b"").decode("latin-1")):
        name, quoted, plain = match.groups()
        if name.lower() in _KNOWN:
            found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain or "")
    if not found:
        return None
    return Preference(
        code=_number(found, "code", 100, 599),
        example=found.get("example"),
        dynamic=found.get("dynamic", "false").lower() in ("", "true", "1"),
        delay=_number(found, "delay", 0, _LONGEST) or 0,
    )


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

    def answer(self, wish: Preference, media_type: str | None = None) -> tuple[Any, int, dict[str, str]]:
        """The sample that is wished for, in the representation of that media type where the status has it.

        Raises:
            Problem: 400, the operation has no such status or example; 501, nothing conforms to its schema.
        """
        status = self._status(wish, media_type)
        response = self._operation.response(status)
        if response is None:
            told = ", ".join(self._operation.responses)
            raise Problem(400, "Not a status of the operation", f"{self._operation.id} declares {told}; not {status}")
        if wish.example is not None:
            return self._example(response, wish.example, status, media_type)
        if not wish.dynamic:
            return sample_of(self._contract, self._operation, status, self._sampler, self._operation.id, media_type)
        return self._dynamic(media_of(response, media_type)), status, {}

    def _status(self, wish: Preference, media_type: str | None) -> int:
        """The status that is wished for, else the lowest success that has the example."""
        lowest = status_of(self._operation)
        if wish.code is not None or wish.example is None:
            return lowest if wish.code is None else wish.code
        numbers = [lowest, *sorted(int(status) for status in self._operation.responses if status.isdigit())]
        having = (one for one in numbers if wish.example in self._examples(self._operation.response(one), media_type))
        return next(having, lowest)

    @staticmethod
    def _examples(response: Response | None, media_type: str | None) -> Mapping[str, Any]:
        media = media_of(response, media_type) if response else None
        return media.examples if media else {}

    def _example(
        self, response: Response, name: str, status: int, media_type: str | None
    ) -> tuple[Any, int, dict[str, str]]:
        examples = self._examples(response, media_type)
        if name not in examples:
            told = ", ".join(examples) or "none"
            raise Problem(400, "Not an example of the operation", f"the examples of {status} are: {told}; not {name}")
        return examples[name], status, {}

    def _dynamic(self, media: Media | None) -> Any:
        self._made += 1
        if media is None:
            return None
        try:
            if media.slot is not None and "json" in media.type:
                return self._sampler.plain(media.slot, f"{self._operation.id} dynamic {self._made}")
            return body_of(media, self._sampler, f"{self._operation.id} dynamic {self._made}", examples=False)
        except UnsatisfiableError as error:
            raise Problem(501, "Not Implemented", f"no value conforms to the schema of the answer: {error}") from None


def _number(found: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    if name not in found:
        return None
    if not found[name].isascii() or not found[name].isdigit() or not low <= int(found[name]) <= high:
        raise Problem(400, "Not a preference", f"`{name}={found[name]}` is no number from {low} to {high}")
    return int(found[name])


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w.~!#$%&'*+^`|-]+", text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
