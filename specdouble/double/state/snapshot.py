"""What a world held at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specdouble.double.state.seed import Seed


@dataclass(frozen=True)
class Snapshot:
    """What a world held at a moment.

    Args:
        name: its name.
        taken: when, on the machine's clock (RFC 3339).
        documents: by collection, as `mock_data/` would have them.
    """

    name: str
    taken: str
    documents: Seed

    def summary(self) -> dict[str, Any]:
        """What a list says of it: how many documents each collection has."""
        counts = {collection: len(documents) for collection, documents in self.documents.items()}
        return {"name": self.name, "taken": self.taken, "documents": counts}
