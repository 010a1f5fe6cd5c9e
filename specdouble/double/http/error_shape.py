"""The bodies of error answers, in the shape that the contract declares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import orjson

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.json_type import JSON
from specdouble.double.http.error_code import ABOUT_BLANK
from specdouble.double.http.error_example import own_example, shape_of
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
        self._operation = contract.shown_by(operation) if operation is not None else None
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
        if media is None or (media.slot is None and not _is_understood(media)):
            return _problem_details
        declared = self._operation.response(status) if self._operation else None
        own = own_example(self._contract, declared, media, status)
        shapes = self._shapes_of(media)
        media_type = media.type.encode() if "*" not in media.type else b"application/json"

        def write(problem: Problem) -> Written:
            return media_type, self._encoded(self._body(media, problem, own, shapes), media)

        return write

    def _shapes_of(self, media: Media) -> list[JSON]:
        """The schemas that its bodies are told by: the media type's own, before it what an example shows of more."""
        schema, example = media.schema, next(iter(media.examples.values()), None)
        if example is None or self._story.names_parts(schema):
            return [schema]
        return [shape_of(example), *([] if schema is None else [schema])]

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

    def _body(self, media: Media, problem: Problem, own: JSON, shapes: Sequence[JSON]) -> JSON:
        """The first that conforms: the contract's own example, our story, as much of it as fits, that mended."""
        slot, schemas = media.slot, self._contract.schemas
        is_example = own is not None and (slot is None or schemas.is_valid(slot, own))
        if is_example and problem.title is None and not problem.violations and not _is_problem(media):
            return own
        bodies = []
        for body in self._bodies(media, problem, shapes):  # one at a time: the first fits nearly always
            if slot is None or schemas.is_valid(slot, body):
                return body
            bodies.append(body)
        assert slot is not None
        mended = None if self.mend is None else self.mend(slot, bodies[-1], f"{problem.status}")
        if mended is not None:
            return mended
        return own if is_example else bodies[0]

    def _bodies(self, media: Media, problem: Problem, shapes: Sequence[JSON]) -> Iterator[JSON]:
        if media.slot is None and "text/" in media.type:
            yield problem.words
            return
        if _is_problem(media):
            yield _details(problem)
        for shape in shapes:
            for body in self._story.bodies(shape, problem):
                if _is_problem(media) and isinstance(body, dict):
                    # What the contract asks for beside the members that RFC 9457 names.
                    yield {**body, **_details(problem)}
                    yield {**body, **_details(problem, own=body.keys())}
                yield body


def _is_problem(media: Media) -> bool:
    return media.type.startswith(PROBLEM_TYPE)


def _is_understood(media: Media) -> bool:
    """Whether its bodies can be told though it has no schema: a text, or JSON that an example shows."""
    return "text/" in media.type or (media.is_json and bool(media.examples) and not _is_problem(media))


def _can_be_written(media_type: str) -> bool:
    return any(_is_of(media_type, kinds) for kinds in _WRITTEN)


def _is_of(media_type: str, kinds: tuple[str | None, ...]) -> bool:
    """Whether the media type is of one of these kinds; None is none."""
    return any(kind is not None and kind in media_type for kind in kinds)


def _plain_details(problem: Problem) -> Written:
    """Problem details as any JSON."""
    return b"application/json", _problem_details(problem)[1]


def _problem_details(problem: Problem) -> Written:
    return PROBLEM_TYPE.encode(), orjson.dumps(_details(problem))


def _details(problem: Problem, own: Collection[str] | None = None) -> dict[str, JSON]:
    """Problem details (RFC 9457, section 3); those of their members alone that `own` names, where it is given."""
    body: dict[str, JSON] = {"type": ABOUT_BLANK, "title": problem.words, "status": problem.status}
    if problem.detail or problem.violations:
        body["detail"] = sentence_of(problem)
    if problem.violations:
        body["violations"] = violations_of(problem)
    if problem.rule:
        body["rule"] = problem.rule
    return body if own is None else {name: value for name, value in body.items() if name in own}
