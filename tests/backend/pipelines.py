"""Pipelines: read the organization's, create or update one."""

from .checks import Field, check
from .seed import Document, User
from .service import Answer, Call, RefusedError, Service, invalid

TYPES = ("Contact", "Application")
FIELDS = {
    "name": Field("string", required=True),
    "description": Field("string"),
    "pipelineId": Field("string"),
    "pipelineStages": Field("array"),
}
STAGE = {
    "_id": Field("string"),
    "name": Field("string"),
    "color": Field("string"),
    "position": Field("integer", minimum=0),
}
NOT_FOUND = "Pipeline not found"
MAY_SAVE = {"SUPERADMIN", "ADMIN", "DEPARTMENT_HEAD"}


async def read(service: Service, call: Call) -> Answer:
    kind = _kind(call)
    if "pipeline_type_ignored" in service.faults:
        kind = "Contact"
    if "pipelineId" in call.query:
        return 200, {"pipeline": view(_find(service, call, call.query["pipelineId"]))}
    for pipeline in service.store.pipelines.values():
        wanted = pipeline["type"] == kind and pipeline["isDefault"]
        if wanted and pipeline["organizationId"] == call.caller.organization:
            return 200, {"pipeline": view(pipeline)}
    raise RefusedError(404, NOT_FOUND)


async def save(service: Service, call: Call) -> Answer:
    """Create a pipeline, or update the one of pipelineId."""
    if call.caller.role not in MAY_SAVE and "pipelines_saved_by_any_role" not in service.faults:
        raise RefusedError(403, "Your role may not change pipelines")
    faults, kind = service.faults, _kind(call)
    values = check(FIELDS, call.body, faults)
    stages = [_checked_stage(s, faults) for s in values.get("pipelineStages", [])]
    pipeline_id = values.pop("pipelineId", None)
    pipeline = None if pipeline_id is None else _to_update(service, call, pipeline_id)
    if "pipeline_name_not_trimmed" not in faults:
        values["name"] = values["name"].strip()
    if _name_taken(service, call.caller, values["name"], pipeline_id):
        raise RefusedError(400, "Pipeline name already in use")
    if pipeline is None:
        pipeline = _new(service, call.caller, kind)
        service.store.pipelines[pipeline["_id"]] = pipeline
    if "pipelineStages" in values:
        values["pipelineStages"] = _merged(service, pipeline, stages)
    pipeline.update(values)
    return 200, {"message": "Pipeline updated", "pipeline": view(pipeline)}


def view(pipeline: Document) -> Document:
    stages = [
        {name: value for name, value in stage.items() if name != "isActive"}
        for stage in pipeline["pipelineStages"]
        if stage["isActive"]
    ]
    stages.sort(key=lambda stage: stage["position"])
    return pipeline | {"pipelineStages": stages}


def _kind(call: Call) -> str:
    kind = call.query.get("type", "Contact")
    if kind not in TYPES:
        raise invalid(f"type must be one of {', '.join(TYPES)}")
    return kind


def _find(service: Service, call: Call, id: str, verb: str = "read") -> Document:
    pipeline = service.store.pipelines.get(id)
    anyone = f"pipeline_{verb}_across_organizations" in service.faults
    own = pipeline and pipeline["organizationId"] == call.caller.organization
    if pipeline is None or not (own or anyone):
        raise RefusedError(404, NOT_FOUND)
    return pipeline


def _to_update(service: Service, call: Call, id: str) -> Document:
    try:
        return _find(service, call, id, "updated")
    except RefusedError:  # the contract has no 404 here
        raise RefusedError(400, NOT_FOUND) from None


def _name_taken(service: Service, user: User, name: str, own: str | None) -> bool:
    faults = service.faults
    if "pipeline_name_not_unique" in faults:
        return False
    if "pipeline_name_unchecked_on_update" in faults and own is not None:
        return False
    return any(
        pipeline["name"] == name
        and pipeline["_id"] != own
        and (pipeline["organizationId"] == user.organization or "pipeline_name_unique_globally" in faults)
        for pipeline in service.store.pipelines.values()
    )


def _new(service: Service, user: User, kind: str) -> Document:
    first = not any(
        pipeline["organizationId"] == user.organization and pipeline["type"] == kind
        for pipeline in service.store.pipelines.values()
    )
    return {
        "_id": service.new_id(),
        "name": "",
        "description": "",
        "organizationId": user.organization,
        "type": kind,
        "isDefault": first,
        "isActive": True,
        "pipelineStages": [],
    }


def _checked_stage(stage: object, faults: frozenset[str]) -> Document:
    if not isinstance(stage, dict):
        raise invalid("each of pipelineStages must be an object")
    return check(STAGE, stage, faults)


def _merged(service: Service, pipeline: Document, stages: list[Document]) -> list[Document]:
    """The stages as sent; those left out are kept, but no longer active."""
    known = {stage["_id"]: stage for stage in pipeline["pipelineStages"]}
    merged: dict[str, Document] = {}
    for position, sent in enumerate(stages):
        stage_id = str(sent.get("_id"))
        usual = {"name": "", "color": "#3B82F6", "position": position}
        stage = usual | known.get(stage_id, {}) | sent
        if stage_id not in known or stage_id in merged:
            stage_id = service.new_id()
        merged[stage_id] = stage | {"_id": stage_id, "isActive": True}
    stays = "stages_left_out_stay" in service.faults
    for stage_id, stage in known.items():
        merged.setdefault(stage_id, stage | {"isActive": stage["isActive"] and stays})
    return list(merged.values())
