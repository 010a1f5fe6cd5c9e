"""A request, as HTTP brings it to an operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specdouble.contract.media_type import OCTETS, essence
from specdouble.double.http.field_value import elements, parameters
from specdouble.double.http.form import read_uploads
from specdouble.double.state.documents import Written
from specdouble.double.state.exchange import User
from specdouble.double.state.upload import Upload
from specdouble.double.state.worlds import DEFAULT_WORLD


@dataclass(slots=True)
class Request:
    """A request, with what its path and method have found out so far.

    Args:
        path: the raw segments of the path parameters; empty until an operation is found.
        query: the query string.
        headers: the header fields, names in lower case.
        body: the whole body; empty until it has been read.
        method: the method, in upper case.
        target: the path as it was sent, its escapes with it.
        world: the name of the world that it is for.
        arrived: when it came, in seconds since the epoch.
        user: the claims of the caller, once that is known.
        is_read: whether its caller and its values were found valid.
        writes: the writes that were tried for its sake.
    """

    path: Mapping[str, str]
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    method: str = ""
    target: str = ""
    world: str = DEFAULT_WORLD
    arrived: float = 0.0
    user: User | None = None
    is_read: bool = False
    writes: list[Written] = field(default_factory=list)

    def uploads(self) -> list[Upload]:
        """The files that it brings: in the parts of a form, or as its whole body."""
        content_type = self.headers.get(b"content-type", b"")
        media_type = content_type.decode("latin-1")
        if essence(media_type).startswith("multipart/"):
            return read_uploads(self.body, content_type)
        if not self.body:
            return []
        return [Upload("", self._file_name(), media_type or OCTETS, self.body)]

    def _file_name(self) -> str:
        """What `Content-Disposition` calls the body (RFC 6266, 4.3); empty where it calls it nothing."""
        disposition = self.headers.get(b"content-disposition", b"").decode("utf-8", "replace")
        return dict(parameters(elements(disposition, ";")[1:])).get("filename", "")
