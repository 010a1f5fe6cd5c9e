"""What the contract says of configurations in words alone."""

from specdouble.verify import Broken, Trial, rule

NULL = ("name", "description", "inboundEmail", "starterMessage", "pipelineId", "pipelineStage")
APPLICATION = ("applicationName", "applicationStatus", "applicationPipelineId", "applicationPipelineStage")


@rule("a configuration's name keeps its spelling, outer spaces too", of="read_your_writes")
def name_keeps_its_spaces(trial: Trial) -> None:
    configurations = trial.subject("lead_management")
    name = f"  {trial.fresh('Äpfel')} "
    document = trial.create(configurations, configurationName=name)
    for seen in (document.shown, trial.look(document)):
        if seen["configurationName"] != name:
            raise Broken(f"the name {name!r}", f"it is {seen['configurationName']!r}")
    other = f" {trial.fresh('Birnen')}  "
    trial.update(configurations.updaters[0], document, {"configurationName": other})
    if trial.look(document)["configurationName"] != other:
        raise Broken(f"the name {other!r}", f"a read shows {trial.look(document)['configurationName']!r}")


@rule("properties that the schema does not name are ignored", of="unknown_properties")
def unknown_properties_are_ignored(trial: Trial) -> None:
    configurations = trial.subject("lead_management")
    document = trial.create(configurations, specdoubleProbe="kept?")
    trial.update(configurations.updaters[0], document, {"specdoubleOther": {"kept": True}})
    for seen in (document.made.at(("data",)), document.shown, trial.look(document)):
        if {"specdoubleProbe", "specdoubleOther"} & set(seen or {}):
            raise Broken("a property that the schema does not name to be ignored", "it is stored and shown")


@rule("what was not sent and has no default is null", operations=("post_lead_management",))
def not_sent_is_null(trial: Trial) -> None:
    document = trial.create(trial.subject("lead_management"))
    for where, seen in (("the answer", document.shown), ("a read", trial.look(document))):
        wrong = [name for name in NULL if seen.get(name, ...) is not None]
        if wrong:
            raise Broken(f"{wrong[0]} to be null", f"{where} shows {seen.get(wrong[0], 'none')!r}")


@rule(
    "the application's properties are left out while createApplication is false", operations=("post_lead_management",)
)
def application_is_left_out(trial: Trial) -> None:
    configurations = trial.subject("lead_management")
    for wanted in (False, True):
        document = trial.create(configurations, createApplication=wanted, applicationName="Loan")
        for where, seen in (("the answer", document.shown), ("a read", trial.look(document))):
            there = [name for name in APPLICATION if name in seen]
            if len(there) != (4 if wanted else 0):
                raise Broken(f"the four of them where createApplication is {wanted}, else none", f"{where} has {there}")
