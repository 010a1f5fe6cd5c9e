"""Faults of the webhook, which only its handler can have."""

from typing import Any

from specdouble.double.factories import Factories
from specdouble.prove import mutant
from specdouble.prove.change import Store, storing, unscoped

WEBHOOK = ("post_webhook_outreach",)


class AllActive(Store):
    """Shows every document as an active one."""

    def find_one(self, filter: Any) -> Any:
        """The document, whatever its status is."""
        found = self.documents.find_one(filter)
        return found and {**found, "status": "active"}


@mutant("An inactive configuration takes leads.", kills="custom:inactive_takes_no_leads", operations=WEBHOOK)
def webhook_accepts_an_inactive_configuration(factories: Factories) -> Factories:
    return storing(WEBHOOK, "lead_management", AllActive)(factories)


@mutant(
    "A colleague's API key delivers leads to a configuration.", kills="owner:lead_management.userId", operations=WEBHOOK
)
def webhook_takes_any_api_key_of_the_organization(factories: Factories) -> Factories:
    return unscoped(WEBHOOK, "lead_management", {"userId"})(factories)
