"""Lead management: create, read and update a configuration."""

import asyncio
import string
from hashlib import sha256

from .checks import Field, check, with_defaults
from .names import name_key, same_name
from .seed import Document, User
from .service import Answer, Call, RefusedError, Service

FIELDS = {
    "configurationName": Field("string", required=True),
    "name": Field("string"),
    "description": Field("string"),
    "source": Field("string", default="Unassigned"),
    "inboundEmail": Field("string", email=True),
    "initialStage": Field("string", required=True),
    "defaultProcess": Field("string", required=True),
    "isAutopilot": Field("boolean", default=False),
    "allowRecontact": Field("boolean", default=False),
    "starterMessage": Field("string"),
    "costPerLead": Field("number", default=0, minimum=0),
    "status": Field("string", default="active", choices=("active", "inactive")),
    "pipelineId": Field("string"),
    "pipelineStage": Field("string"),
    "createApplication": Field("boolean", default=False),
    "applicationName": Field("string"),
    "applicationStatus": Field("string"),
    "applicationPipelineId": Field("string"),
    "applicationPipelineStage": Field("string"),
    "forwardToOutreach": Field("boolean", default=True),
    "useWorkflowOnly": Field("boolean", default=False),
}
APPLICATION = tuple(name for name in FIELDS if name.startswith("application"))
OPTIONAL = tuple(name for name, field in FIELDS.items() if not field.required and field.default is None)
NOT_FOUND = "Lead management configuration not found"


async def create(service: Service, call: Call) -> Answer:
    faults, rows = service.faults, service.store.configurations
    if "refused_create_leaves_row" in faults:
        _reserve(service, call)
    values = check(FIELDS, call.body, faults)
    _crash(values, faults)
    if "process_checked_after_write" not in faults:
        _check_process(service, call.caller, values)
    taken = _holder(service, call.caller, values["configurationName"])
    if taken and "duplicate_overwrites" in faults:
        taken.update(values)
        return _mutation(service, taken, "created")
    if taken is not None:
        raise _name_taken(faults)
    if "name_check_not_atomic" in faults:
        await asyncio.sleep(0.05)
    document = _new(service, call, values)
    rows[document["_id"]] = document
    if "process_checked_after_write" in faults:
        _check_process(service, call.caller, values)
    return _mutation(service, document, "created")


async def read(service: Service, call: Call) -> Answer:
    document = find(service, call.caller, call.path["id"], "read")
    if "read_moves_updated" in service.faults:
        document["updatedAt"] = service.stamp()
    if "read_sets_inactive" in service.faults:
        shown = view(document, service.faults)
        document["status"] = "inactive"
        return 200, {"success": True, "data": shown}
    if "response_property_missing" in service.faults:
        return 200, {"data": view(document, service.faults)}
    return 200, {"success": True, "data": view(document, service.faults)}


async def update(service: Service, call: Call) -> Answer:
    faults, user = service.faults, call.caller
    if "invalid_update_partly_applied" in faults:
        _apply_description(service, call)
    values = check(FIELDS, call.body, faults, partial=True)
    _crash(values, faults)
    document = find(service, user, call.path["id"], "update")
    if "refused_update_partly_applied" in faults:
        kept = ("configurationName", "defaultProcess")
        document.update({k: v for k, v in values.items() if k not in kept})
    if "refused_update_moves_updated" in faults:
        document["updatedAt"] = service.stamp()
    if "process_unchecked_on_update" not in faults:
        _check_process(service, user, values)
    if "configurationName" in values and "name_unchecked_on_update" not in faults:
        _check_rename(service, user, document, values["configurationName"])
    if "update_not_kept" in faults:
        document = dict(document)
    _write(service, call, document, values)
    return _mutation(service, document, "updated")


def find(service: Service, user: User, id: str, action: str) -> Document:
    document = service.store.configurations.get(id)
    if document and _may(user, document, action, service.faults):
        return document
    if document and "foreign_answers_403" in service.faults:
        raise RefusedError(403, "This configuration belongs to somebody else")
    raise RefusedError(404, NOT_FOUND)


