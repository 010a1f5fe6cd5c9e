"""What a PATCH does to a document: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import jsonpatch
import orjson

from specdouble.contract import JSON_PATCH, Media
from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import essence
from specdouble.contract.pointer import tokens
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import storable

MERGE_PATCH = "application/merge-patch+json"
_LARGEST = 1024 * 1024


class MergePatch(dict[str, JSON]):
    """A merge patch: what it names is changed, what is null goes (RFC 7396)."""

    @property
    def names(self) -> frozenset[str]:
        """The properties that it changes, or parts of which."""
        return frozenset(self)

    def applied_to(self, document: dict[str, JSON], _statuses: frozenset[str]) -> JSON:
        """The document after the patch."""
        return merge_patch(document, self)


class JsonPatch(list[JSON]):
    """A list of operations, all of which are done, or none (RFC 6902)."""

    @property
    def names(self) -> frozenset[str]:
        """The properties that it changes, or parts of which."""
        paths = [str(step["path"]) for step in self if isinstance(step, dict) and "path" in step]
        return frozenset(tokens(path)[0] for path in paths if path)

    def applied_to(self, document: dict[str, JSON], statuses: frozenset[str]) -> JSON:
        """The document after the patch.

        Args:
            document: the document before; it stays as it is.
            statuses: what the operation declares: what is no patch is refused with the first of 400 and 422, one
                that does not fit the document with the first of 409, 422 and 400 (RFC 5789, 2.2).

        Raises:
            Problem: an operation is none, or does not fit the document, or a `test` fails.
        """
        document = deepcopy(document)
        invalid = refusing(statuses, 400, 422)
        for index, step in enumerate(self._steps(invalid)):
            try:
                document = step.apply(document, in_place=True)
                # Copies of copies would grow without end.
                large = self[index]["op"] == "copy" and len(orjson.dumps(document)) > _LARGEST
            except jsonpatch.InvalidJsonPatch as error:
                raise Problem(invalid, "Invalid JSON Patch", f"operation {index}: {error}") from None
            except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
                said = "the test fails" if isinstance(error, jsonpatch.JsonPatchTestFailed) else "it does not fit"
                status = refusing(statuses, 409, 422, 400)
                raise Problem(status, "The patch does not fit", f"operation {index}: {said}: {error}") from None
            except TypeError:
                large = True  # deeper than JSON can be written
            if large:
                raise Problem(invalid, "Invalid JSON Patch", f"operation {index} makes the document too large")
        return storable(document)

    def _steps(self, invalid: int) -> list[jsonpatch.JsonPatch]:
        try:
            return [jsonpatch.JsonPatch([operation]) for operation in self]
        except (jsonpatch.InvalidJsonPatch, jsonpatch.JsonPointerException) as error:
            raise Problem(invalid, "Invalid JSON Patch", str(error)) from None


def as_patch(media: Media) -> Callable[[JSON], JSON] | None:
    """What makes a body of the media the patch that it is; None where it is a plain value."""
    media_type = essence(media.type)
    if media_type == JSON_PATCH:
        return lambda value: JsonPatch(_checked(value, list, "a JSON Patch is an array of operations"))
    if media_type == MERGE_PATCH:
        return lambda value: MergePatch(_checked(value, dict, "a merge patch of a document is an object"))
    return None


def _checked(value: JSON, kind: type, message: str) -> JSON:
    if not isinstance(value, kind):
        raise Problem(400, "Invalid request body", message)
    return value


def refusing(statuses: frozenset[str], *wanted: int) -> int:
    """The first of the wanted statuses that is declared; the first of all where none is."""
    return next((status for status in wanted if str(status) in statuses), wanted[0])


def merge_patch(before: JSON, patch: JSON) -> JSON:
    """The value after a merge patch: objects are merged, a null takes away (RFC 7396, 2)."""
    if not isinstance(patch, dict):
        return patch
    target = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = merge_patch(target.get(name), value)
    return target
