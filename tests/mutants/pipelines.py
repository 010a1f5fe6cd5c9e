"""Faults of pipelines, which only their handler can have; and one that the handler makes good."""

from functools import wraps
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.double.factories import Factories
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.prove import equivalent, mutant
from specdouble.prove.change import operating

SAVE = ("post_pipelines",)

equivalent(
    "unique.space-not-ignored:pipelines.name",
    "the handler trims a name before it is compared: the rule never meets an outer space",
)


class Untrimmed(str):
    """A text that keeps its outer spaces."""

    def strip(self, _chars: str | None = None, /) -> str:
        return str(self)


@mutant("A pipeline's name keeps its outer spaces.", kills="custom:name_is_trimmed", operations=SAVE)
def pipeline_names_keep_their_spaces(factories: Factories) -> Factories:
    def make(make: Any, contract: Contract, operation: Operation, handler: Any, authenticate: Any) -> CompiledOperation:
        @wraps(handler)
        def untrimmed(body: Any, **others: Any) -> Any:
            return handler(body={**body, "name": Untrimmed(body["name"])}, **others)

        made: CompiledOperation = make(contract, operation, untrimmed, authenticate)
        return made

    return operating(SAVE, make)(factories)


@mutant("A stage that a change leaves out stays in the pipeline.", kills="custom:stages_left_out", operations=SAVE)
def stages_left_out_stay(factories: Factories) -> Factories:
    def make(make: Any, contract: Contract, operation: Operation, handler: Any, authenticate: Any) -> CompiledOperation:
        @wraps(handler)
        def keeping(body: Any, **others: Any) -> Any:
            from specdouble.double import collection

            before = collection("pipelines").find_one({"_id": body.get("pipelineId", "")})
            sent = body.get("pipelineStages")
            if before is not None and sent is not None:
                known = {stage.get("_id") for stage in sent}
                left_out = [one for one in before["pipelineStages"] if one["isActive"] and one["_id"] not in known]
                body = {**body, "pipelineStages": [*sent, *left_out]}
            return handler(body=body, **others)

        made: CompiledOperation = make(contract, operation, keeping, authenticate)
        return made

    return operating(SAVE, make)(factories)
