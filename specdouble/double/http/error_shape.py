"""The bodies of error answers, in the shape that the contract declares."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.json_type import JSON
from specdouble.double.http.error_story import ErrorStory, sentence_of, violations_of
from specdouble.double.http.representation import represented
from specdouble.double.state.problem import Problem

PROBLEM_TYPE = "application/problem+json"
_KEPT = 256
_WORTH_KEEPING = 4096
# The media types that are written, the best first; a text of JSON is one of YAML too (YAML 1.2.2, section 1.2).
_WRITTEN = (("json", "*"), ("xml",), ("text/",), ("yaml",))

Written = tuple[bytes, bytes]  # the media type and the body
Write = Callable[[Problem], Written]
Mend = Callable[[str, JSON, str], JSON]


class ErrorShapes:
    """Writes problems in the shape that an operation declares.

    The declared response of the status counts; where there is none, the shape that the operation's other errors
    have; where it declares no error at all, problem details (RFC 9457).

    Args:
        contract: the contract.
        operation: the operation, or None for a request that meets none.
        media_type: the representation that the request accepts best; else JSON is written, where it is declared.

    `mend` makes a body conform to the schema in a slot: with it, every body that is declared conforms in full.
    """

    def __init__(self, contract: Contract, operation: Operation | None, media_type: str | None = None) -> None:
        self._contract = contract
        self._media_type = media_type
        self._operation = operation
        self._story = ErrorStory(contract)
        self._writers: dict[int, Write] = {}
        self._written: dict[tuple[object, ...], Written] = {}
        self.mend: Mend | None = None

    def write(self, problem: Problem) -> Written:
        """The media type and the body of the answer."""
        # Most refusals are the same few over and over: no such document, no good token, a required property missing.
        said = (problem.status, problem.title, problem.detail, problem.rule, tuple(problem.violations))
        written = self._written.get(said)
        if written is None:
            written = self._write(problem)
            if len(self._written) >= _KEPT:
                self._written.clear()
            if len(written[1]) <= _WORTH_KEEPING:
                self._written[said] = written
        return written

    def _write(self, problem: Problem) -> Written:
        writer = self._writers.get(problem.status)
        if writer is None:
            writer = self._writers[problem.status] = self._compile(problem.status)
        return writer(problem)

    def _compile(self, status: int) -> Write:
        media = self._media(status)
        if media is None and "swagger" in self._contract.data:
            return _plain_details  # OpenAPI 2.0 names what all answers of an operation may be
        if media is None or media.type == PROBLEM_TYPE or (media.slot is None and "text/" not in media.type):
            return _problem_details
        declared = self._operation.response(status) if self._operation else None
        # The example of another status' response would tell of another problem.
        example = next(iter(media.examples.values()), None) if declared is not None else None
        media_type = media.type.encode() if "*" not in media.type else b"application/json"

        def write(problem: Problem) -> Written:
            return media_type, self._encoded(self._body(media, problem, example), media)

        return write

    def _encoded(self, body: JSON, media: Media) -> bytes:
        if "text/" in media.type and isinstance(body, str):
            return body.encode()
        return represented(self._contract, body, media) if "xml" in media.type else orjson.dumps(body)

    def _media(self, status: int) -> Media | None:
        """The media type in which a status is told, its own response's before those of other errors."""
        if self._operation is None:
            return None
        declared = self._operation.response(status)
        candidates = [declared] if declared else []
        candidates += [one for key, one in self._operation.responses.items() if key[:1] in "45d"]
        for kinds in ((self._media_type,), *_WRITTEN):
            for response in candidates:
                for media in response.content.values():
                    if _can_be_written(media.type) and _is_of(media.type, kinds):
                        return media
        return None

    def _body(self, media: Media, problem: Problem, example: JSON) -> JSON:
        """The first that conforms: the contract's own example, our story, as much of it as fits, that mended."""
        slot, schemas = media.slot, self._contract.schemas
        if slot is None:
            return problem.words if example is None else example
        is_example = example is not None and schemas.is_valid(slot, example)
        if is_example and problem.title is None and not problem.violations:
            return example
        bodies = []
        for body in self._story.bodies(media.schema, problem):  # one at a time: the first fits nearly always
            if schemas.is_valid(slot, body):
                return body
            bodies.append(body)
        mended = None if self.mend is None else self.mend(slot, bodies[-1], f"{problem.status}")
        if mended is not None:
            return mended
        return example if is_example else bodies[0]


def _can_be_written(media_type: str) -> bool:
    return any(_is_of(media_type, kinds) for kinds in _WRITTEN)


def _is_of(media_type: str, kinds: tuple[str | None, ...]) -> bool:
    """Whether the media type is of one of these kinds; None is none."""
    return any(kind is not None and kind in media_type for kind in kinds)


def _plain_details(problem: Problem) -> Written:
    """Problem details as any JSON."""
    return b"application/json", _problem_details(problem)[1]


def _problem_details(problem: Problem) -> Written:
    """RFC 9457, section 3."""
    body: dict[str, JSON] = {"type": "about:blank", "title": problem.words, "status": problem.status}
    if problem.detail or problem.violations:
        body["detail"] = sentence_of(problem)
    if problem.violations:
        body["violations"] = violations_of(problem)
    if problem.rule:
        body["rule"] = problem.rule
    return PROBLEM_TYPE.encode(), orjson.dumps(body)
