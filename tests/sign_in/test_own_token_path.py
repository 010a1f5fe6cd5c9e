"""A contract's own token endpoint signs in, written as the contract says: as JSON, or as the form of RFC 6749."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Shops, version: "1"}
security: [{oauth: [read]}]
paths:
  /oauth2/token:
    post:
      security: []
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Asked"}}}}
      responses:
        "200":
          description: A token.
          content: {application/json: {schema: {type: object, properties: {access_token: {type: string}}}}}
  /shops:
    get:
      responses:
        "200":
          description: All.
          content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: string}}}}}}
        "401": {description: Nobody.}
components:
  schemas:
    Asked: {type: object, properties: {client_id: {type: string}, grant_type: {type: string}}}
  securitySchemes:
    oauth:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: "https://shops.example/oauth2/token", scopes: {read: Read.}}}
servers: [{url: "https://shops.example"}]
"""
ASKED = {"client_id": "specdouble", "client_secret": "secret", "grant_type": "client_credentials"}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with client_for(CONTRACT, tmp_path_factory.mktemp("shops")) as client:
        yield client


@pytest.mark.parametrize("sent", [{"json": ASKED}, {"data": ASKED}], ids=["as JSON", "as a form"])
def test_the_contracts_own_path_gives_a_token_that_is_taken(shops: httpx.Client, sent: dict[str, Any]) -> None:
    token = shops.post("/oauth2/token", **sent).json()["access_token"]
    assert shops.get("/shops", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_json_that_is_no_object_is_refused(shops: httpx.Client) -> None:
    refused = shops.post("/oauth2/token", json=["client_credentials"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def test_elsewhere_the_provider_takes_a_form_alone(shops: httpx.Client) -> None:
    assert shops.post("/_specdouble/auth/token", json=ASKED).status_code == 400