def _may(user: User, document: Document, action: str, faults: frozenset[str]) -> bool:
    if document["userId"] == user.id:
        return True
    colleagues = document["organizationId"] == user.organization
    if "config_seen_by_admins" in faults and colleagues and user.role == "ADMIN":
        return True
    verb = {"read": "read", "update": "updated", "use": "used"}[action]
    return f"config_{verb}_across_organizations" in faults or (f"config_{verb}_by_colleagues" in faults and colleagues)


def _check_process(service: Service, user: User, values: Document) -> None:
    faults = service.faults
    if "defaultProcess" not in values or "process_unchecked" in faults:
        return
    process = values["defaultProcess"]
    if "process_format_checked_only" in faults:
        if len(process) == 24 and not set(process) - set(string.hexdigits):
            return
        raise RefusedError(400, "Unknown default process")
    prompt = service.store.prompts.get(process)
    if prompt and "process_across_organizations" in faults:
        return
    colleagues = prompt and prompt["organizationId"] == user.organization
    if prompt and colleagues and "process_of_colleagues" in faults:
        return
    if prompt and colleagues and prompt["userId"] == user.id:
        return
    raise RefusedError(400, "Unknown default process")


def _name_taken(faults: frozenset[str]) -> RefusedError:
    status = 409 if "duplicate_answers_409" in faults else 400
    return RefusedError(status, "Configuration name already in use")


def _check_rename(service: Service, user: User, document: Document, name: str) -> None:
    own = document["_id"]
    if "own_name_refused_on_update" in service.faults:
        own = None if name != document["configurationName"] else own
    if _holder(service, user, name, own) is not None:
        raise _name_taken(service.faults)


def _holder(service: Service, user: User, name: str, own: str | None = None) -> Document | None:
    """The configuration that has this name already, where it must not be twice."""
    faults = service.faults
    if "name_not_unique" in faults:
        return None
    former = (user.id, name_key(name, faults))
    if "freed_name_stays_taken" in faults and former in service.store.former_names:
        return {}
    for document in service.store.configurations.values():
        if document["_id"] == own or not _in_scope(user, document, faults):
            continue
        if same_name(name, document["configurationName"], faults):
            return document
    return None


def _in_scope(user: User, document: Document, faults: frozenset[str]) -> bool:
    if "name_unique_globally" in faults:
        return True
    if "name_unique_in_organization" in faults:
        return bool(document["organizationId"] == user.organization)
    if "name_free_beside_inactive" in faults and document.get("status") == "inactive":
        return False
    return bool(document["userId"] == user.id)


def _new(service: Service, call: Call, values: Document) -> Document:
    faults, user, now = service.faults, call.caller, service.stamp()
    values = _stored(_defaulted(values, faults), faults)
    document = values | {
        "_id": _new_id(service, values["configurationName"]),
        "userId": user.id,
        "organizationId": user.organization,
        "createdAt": now,
        "updatedAt": now,
    }
    return document | _from_client(call.body, faults)


def _new_id(service: Service, name: str) -> str:
    if "id_from_name" in service.faults:
        return sha256(name_key(name, service.faults).encode()).hexdigest()[:24]
    return service.new_id()


def _defaulted(values: Document, faults: frozenset[str]) -> Document:
    sent = values
    if "falsy_replaced_by_default" in faults:
        values = {name: v for name, v in values.items() if v or name in OPTIONAL}
    values = with_defaults(FIELDS, _other_defaults(faults) | values)
    if "default_status_missing" in faults and "status" not in sent:
        del values["status"]
    return values


def _stored(values: Document, faults: frozenset[str]) -> Document:
    """The values as they are kept: as they were sent."""
    values = dict(values)
    name = values.get("configurationName")
    if name is not None and "name_stored_trimmed" in faults:
        values["configurationName"] = name.strip()
    if name is not None and "name_stored_cut" in faults:
        values["configurationName"] = name[:64]
    if name is not None and "name_stored_lower" in faults:
        values["configurationName"] = name.lower()
    if "costPerLead" in values and "cost_cut_to_integer" in faults:
        values["costPerLead"] = int(values["costPerLead"])
    if "costPerLead" in values and "cost_rounded_to_cents" in faults:
        values["costPerLead"] = round(values["costPerLead"], 2)
    if "message_escaped" in faults and values.get("starterMessage"):
        values["starterMessage"] = values["starterMessage"].replace("&", "&amp;")
    if "description_not_kept" in faults:
        values.pop("description", None)
    return values


