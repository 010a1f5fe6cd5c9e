"""The contract served by stock Connexion over plain mongomock, with handlers that do the double's work by hand.

It is what a team writes that has no double: tokens are checked, names are scanned for, references are looked up.
"""

from __future__ import annotations

import os
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import mongomock
import yaml
from bson import ObjectId
from connexion.exceptions import OAuthProblem

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.resolver import Resolution, Resolver

ROOT = Path(__file__).parent.parent
SECRET = "the secret of the stock application"
USER = {"userId": "64ee9a8b1e7f2a0011223399", "organizationId": "64ee9a8b1e7f2a0011223344"}
PROMPT = "64eea1110000000000000001"
READ = "69f46b906f0be283d47ae916"

AFTER = True  # PyMongo's ReturnDocument
Answer = tuple[dict[str, Any], int]


class Handlers:
    """The operations that the benchmark asks for.

    Args:
        documents: how many configurations there are from the start.
    """

    def __init__(self, documents: int) -> None:
        database: Any = mongomock.MongoClient()["stock"]
        self.configurations, self.prompts = database["lead_management"], database["prompts"]
        self.prompts.insert_many([{"_id": PROMPT, "name": "One", **USER}, {"_id": "2", "name": "Two", **USER}])
        for number in range(documents):
            self.configurations.insert_one(configuration({"configurationName": f"stored {number}"}))
        # Mongomock scans from the first document on: the one that is read stands in the last place.
        self.configurations.insert_one({**configuration({"configurationName": "Website Inquiries"}), "_id": READ})

    def post_auth_login(self, body: dict[str, Any]) -> dict[str, Any]:
        token = jwt.encode({**USER, "exp": 4102444800, "email": body["email"]}, SECRET, algorithm="HS256")
        return {"token": token, "refreshToken": token, "sessionConfig": {}}

    def post_lead_management(self, body: dict[str, Any], token_info: dict[str, Any]) -> Answer:
        name = body["configurationName"].strip().casefold()
        mine = self.configurations.find({"userId": token_info["userId"]})
        if any(one["configurationName"].strip().casefold() == name for one in mine):
            return {"success": False, "error": "Configuration name already in use"}, 400
        if self.prompts.find_one({"_id": body["defaultProcess"]}) is None:
            return {"success": False, "error": "Unknown default process"}, 400
        stored = configuration(body)
        self.configurations.insert_one(stored)
        return {"success": True, "message": "Lead management configuration created", "data": stored}, 201

    def get_lead_management_by_id(self, id: str, token_info: dict[str, Any]) -> Answer:
        found = self.configurations.find_one({"_id": id, "userId": token_info["userId"]})
        if found is None:
            return {"success": False, "error": "Lead management configuration not found"}, 404
        return {"success": True, "data": found}, 200

    def put_lead_management_by_id(self, id: str, body: dict[str, Any], token_info: dict[str, Any]) -> Answer:
        mine = {"_id": id, "userId": token_info["userId"]}
        found = self.configurations.find_one_and_update(mine, {"$set": body}, return_document=AFTER)
        if found is None:
            return {"success": False, "error": "Lead management configuration not found"}, 404
        return {"success": True, "message": "Lead management configuration updated", "data": found}, 200

    def get_prompts_user(self, token_info: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self.prompts.find({"userId": token_info["userId"]}))


def configuration(body: dict[str, Any]) -> dict[str, Any]:
    """A document as the contract has it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    unset = dict.fromkeys(("name", "description", "inboundEmail", "starterMessage", "pipelineId", "pipelineStage"))
    defaults = {"source": "Unassigned", "costPerLead": 0, "status": "active", "forwardToOutreach": True}
    flags = dict.fromkeys(("isAutopilot", "allowRecontact", "createApplication", "useWorkflowOnly"), False)
    server_set = {"_id": str(ObjectId()), **USER, "createdAt": now, "updatedAt": now}
    return {"initialStage": "New", "defaultProcess": PROMPT, **unset, **defaults, **flags, **body, **server_set}


def check_token(token: str) -> dict[str, Any]:
    """The claims of a token: Connexion's `x-bearerInfoFunc`."""
    try:
        claims: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise OAuthProblem("Invalid or expired token") from error
    return {**claims, "sub": claims["userId"]}


class _ByName(Resolver):  # type: ignore[misc]
    def __init__(self, handlers: Handlers) -> None:
        super().__init__()
        self.handlers = handlers

    def resolve(self, operation: Any) -> Resolution:
        name = operation.operation_id
        return Resolution(getattr(self.handlers, name, lambda **_: ({}, 500)), name)


def application() -> AsyncApp:
    """The application; `DOCUMENTS` says how many documents it begins with."""
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    for scheme in contract["components"]["securitySchemes"].values():
        scheme["x-bearerInfoFunc"] = "benchmarks.stock.check_token"
    app = AsyncApp("stock")
    app.add_api(contract, resolver=_ByName(Handlers(int(os.environ.get("DOCUMENTS", 0)))), validate_responses=True)
    return app
