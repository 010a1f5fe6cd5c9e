"""Where outside systems deliver leads."""

from typing import Any

from specdouble.double import Problem, collection

Document = dict[str, Any]


def post_webhook_outreach(body: Document) -> Document:
    configuration = collection("lead_management").find_one({"_id": body["configurationId"]})
    if configuration is None:
        raise Problem(404, "Lead management configuration not found")
    if configuration.get("status") == "inactive":
        raise Problem(400, "Lead management configuration is inactive", rule="outreach.inactive")
    contact = dict(body)
    collection("contacts").insert_one(contact)
    conversation: Document = {"contactId": contact["_id"]}
    collection("conversations").insert_one(conversation)
    data = {"contactId": contact["_id"], "conversationId": conversation["_id"]}
    if configuration.get("createApplication"):
        application: Document = {"contactId": contact["_id"], "name": configuration.get("applicationName")}
        collection("applications").insert_one(application)
        data["applicationId"] = application["_id"]
    return {"success": True, "message": "Data processed successfully and message sent.", "data": data}
