"""Each fault of the backend is found, under the rule it breaks, and shows again in a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from specdouble.contract import Contract
from specdouble.verify import Failure, Verdict, verify
from specdouble.verify.report.replay import Replay
from tests.backend import FAULTS, Backend, tokens
from tests.verify.conftest import NAMES, settings

QUICK = {  # one of each kind, those that need few requests
    "name_not_unique", "pipeline_name_unchecked_on_update", "process_of_colleagues", "foreign_answers_403",
    "config_used_across_organizations", "user_from_client", "updated_not_moved", "minimum_off_by_one",
    "any_api_key_accepted",
}  # fmt: skip
TIME = r"20\d\d-\d\d-\d\dT[\d:.]+Z?"
SECRETS = {
    **{f"{name.upper()}_PASSWORD": f"{name}-password" for name in NAMES},
    **{f"{name.upper()}_APIKEYAUTH": f"key-{name}" for name in NAMES},
    "BEARERAUTH_SIGNING_KEY": tokens.SECRET,
}


def _rows() -> list[object]:
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FAULTS]


def _found(contract: Contract, backend: Backend, rule: str) -> Verdict:
    """The verdict on one rule; on all where other cases show that it is broken."""
    told = settings(backend.url, phases=("rules",))
    verdict = verify(contract, settings(backend.url, phases=("rules",), rules=(rule,)))
    return verdict if rule in verdict.broken else verify(contract, told)


@pytest.mark.parametrize("name", _rows())
def test_verify_finds_the_fault_names_its_rule_and_its_curl_lines_show_it_again(
    contract: Contract, backend: Backend, name: str
) -> None:
    backend.switch([name])
    rule = FAULTS[name].rule
    verdict = _found(contract, backend, rule)
    assert rule in verdict.broken
    assert verdict.exit_code == 1
    failure = next(one for one in verdict.failures if one.check == rule)
    assert failure.sentence.startswith("Expected ")
    _shows_again(backend, name, failure)


def _shows_again(backend: Backend, name: str, failure: Failure) -> None:
    backend.switch([name])
    faulty = _run(failure.curl, backend.url)
    backend.switch()
    correct = _run(failure.curl, backend.url)
    wanted = sorted(step.status for step in failure.steps)
    if all(step.call.together is None for step in failure.steps):  # who wins a race is chance
        assert sorted(_statuses(faulty)[-len(wanted) :]) == wanted
    assert _without_chance(faulty, failure.curl) != _without_chance(correct, failure.curl)
    _is_played_again(backend, name, failure)


def _is_played_again(backend: Backend, name: str, failure: Failure) -> None:
    """Played again, a failure shows on the server that has the fault, time after time, and on the correct one not."""
    told = {"rule": failure.check, "promise": failure.promise, "replay": json.loads(json.dumps(failure.replay))}
    backend.switch([name])
    shown = [Replay(told, backend.url, SECRETS, lambda _line: None).shows() for _ in range(2)]
    backend.switch()
    assert (shown, Replay(told, backend.url, SECRETS, lambda _line: None).shows()) == ([True, True], False)


def _run(script: str, url: str) -> str:
    environment = {**os.environ, **SECRETS, "URL": url, "RUN": "1e26"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    return done.stdout


def _statuses(output: str) -> list[int]:
    return [int(line) for line in re.findall(r"^(\d{3})$", output, re.MULTILINE)]


def _without_chance(output: str, script: str) -> str:
    """The output without ids and tokens, which no two runs share; of times, their order and how they are written."""
    known: dict[str, str] = {}
    output = re.sub(r"^date: .*$", "", output, flags=re.MULTILINE | re.IGNORECASE)

    def named(found: re.Match[str]) -> str:
        return found[0] if found[0] in script else known.setdefault(found[0], f"<{len(known)}>")

    times = sorted(set(re.findall(TIME, output)))
    text = re.sub(r"[0-9a-f]{24}", named, re.sub(r"eyJ[\w.-]+", "TOKEN", output))
    for rank, moment in enumerate(times):
        if moment not in script:
            text = text.replace(moment, re.sub(r"\d", "0", moment) + f"#{rank}")
    return text
