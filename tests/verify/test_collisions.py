"""A server on which every create collides is told as that, and not by what was tried after it."""

from __future__ import annotations

import pytest

from specdouble.contract import Contract
from specdouble.verify import verify
from tests.backend import Backend, lead_management
from tests.backend.service import RefusedError
from tests.verify.conftest import settings


def test_creates_that_all_collide_are_told_as_refused_as_taken(
    contract: Contract, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collide(*_: object) -> None:
        raise RefusedError(400, "Configuration name already in use")

    monkeypatch.setattr(lead_management, "_new", collide)
    verdict = verify(contract, settings(backend.url, phases=("rules",), rules=("default:lead_management.source",)))
    told = " ".join(verdict.lacking)
    assert "refused as taken" in told
    assert "already in use" in told
