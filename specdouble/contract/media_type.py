"""What the media type of a body says: which concrete type a range stands for, and whether its bytes are a file's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract.operation import Media
from specdouble.contract.properties import types_of

OCTETS = "application/octet-stream"
_JSON = "application/json"
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
_IN_RANGE = {
    "image/*": _IMAGES,
    "audio/*": ("audio/mpeg", "audio/wav"),
    "video/*": ("video/mp4",),
    "text/*": ("text/plain", "text/html", "text/csv"),
    "font/*": ("font/woff2",),
}
_FILES = (OCTETS, "application/pdf", "application/zip", *_IMAGES, "text/plain", "text/csv")
_WRITTEN = ("json", "xml", "yaml", "text/", "form-urlencoded", "multipart/", "javascript")


def essence(media_type: str) -> str:
    """The media type without its parameters, in lower case (RFC 9110, 8.3.1)."""
    return media_type.partition(";")[0].strip().lower()


def concrete(media: Media, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The media types in which a body may be sent; the first where the request does not care.

    Args:
        media: how the contract declares the body: by a media type, or by a range such as `image/*`.
        schema: its schema, resolved.
    """
    if "*" not in media.type:
        return (media.type,)
    known = _IN_RANGE.get(essence(media.type))
    if known is not None:
        return known
    if is_file(schema):
        within = essence(media.type).partition("/")[0]
        return tuple(one for one in _FILES if within in ("*", one.partition("/")[0]))
    if _is_text(schema) and essence(media.type) == "*/*":
        return ("text/plain", _JSON)
    return (_JSON,)


def is_binary(media: Media, schema: Mapping[str, Any]) -> bool:
    """Whether a body is a file: bytes that no schema describes.

    Args:
        media: how the contract declares the body.
        schema: its schema, resolved.
    """
    kind = essence(media.type)
    if kind in ("*/*", "application/*") or kind.startswith("text/"):
        return is_file(schema)
    return not any(part in kind.replace("svg+xml", "svg") for part in _WRITTEN)


def is_file(schema: Mapping[str, Any]) -> bool:
    """Whether a schema stands for a file (OpenAPI 3.0.3, "Considerations for File Uploads"; Swagger 2.0: `file`)."""
    return schema.get("type") == "file" or schema.get("format") == "binary" or "contentMediaType" in schema


def _is_text(schema: Mapping[str, Any]) -> bool:
    return types_of(schema) == {"string"}
