"""Samples: what answers an operation that has neither a handler nor documents."""

from __future__ import annotations

from collections.abc import Callable

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import concrete, is_binary
from specdouble.double.answers.samples.files import file_of
from specdouble.double.answers.samples.reflection import Reflection
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.answers.samples.unshown import Unshown
from specdouble.double.state.exchange import current
from specdouble.double.state.problem import Problem

Result = tuple[JSON, int, dict[str, str]]


def sampled(contract: Contract, operation: Operation, sampler: Sampler) -> Callable[..., Result]:
    """The function that answers an operation with the sample of its lowest success; made once, then the same.

    What a client sent stands in it, in the body or the path, where the success has it too.
    """
    made: dict[str | None, Result] = {}
    response = operation.response(status_of(operation))
    reflection = Reflection(contract, sampler, operation, response.media() if response else None)

    def answer(body: JSON = None, **arguments: JSON) -> Result:
        media_type = current.get().media_type
        if media_type not in made:
            status = status_of(operation)
            made[media_type] = sample_of(contract, operation, status, sampler, operation.id, media_type)
        sample, status, headers = made[media_type]
        return reflection.of(body, arguments, sample), status, headers

    def answer_without_path(body: JSON = None) -> Result:
        return answer(body)

    return answer if reflection.places else answer_without_path


def status_of(operation: Operation) -> int:
    """The status of an operation's sample: the lowest 2xx, else what it declares nearest to it."""
    if operation.response(operation.success) is not None:
        return operation.success
    return next((number for number in operation.numbers if number >= 200), 200)


def sample_of(
    contract: Contract, operation: Operation, status: int, sampler: Sampler, key: str, media_type: str | None = None
) -> Result:
    """A sample of the answer with a status, in the representation of that media type where it has it.

    Raises:
        Problem: 501, no value conforms to the answer's schema.
    """
    response = operation.response(status)
    if response is None:
        raise Problem(501, "Not Implemented", f"{operation.id} declares no answer with {status}")
    media = response.media(media_type)
    if media is not None and "xml" in media.type and not media.examples and not contract.is_structured(media.schema):
        media = response.media()  # what the XML says is a text alone
    if media is not None and is_binary(media, contract.described(media.schema)):
        return sampled_file(contract, media, media_type), status, {}
    try:
        body = None if media is None else body_of(media, sampler, f"{key} {status}")
    except UnsatisfiableError as error:
        assert media is not None
        file, line = contract.locate(media.pointer)
        detail = f"no value conforms to the schema of the answer ({file}:{line}): {error}"
        raise Problem(501, "Not Implemented", detail) from None
    return body if media is None else Unshown(contract, media.schema).without(body), status, {}


def sampled_file(contract: Contract, media: Media, media_type: str | None) -> bytes:
    """A file of the media type that was chosen: the contract's example, else a small one."""
    known = concrete(media, contract.described(media.schema))
    example = next((one for one in media.examples.values() if isinstance(one, str)), None)
    if example is not None and "*" not in media.type:
        return example.encode()
    return file_of(media_type if media_type in known else known[0])


def body_of(media: Media, sampler: Sampler, key: str, *, examples: bool = True) -> JSON:
    """A body of the media: its first example that conforms, else one that is made.

    Raises:
        UnsatisfiableError: no value conforms to the schema.
    """
    given = list(media.examples.values()) if examples else []
    # What the contract leaves open is sent as JSON.
    is_json = "json" in media.type or ("*" in media.type and not media.type.startswith("text/"))
    # Where an example is the finished text, it says how the value is written.
    is_written = any(isinstance(one, str) for one in given)
    is_value = is_json or ((media.is_sequence or "xml" in media.type) and not is_written)
    if is_value and media.slot is not None:
        return sampler.kept(media, sampler.sample(media.slot, key, given))
    if given:
        return given[0]
    if is_json:
        return {}
    return "" if media.slot is None else sampler.made(media.slot, key)
