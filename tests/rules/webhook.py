"""What the outreach webhook makes of a configuration: no annotation says it."""

from specdouble.verify import Broken, NotExercised, Trial, rule

WEBHOOK = "post_webhook_outreach"


def _deliver(trial: Trial, configuration: str) -> tuple[int, dict[str, object]]:
    answer = trial.call(WEBHOOK, body={"configurationId": configuration, "phoneNumber": "+15550100142"})
    data = answer.at(("data",))
    return answer.status, data if isinstance(data, dict) else {}


@rule("an inactive configuration is refused by the outreach webhook", operations=(WEBHOOK,))
def inactive_takes_no_leads(trial: Trial) -> None:
    configurations = trial.subject("lead_management")
    active = trial.create(configurations)
    if _deliver(trial, active.id)[0] != 200:
        raise NotExercised("a lead for an active configuration was refused")
    inactive = trial.create(configurations, status="inactive")
    status, _ = _deliver(trial, inactive.id)
    if status != 400:
        raise Broken("a lead for an inactive configuration to be refused with 400", f"the server answered {status}")


@rule("a configuration that was paused takes leads again once it is active", operations=(WEBHOOK,))
def paused_and_active_again(trial: Trial) -> None:
    configurations = trial.subject("lead_management")
    document = trial.create(configurations)
    for state, wanted in (("inactive", 400), ("active", 200)):
        trial.update(configurations.updaters[0], document, {"status": state})
        status, _ = _deliver(trial, document.id)
        if status != wanted:
            raise Broken(f"a lead for a configuration made {state} to get {wanted}", f"the server answered {status}")


@rule("a lead opens an application where the configuration says so, and there alone", operations=(WEBHOOK,))
def applications_where_wanted(trial: Trial) -> None:
    for wanted in (True, False):
        document = trial.create(trial.subject("lead_management"), createApplication=wanted)
        status, data = _deliver(trial, document.id)
        if status != 200:
            raise NotExercised(f"a lead was refused with {status}")
        if ("applicationId" in data) is not wanted:
            having = "an" if wanted else "no"
            raise Broken(f"{having} applicationId where createApplication is {wanted}", f"the answer holds {data}")


@rule("a lead for a configuration that does not exist gets 404", operations=(WEBHOOK,))
def unknown_configuration(trial: Trial) -> None:
    document = trial.create(trial.subject("lead_management"))
    for unknown in (document.id[:-1] + ("0" if document.id[-1] != "0" else "1"), "nonsense", ""):
        status, _ = _deliver(trial, unknown)
        if status not in (404, 400):
            raise Broken("an unknown configuration to get 404", f"the server answered {status}")
