"""The outreach webhook: what a configuration is for."""

from . import lead_management
from .checks import Field, check
from .seed import Document
from .service import Answer, Call, RefusedError, Service

FIELDS = {
    "configurationId": Field("string", required=True),
    "phoneNumber": Field("string", required=True),
    "firstName": Field("string"),
    "lastName": Field("string"),
    "email": Field("string"),
}


async def outreach(service: Service, call: Call) -> Answer:
    values, faults = check(FIELDS, call.body, service.faults), service.faults
    configuration = lead_management.find(service, call.caller, values["configurationId"], "use")
    inactive = configuration.get("status") == "inactive"
    if inactive and "inactive_accepted" not in faults:
        raise RefusedError(400, "Lead management configuration is inactive")
    data: Document = {
        "contactId": service.new_id(),
        "conversationId": service.new_id(),
    }
    if configuration["createApplication"] or "application_always" in faults:
        data["applicationId"] = service.new_id()
    message = "Data processed successfully and message sent."
    return 200, {"success": True, "message": message, "data": data}