def _from_client(body: Document, faults: frozenset[str]) -> Document:
    """Server-set properties that the client has no say in."""
    taken = {
        "id_from_client": "_id",
        "user_from_client": "userId",
        "organization_from_client": "organizationId",
        "created_from_client": "createdAt",
        "updated_from_client": "updatedAt",
    }
    names = [name for fault, name in taken.items() if fault in faults]
    if "unknown_properties_stored" in faults:
        names += [name for name in body if name not in (*FIELDS, *taken.values())]
    return {name: body[name] for name in names if name in body}


def _write(service: Service, call: Call, document: Document, values: Document) -> None:
    faults = service.faults
    if "defaults_on_update" in faults:
        values = with_defaults(FIELDS, values)
    if "falsy_ignored_on_update" in faults:
        values = {name: value for name, value in values.items() if value}
    if "update_wipes_others" in faults:
        for name in OPTIONAL:
            document.pop(name, None)
    former = name_key(document["configurationName"], faults)
    document.update(_stored(values, faults))
    if name_key(document["configurationName"], faults) != former:
        service.store.former_names.append((document["userId"], former))
    _sign(service, call, document)


def _sign(service: Service, call: Call, document: Document) -> None:
    """When it was changed, and whose it is."""
    faults = service.faults
    if "updated_not_moved" not in faults:
        document["updatedAt"] = service.stamp()
    if "created_moves_on_update" in faults:
        document["createdAt"] = document["updatedAt"]
    if "owner_from_client_on_update" in faults and "userId" in call.body:
        document["userId"] = call.body["userId"]


def view(document: Document, faults: frozenset[str] = frozenset()) -> Document:
    """A configuration as answers show it."""
    shown = dict.fromkeys(OPTIONAL) | document
    if not document["createApplication"]:
        shown = {name: v for name, v in shown.items() if name not in APPLICATION}
    if "response_wrong_type" in faults:
        shown["costPerLead"] = str(shown["costPerLead"])
    if "response_null" in faults:
        shown["source"] = None
    if "response_enum_other" in faults:
        shown["status"] = str(shown.get("status")).upper()
    return shown


def _mutation(service: Service, document: Document, verb: str) -> Answer:
    status = 201 if verb == "created" else 200
    if "create_answers_200" in service.faults:
        status = 200
    if "update_answers_202" in service.faults and verb == "updated":
        status = 202
    return status, {
        "success": True,
        "message": f"Lead management configuration {verb}",
        "data": view(document, service.faults),
    }


# What only a fault does.


def _other_defaults(faults: frozenset[str]) -> Document:
    defaults: Document = {}
    if "default_outreach_off" in faults:
        defaults["forwardToOutreach"] = False
    if "default_source_other" in faults:
        defaults["source"] = "Unknown"
    return defaults


def _reserve(service: Service, call: Call) -> None:
    """Keep a row before the request is found to be good, and forget to remove it."""
    try:
        check(FIELDS, call.body, service.faults)
        _check_process(service, call.caller, call.body)
    except RefusedError:
        name = call.body.get("configurationName")
        if isinstance(name, str):
            required = {"configurationName": name, "initialStage": ""}
            row = _new(service, call, required | {"defaultProcess": ""})
            service.store.configurations[row["_id"]] = row


def _apply_description(service: Service, call: Call) -> None:
    document = find(service, call.caller, call.path["id"], "update")
    if isinstance(call.body.get("description"), str):
        document["description"] = call.body["description"]


def _crash(values: Document, faults: frozenset[str]) -> None:
    name = values.get("configurationName", "Name")
    if "crash_on_non_ascii_name" in faults:
        name.encode("ascii")
    if "crash_on_long_name" in faults and len(name) > 255:
        raise OverflowError("value too long for type character varying(255)")
    if "crash_on_empty_string" in faults:
        [value[0] for value in values.values() if isinstance(value, str)]
    if "crash_on_large_number" in faults and values.get("costPerLead", 0) > 2**31:
        raise OverflowError("integer out of range")
