"""Configurations for incoming leads."""

from typing import Any

from specdouble.double import AFTER, Problem, collection

Document = dict[str, Any]

UNSET = dict.fromkeys(("name", "description", "inboundEmail", "starterMessage", "pipelineId", "pipelineStage"))
OF_APPLICATIONS = dict.fromkeys(
    ("applicationName", "applicationStatus", "applicationPipelineId", "applicationPipelineStage")
)


def post_lead_management(body: Document) -> tuple[Document, int]:
    configuration = UNSET | body
    collection("lead_management").insert_one(configuration)
    return _answered("Lead management configuration created", configuration), 201


def get_lead_management_by_id(id: str) -> Document:
    return {"success": True, "data": _shown(collection("lead_management").find_one({"_id": id}))}


def put_lead_management_by_id(id: str, body: Document) -> Document:
    configurations = collection("lead_management")
    updated = configurations.find_one_and_update({"_id": id}, {"$set": body}, return_document=AFTER)
    return _answered("Lead management configuration updated", updated)


def _answered(message: str, configuration: Document | None) -> Document:
    return {"success": True, "message": message, "data": _shown(configuration)}


def _shown(configuration: Document | None) -> Document:
    if configuration is None:
        raise Problem(404, "Lead management configuration not found")
    if configuration.get("createApplication"):
        return OF_APPLICATIONS | configuration
    for name in OF_APPLICATIONS:
        configuration.pop(name, None)
    return configuration
