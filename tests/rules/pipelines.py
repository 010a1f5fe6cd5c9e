"""What the contract says of pipelines in words alone."""

from specdouble.verify import Broken, NotExercised, Trial, rule

READ, SAVE = "get_pipelines", "post_pipelines"


@rule("stages that an update leaves out are not shown any more", operations=(SAVE,))
def stages_left_out(trial: Trial) -> None:
    pipelines = trial.subject("pipelines")
    stages = [{"name": name, "color": "#10B981", "position": at} for at, name in enumerate(("New", "Won"))]
    document = trial.create(pipelines, pipelineStages=stages)
    kept = document.shown["pipelineStages"][1:]
    name = document.shown["name"]
    answer = trial.call(SAVE, body={"name": name, "pipelineId": document.id, "pipelineStages": kept})
    if not answer.ok:
        raise NotExercised(f"an update was refused: {answer.status}")
    names = [stage["name"] for stage in trial.look(document)["pipelineStages"]]
    if names != ["Won"]:
        raise Broken("the stage that was sent alone", f"a read shows {names}")


@rule("a read gives the default pipeline of the type that is asked for", operations=(READ,))
def type_is_asked_for(trial: Trial) -> None:
    for query, wanted in (({}, "Contact"), ({"type": "Contact"}, "Contact"), ({"type": "Application"}, "Application")):
        answer = trial.call(READ, query=query)
        kind = answer.at(("pipeline", "type"))
        if answer.ok and kind != wanted:
            raise Broken(f"the {wanted} pipeline for {query or 'no type'}", f"the answer is of the type {kind}")


@rule("a new pipeline has the type that is asked for", operations=(SAVE,))
def created_of_type(trial: Trial) -> None:
    for kind in ("Contact", "Application"):
        answer = trial.call(SAVE, query={"type": kind}, body={"name": trial.fresh()})
        if not answer.ok:
            raise NotExercised(f"a create was refused: {answer.status}")
        if answer.at(("pipeline", "type")) != kind:
            raise Broken(f"a pipeline of the type {kind}", f"it is {answer.at(('pipeline', 'type'))}")


@rule("a pipeline's name is kept trimmed", operations=(SAVE,))
def name_is_trimmed(trial: Trial) -> None:
    name = trial.fresh()
    document = trial.create(trial.subject("pipelines"), name=f"  {name} ")
    if trial.look(document)["name"] != name:
        raise Broken(f"the name {name!r}", f"a read shows {trial.look(document)['name']!r}")
