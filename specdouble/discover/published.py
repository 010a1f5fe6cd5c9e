"""The contract that a server publishes of itself, where frameworks put it."""

from __future__ import annotations

from pathlib import Path

from specdouble.contract import Refused, read
from specdouble.contract.document import FILE_NAMES
from specdouble.contract.remote import FetchError, fetched
from specdouble.url import split_url
from specdouble.whole_files import write_whole

# FastAPI, Litestar, Connexion, .NET, Spring, Quarkus, MicroProfile, NestJS, Fastify, Elysia, Hono, Kinto, PowerDNS, Go
# with swag or go-swagger, Flask, Django, hapi and others.
PLACES = (
    "openapi.json", "openapi.yaml", "openapi.yml", "v3/api-docs", "swagger.json", "swagger.yaml", "openapi/v1.json",
    "swagger/v1/swagger.json", "swagger/doc.json", "api/openapi.json", "api/schema/", "api/docs", "api-docs",
    "docs/openapi.json", "schema/openapi.json", "api-json", "__api__", "q/openapi", "openapi", "swagger", "v2/api-docs",
    "documentation/json", "openapi/json", "swagger/json", "api/swagger.json", "apispec_1.json", "doc",
    "_specdouble/openapi.json",
)  # fmt: skip


class Unpublished(Exception):
    """A server publishes no contract; the message says where was looked."""


def has_contract(folder: Path) -> bool:
    """Whether a folder holds a contract already."""
    return any((folder / name).is_file() for name in FILE_NAMES)


def save_published(url: str, folder: Path) -> Path:
    """Save the contract that a server publishes; the file.

    Args:
        url: where the server is; the contract is looked for below it, then at its root.
        folder: where it is saved, as `openapi.json` or `openapi.yaml`.

    Raises:
        Unpublished: none was found.
    """
    parts = split_url(url)
    root = f"{parts.scheme}://{parts.netloc}"
    for base in dict.fromkeys((url.rstrip("/"), root)):
        for place in PLACES:
            copy = _contract_at(f"{base}/{place}")
            if copy is not None:
                content = copy.read_bytes()
                is_json = content.lstrip()[:1] == b"{"
                file = folder / ("openapi.json" if is_json else "openapi.yaml")
                write_whole(file, content)
                return file
    raise Unpublished(
        f"{folder} holds no contract, and {url} publishes none at {', '.join(PLACES[:4])} or the like\n"
        "    remedy: save the contract as openapi.yaml, or name its file or its URL"
    )


def _contract_at(url: str) -> Path | None:
    """The copy of what is there, where it is a contract."""
    try:
        copy = fetched(url)
        read(copy)
    except (FetchError, Refused):
        return None
    return copy
