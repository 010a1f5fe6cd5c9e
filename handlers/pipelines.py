"""The stages that contacts and applications pass through."""

from typing import Any

from specdouble.double import AFTER, Problem, collection, new_id

Document = dict[str, Any]

STAGE = {"color": "#3B82F6", "position": 0}


def get_pipelines(type: str, pipelineId: str | None = None) -> Document:  # noqa: N803 (the contract's name)
    wanted = {"type": type, "isDefault": True} if pipelineId is None else {"_id": pipelineId}
    return {"pipeline": _shown(collection("pipelines").find_one(wanted))}


def post_pipelines(body: Document, type: str | None = None) -> Document:
    body["name"] = body["name"].strip()
    key = body.pop("pipelineId", None)
    pipeline = _created(body, type or "Contact") if key is None else _changed(key, body, type)
    return {"message": "Pipeline updated", "pipeline": _shown(pipeline)}


def _created(body: Document, type: str) -> Document:
    pipelines = collection("pipelines")
    first = pipelines.count_documents({"type": type}) == 0
    pipeline = {"description": "", "type": type, "isDefault": first, "isActive": True, **body}
    pipeline["pipelineStages"] = _merged([], body.get("pipelineStages", []))
    pipelines.insert_one(pipeline)
    return pipeline


def _changed(key: str, body: Document, type: str | None) -> Document:
    pipelines = collection("pipelines")
    before = pipelines.find_one({"_id": key})
    if before is None:
        raise Problem(400, "Pipeline not found")
    changes = body | ({} if type is None else {"type": type})
    if "pipelineStages" in body:
        changes["pipelineStages"] = _merged(before["pipelineStages"], body["pipelineStages"])
    after = pipelines.find_one_and_update({"_id": key}, {"$set": changes}, return_document=AFTER)
    assert after is not None
    return after


def _merged(before: list[Document], sent: list[Document]) -> list[Document]:
    """The stages as they are now: sent ones changed or new, left-out ones kept and deactivated."""
    known = {stage["_id"]: stage for stage in before}
    stages = []
    for position, stage in enumerate(sent):
        old = known.pop(stage.get("_id"), None) or {"_id": new_id(), **STAGE, "position": position}
        stages.append({**old, **stage, "_id": old["_id"], "isActive": True})
    return stages + [{**stage, "isActive": False} for stage in known.values()]


def _shown(pipeline: Document | None) -> Document:
    if pipeline is None:
        raise Problem(404, "Pipeline not found")
    active = [stage for stage in pipeline["pipelineStages"] if stage["isActive"]]
    shown = [{name: value for name, value in stage.items() if name != "isActive"} for stage in active]
    return {**pipeline, "pipelineStages": sorted(shown, key=lambda stage: stage["position"])}
