"""Small files that are what their media type says: a picture that browsers show, an archive that opens."""

from __future__ import annotations

import gzip
import io
import struct
import wave
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Callable

from specdouble.contract.media_type import essence

_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_WEBP = b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
_JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////"
    "////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8Aa//Z"
)
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1"/></svg>'
_MP3 = b"\xff\xfb\x90\x00" + bytes(413)  # one silent frame
_MP4 = struct.pack(">I", 24) + b"ftypisom" + bytes(4) + b"isomiso2"
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same bytes each time


def file_of(media_type: str) -> bytes:
    """The bytes of a small file of the media type; a line of text where the type is none that is known."""
    make = _FILES.get(essence(media_type))
    return b"a sample file\n" if make is None else make()


def _png() -> bytes:
    """One transparent pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(5))) + chunk(b"IEND", b"")


def _pdf() -> bytes:
    """One empty page."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def _zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(zipfile.ZipInfo("sample.txt", _MOMENT), "a sample file\n")
    return written.getvalue()


def _wav() -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128] * 80))
    return written.getvalue()


_FILES: dict[str, Callable[[], bytes]] = {
    "image/png": _png,
    "image/gif": lambda: _GIF,
    "image/jpeg": lambda: _JPEG,
    "image/jpg": lambda: _JPEG,
    "image/webp": lambda: _WEBP,
    "image/svg+xml": lambda: _SVG,
    "audio/mpeg": lambda: _MP3,
    "audio/wav": _wav,
    "video/mp4": lambda: _MP4,
    "application/pdf": _pdf,
    "application/zip": _zip,
    "application/gzip": lambda: gzip.compress(b"a sample file\n", mtime=0),
    "application/x-gzip": lambda: gzip.compress(b"a sample file\n", mtime=0),
}
