"""A case that fails for a fault of the verifier, or of a project's own check, costs no other case."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract
from specdouble.verify import Verdict, verify
from specdouble.verify.verdict import KEPT, NOT_EXERCISED
from tests.backend import Backend
from tests.verify.conftest import settings

OWN = """
from specdouble.verify import Trial, rule


@rule("a pipeline has a name")
def named(trial: Trial) -> None:
    raise KeyError("name")


@rule("the sky is there")
def there(trial: Trial) -> None:
    trial.call("get_api_pipelines", user=trial.users[0])
"""
RULE = "unique:lead_management.configurationName"


def _verdict(contract: Contract, backend: Backend, rules: tuple[str, ...], checks: Path | None = None) -> Verdict:
    told = settings(backend.url, rules=rules, checks=checks, phases=("rules",))
    return verify(contract, told)


def test_a_check_of_the_project_that_fails_itself_is_named_with_its_line_and_the_others_are_tried(
    contract: Contract, backend: Backend, tmp_path: Path
) -> None:
    (tmp_path / "pipelines.py").write_text(OWN)

    verdict = _verdict(contract, backend, ("custom:named", RULE), tmp_path)

    [told] = verdict.defects.values()
    assert told.startswith("custom:named: named raised KeyError: 'name' (pipelines.py:7)")
    assert verdict.rows["custom:named"].state == NOT_EXERCISED
    assert verdict.rows[RULE].state == KEPT
    assert verdict.exit_code == 3


def test_a_fault_of_the_verifier_is_told_with_its_traceback_and_the_other_rules_are_judged(
    contract: Contract, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody foresaw it")

    monkeypatch.setattr("specdouble.rules.references.attack.body._refused", failing)
    verdict = _verdict(contract, backend, ("references:lead_management.defaultProcess", RULE))

    [told] = verdict.defects.values()
    assert "ZeroDivisionError: nobody foresaw it (test_defects.py:" in told
    written = Path(told.rpartition(" ")[2])
    assert "Traceback" in written.read_text()
    written.unlink()
    assert verdict.rows[RULE].state == KEPT
    assert verdict.exit_code == 3
