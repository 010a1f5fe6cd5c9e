"""Each fault in taking credentials, of every scheme, is made and found; a double without one is not accused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from specdouble.prove.bench import Bench, Options
from specdouble.prove.result import EQUIVALENT, KILLED

HERE = Path(__file__).parent
USERS = [{"id": "1", "apiKey": "mary-key-0c5d5b9a"}, {"id": "2", "apiKey": "tom-key-77f1ab3e"}]
SETTINGS = '[[verify.users]]\nname = "mary"\ncredentials = { key = "mary-key-0c5d5b9a" }\n'
# What `verify` tries of each scheme, and the faults that it is for: an attack without one would prove nothing.
KINDS = {
    "guarded.yaml": {
        "skipped", "any-key-accepted", "word-ignored", "scheme-ignored",
        "password-ignored", "password-beginning", "password-case-ignored",
        "digest-unproved", "digest-nonce-ignored", "digest-path-ignored", "digest-method-ignored",
        "digest-count-ignored",
        "expired-accepted", "other-audience-accepted", "other-issuer-accepted", "wrong-signature-accepted",
        "unsigned-accepted", "public-key-accepted",
    },
    "keys.yaml": {"skipped", "any-key-accepted", "key-beginning", "key-case-ignored", "key-pattern"},
    "tokens.yaml": {
        "skipped", "scope-ignored", "word-ignored",
        "expired-accepted", "other-audience-accepted", "other-issuer-accepted", "wrong-signature-accepted",
        "unsigned-accepted", "public-key-accepted",
        "code-reused", "verifier-ignored", "verifier-left-out", "redirect-ignored", "client-ignored",
        "redirect-elsewhere",
    },
}  # fmt: skip


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """A bench for the contract of that name."""
    shutil.copy(HERE / request.param, tmp_path / "openapi.yaml")
    if request.param == "keys.yaml":
        (tmp_path / "mock_data").mkdir()
        (tmp_path / "mock_data" / "users.json").write_text(json.dumps(USERS))
        (tmp_path / "specdouble.toml").write_text(SETTINGS)
    return Bench(Options(tmp_path, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize(("bench", "kinds"), KINDS.items(), indirect=["bench"], ids=KINDS)
def test_every_fault_of_every_scheme_is_found_and_no_other(bench: Bench, kinds: set[str]) -> None:
    clean = bench.clean()
    assert clean.failures == ()
    mutants = [key for key in bench.mutants if key.startswith("authentication.")]
    results = {key: bench.examine(key, clean) for key in mutants}
    assert {result.id for result in results.values() if result.state not in (KILLED, EQUIVALENT)} == set()
    killed = {result.kind.removeprefix("authentication.") for result in results.values() if result.state == KILLED}
    assert killed == kinds
