"""Faults of the webhook, which only its handler can have."""

from typing import Any

from specdouble.double.factories import Factories
from specdouble.prove import mutant
from specdouble.prove.change import storing, unscoped

WEBHOOK = ("post_webhook_outreach",)


@mutant("An inactive configuration takes leads.", kills="custom:inactive_takes_no_leads", operations=WEBHOOK)
def webhook_accepts_an_inactive_configuration(factories: Factories) -> Factories:
    def find_one(documents: Any, filter: Any) -> Any:
        found = documents.find_one(filter)
        return found and {**found, "status": "active"}

    return storing(WEBHOOK, "lead_management", find_one=find_one)(factories)


@mutant(
    "A colleague's API key delivers leads to a configuration.", kills="owner:lead_management.userId", operations=WEBHOOK
)
def webhook_takes_any_api_key_of_the_organization(factories: Factories) -> Factories:
    return unscoped(WEBHOOK, "lead_management", {"userId"})(factories)
