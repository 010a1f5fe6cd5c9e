"""Files that come back: what was uploaded under an id is what a download of that id hands out.

A contract says nothing of which operation hands out what another one took. Their paths do: `POST /files` takes the
file of the document that it makes, `PUT /files/{id}/content` that of the one that it names; `GET /files/{id}`,
`/files/{id}/content` and their like hand it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from specdouble.contract import Contract, Media, Operation
from specdouble.contract.arguments import argument_name
from specdouble.contract.digits import number_of
from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import is_binary, is_file
from specdouble.contract.properties import plain, types_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.conforming import body_within
from specdouble.double.state.exchange import collection, current
from specdouble.double.state.problem import Problem
from specdouble.double.state.upload import FILES, Upload

Answer = Callable[..., object]
Arguments = Mapping[str, JSON]
_PARAMETER = re.compile(r"\{([^{}]+)\}")
# What documents say of their file, by plain name.
_NAMES = {"filename", "name", "originalname", "originalfilename", "displayname", "filetitle"}
_SIZES = {"size", "filesize", "bytes", "length", "contentlength", "sizebytes", "sizeinbytes", "contentsize"}
_TYPES = {"contenttype", "mimetype", "mediatype", "filetype", "mime", "type"}
_IDS = {"id", "fileid", "uuid", "key", "attachmentid", "imageid", "mediaid", "documentid", "uploadid", "assetid"}


def with_uploads(contract: Contract, operation: Operation, answer: Answer, sampler: Sampler) -> Answer | None:
    """The answer, which keeps the files that it is sent, or hands out those that were kept; None where it has none."""
    place = _Place.of(contract, operation)
    if place is None:
        return None
    if operation.method == "get":
        return _Download(contract, operation, answer, place)
    return _Upload(contract, operation, answer, place, sampler)


class _Place:
    """Where files of one kind are kept: beneath the path of their collection.

    Args:
        path: the path of the collection, with its own parameters.
        parameter: the path parameter that names the file; None where the answer tells its id.
    """

    def __init__(self, path: str, parameter: str | None) -> None:
        self.path = path
        self.parameter = parameter
        self._above = [(name, argument_name(name)) for name in _PARAMETER.findall(path)]

    @classmethod
    def of(cls, contract: Contract, operation: Operation) -> _Place | None:
        """The place of an operation that takes or hands out files; None of any other."""
        if operation.method == "get":
            response = operation.response(operation.success)
            hands_out = response is not None and any(_is_binary(contract, one) for one in response.content.values())
            return cls._named(operation.path) if hands_out else None
        if operation.method not in ("post", "put", "patch") or not _takes_files(contract, operation):
            return None
        return cls._named(operation.path) or cls(operation.path.rstrip("/"), None)

    @classmethod
    def _named(cls, path: str) -> _Place | None:
        """The place of what a path names with its last parameter, where at most two words follow it."""
        match = re.fullmatch(r"(.*?)/\{([^{}/]+)\}((?:/[^{}/]+){0,2})/?", path)
        return None if match is None else cls(match[1], match[2])

    def key(self, arguments: Arguments, identity: object) -> str:
        """The key of one file."""
        above = [str(arguments.get(argument)) for _, argument in self._above]
        return "\n".join([_PARAMETER.sub("{}", self.path), *above, str(identity)])

    def named(self, arguments: Arguments) -> JSON:
        """The id that the path names; None where it names none."""
        return None if self.parameter is None else arguments.get(argument_name(self.parameter))


class _Upload:
    """Keeps the files that an operation takes, and has its answer tell of them."""

    def __init__(
        self, contract: Contract, operation: Operation, answer: Answer, place: _Place, sampler: Sampler
    ) -> None:
        self._answer = answer
        self._place = place
        self._sampler = sampler
        self._is_sample = operation.id not in contract.actions
        self._fields: set[str] = set()
        for media in _bodies(operation):
            self._fields.update(_file_fields(contract, media))
        action = contract.actions.get(operation.id)
        response = operation.response(operation.success)
        self._media = response.media() if response else None
        schema = self._media.schema if self._media else None
        self._properties = contract.resources[action.collection].properties if action else contract.fields(schema)
        self._is_valid = contract.schemas.is_valid
        self._made = 0

    def __call__(self, **arguments: JSON) -> object:
        # The body as it was read has a file's bytes as text: the request itself has its name and type too.
        request = current.get().request
        uploads = request.uploads() if request is not None else []
        if not uploads:
            return self._answer(**arguments)
        upload, body = uploads[0], arguments.get("body")
        sent = body if isinstance(body, dict) else {}
        facts = {name: value for name, value in self._facts(upload) if name not in sent}
        if self._is_sample:
            result = self._new(self._answer(**arguments), facts)
        else:
            result = self._answer(**{**arguments, "body": {**self._without_files(sent), **facts}})
        self._keep(upload, arguments, result)
        return result

    def _without_files(self, sent: Arguments) -> dict[str, JSON]:
        """What was sent as the document: of the files themselves, only what the document has a property for."""
        return {name: value for name, value in sent.items() if name not in self._fields or name in self._properties}

    def _facts(self, upload: Upload) -> Iterator[tuple[str, JSON]]:
        """What the document's properties say of the file, where they are there for that."""
        for name, schema in self._properties.items():
            key, kinds = plain(name), types_of(schema)
            if key in _SIZES and kinds & {"integer", "number"}:
                yield name, len(upload.content)
            elif "string" in kinds and "enum" not in schema and "format" not in schema:
                if key in _NAMES and upload.name:
                    yield name, upload.name
                elif key in _TYPES:
                    yield name, upload.type

    def _new(self, result: object, facts: Arguments) -> object:
        """A sample that is no other's: with an id of its own, and what is true of the file."""
        body, *rest = result if isinstance(result, tuple) else (result,)
        slot = self._media.slot if self._media else None
        # Whoever names the file by its path knows the id already.
        if not isinstance(body, dict) or slot is None or self._place.parameter:
            return result
        self._made += 1
        try:
            fresh = self._sampler.plain(slot, f"{self._place.path} upload {self._made}")
        except UnsatisfiableError:
            return result
        true = {**fresh, **facts}
        return (true if self._is_valid(slot, true) else fresh, *rest)

    def _keep(self, upload: Upload, arguments: Arguments, result: object) -> None:
        named = self._place.named(arguments)
        for identity in _ids(body_within(result)) if named is None else [named]:
            key = self._place.key(arguments, identity)
            files = collection(FILES)
            files.delete_one({"_id": key})  # the last one counts, as with any PUT
            files.insert_one({"_id": key, **upload.kept()})


