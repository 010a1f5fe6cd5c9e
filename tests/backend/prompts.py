"""Prompts: create, list and update the caller's own."""

from .checks import Field, check
from .seed import Document
from .service import Answer, Call, RefusedError, Service

FIELDS = {
    "name": Field("string", required=True),
    "prompt": Field("string"),
    "responseTime": Field("number"),
    "description": Field("string"),
    "isHidden": Field("boolean"),
    "temperature": Field("number", minimum=0, maximum=1),
}


async def create(service: Service, call: Call) -> Answer:
    values, now = check(FIELDS, call.body, service.faults), service.stamp()
    prompt: Document = {
        "_id": service.new_id(),
        "isHidden": False,
        **values,
        "tools": [],
        "toolConfigs": {},
        "organizationId": call.caller.organization,
        "userId": call.caller.id,
        "createdAt": now,
        "updatedAt": now,
    }
    if "prompt_owner_from_client" in service.faults:
        prompt["userId"] = call.body.get("userId", call.caller.id)
    service.store.prompts[prompt["_id"]] = prompt
    return 201, {"message": "Prompt created successfully", "prompt": prompt}


async def list_own(service: Service, call: Call) -> Answer:
    faults, prompts = service.faults, list(service.store.prompts.values())
    if "prompts_listed_of_all" not in faults:
        prompts = [p for p in prompts if p["userId"] == call.caller.id]
    if "prompts_capped" in faults:
        prompts = prompts[:10]
    if "hidden_prompts_unlisted" in faults:
        prompts = [p for p in prompts if not p["isHidden"]]
    return 200, prompts


async def update(service: Service, call: Call) -> Answer:
    values = check(FIELDS, call.body, service.faults, partial=True)
    prompt = service.store.prompts.get(call.path["promptId"])
    anyone = "prompt_updated_by_others" in service.faults
    if prompt is None or not (anyone or prompt["userId"] == call.caller.id):
        raise RefusedError(404, "Prompt not found")
    if "prompt_update_wipes_others" in service.faults:
        for name in ("prompt", "description"):
            prompt.pop(name, None)
    prompt.update(values)
    if "prompt_updated_not_moved" not in service.faults:
        prompt["updatedAt"] = service.stamp()
    return 200, {"message": "Prompt updated successfully", "prompt": prompt}
