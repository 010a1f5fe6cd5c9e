"""A server whose documents two parameters name, and which refuses what names none: no alarm, nothing left, no harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from tests.applications import serving

from .tags import Tagging, create_app


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_told_left_or_changed(tmp_path: Path, seed: int) -> None:
    held = Tagging()
    app, before = create_app(held), (dict(held.types), dict(held.tags))
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(app.openapi()), encoding="utf-8")
    with serving(app) as url:
        verdict = verify(read(file), Settings(url, seed=seed, yes=True, max_examples=30))
    assert [failure.sentence for failure in verdict.failures] == []
    assert (held.types, held.tags) == before
    assert verdict.left == []