class _Download:
    """Hands out the file that was kept under an id; what the operation answers else, where none was."""

    def __init__(self, contract: Contract, operation: Operation, answer: Answer, place: _Place) -> None:
        self._contract = contract
        self._operation = operation
        self._answer = answer
        self._place = place
        self._response = operation.response(operation.success)
        self._action = contract.action_at.get((f"{place.path}/{{{place.parameter}}}", place.parameter))

    def __call__(self, **arguments: JSON) -> object:
        media = self._response.media(current.get().media_type) if self._response else None
        # Who accepts JSON alone asks what is known of the file, not for the file.
        if media is None or not _is_binary(self._contract, media):
            return self._answer(**arguments)
        named = self._place.named(arguments)
        key = self._place.key(arguments, named)
        found = collection(FILES).find_one({"_id": key})
        if self._is_gone(named):
            raise Problem(404, None, f"there is no {named}")
        if found is None:
            return self._answer(**arguments)
        try:
            file = Upload.of_kept(found)
        except ValueError as error:  # a store of an earlier version, or a handler, may have put anything there
            reason = f"the document {key!r} of {FILES} keeps no file: {error}; upload it again, or reset the world"
            raise Problem(500, "The file cannot be read", reason) from None
        headers = {"Content-Type": file.type}
        if file.name:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"  # RFC 6266, 4.3
        return file.content, self._operation.success, headers

    def _is_gone(self, named: JSON) -> bool:
        """Whether the document of the file is not there, where the contract has an answer for that."""
        if self._action is None or self._operation.response(404) is None:
            return False
        if self._action.collection not in self._contract.created:
            return False
        resource = self._contract.resources[self._action.collection]
        wanted = [named, str(named)]
        number = number_of(str(named))  # one operation may call the id a text, and another one a number
        if number is not None:
            wanted.append(number)
        return collection(resource.collection).find_one({resource.id: {"$in": wanted}}) is None


def _is_binary(contract: Contract, media: Media) -> bool:
    return is_binary(media, contract.described(media.schema))


def _bodies(operation: Operation) -> list[Media]:
    return list(operation.body.content.values()) if operation.body else []


def _takes_files(contract: Contract, operation: Operation) -> bool:
    bodies = _bodies(operation)
    return any(_is_binary(contract, media) or _file_fields(contract, media) for media in bodies)


def _file_fields(contract: Contract, media: Media) -> list[str]:
    """The fields of a multipart form that hold files."""
    if not media.type.startswith("multipart/"):
        return []
    found = []
    for name, part in contract.fields(media.schema).items():
        items = contract.described(part.get("items") or {})
        if is_file(part) or is_file(items):
            found.append(name)
    return found


def _ids(body: object) -> Iterator[str | int]:
    """What may be the id of the document in an answer, in an envelope or without."""
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        if plain(name) in _IDS and isinstance(value, str | int):
            yield value
        elif isinstance(value, dict):
            yield from _ids(value)
