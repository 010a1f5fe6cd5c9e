"""The same contract and handlers behind stock Connexion and behind the double."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.resolver import Resolution as StockResolution
    from connexion.resolver import Resolver

from specdouble.contract import Contract
from specdouble.double.answers.resolution import Resolution
from specdouble.double.assembly import assembled
from specdouble.double.double import Double, Settings

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent.parent
TOLD = {"text", "number", "list", "integer", "flag", "choice", "exploded", "joined", "piped", "spaced", "deep", "here"}
RESULTS: list[Any] = [
    {"id": 1},
    {"id": 2, "note": None, "more": [1.5, "ü", True]},
    ({"id": 3}, 200),
    ({"id": 4}, 200, {"X-Told": "yes"}),
    (["a", "b"], 202),
    ([], 202),
    (None, 204),
    ({"error": "gone"}, 404),
    {"id": "one"},
    ({}, 200),
    ([1], 202),
    ({"note": "no id"}, 200),
    ({"error": 5}, 404),
    {"id": 1, "note": 2},
]


def anyone(token: str) -> dict[str, str]:
    return {"sub": token}


def any_key(key: str) -> dict[str, str]:
    return {"sub": key}


def any_pair(username: str, password: str) -> dict[str, str]:
    return {"sub": username + password}


def tell(**arguments: Any) -> Any:
    """What has arrived, as far as Connexion hands it to handlers: no header fields, no cookies."""
    if "which" in arguments:
        return RESULTS[arguments["which"] % len(RESULTS)]
    told = {name: value for name, value in arguments.items() if name in TOLD}
    return {"told": told | ({"body": arguments["body"]} if arguments.get("body") is not None else {})}


class _ToOne(Resolver):  # type: ignore[misc]
    """Resolves every operation by a function of its id."""

    def __init__(self, find: Callable[[str], Callable[..., Any]]) -> None:
        super().__init__()
        self.find = find

    def resolve(self, operation: Any) -> StockResolution:
        return StockResolution(self.find(operation.operation_id), operation.operation_id)


def stock(contract: dict[str, Any], find: Callable[[str], Callable[..., Any]]) -> Any:
    """Connexion with all its validators, and responses held to the contract."""
    app = AsyncApp("stock")
    app.add_api(contract, resolver=_ToOne(find), validate_responses=True)
    return app


def small_contract() -> dict[str, Any]:
    contract: dict[str, Any] = yaml.safe_load((FOLDER / "openapi.yaml").read_text("utf-8"))
    return contract


def ours(contract: Path) -> tuple[Double, Any]:
    """The double of a contract; the root's operations answer their examples, the small one's are answered by `tell`."""
    double = Double(Settings(contract))
    find = example_of(double.contract) if contract == ROOT else lambda _id: tell
    double.resolutions = {
        operation: Resolution(partial(find, operation), "handler", "") for operation in double.contract.operations
    }
    return double, assembled(double)


def example_of(contract: Contract) -> Callable[[str], Callable[..., Any]]:
    """For each operation a function that answers the contract's own first example of its success."""

    def find(id: str) -> Callable[..., Any]:
        operation = contract.operations[id]
        response = operation.response(operation.success)
        assert response
        example = next(iter(response.content["application/json"].examples.values()))
        return lambda **_arguments: (example, operation.success)

    return find


def client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://double")
