"""Servers that somebody else could have written, run as they would be, and the double of a contract beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import ContractError, read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import Server
from specdouble.prove.bench import Bench, Options
from specdouble.verify.settings import Settings
from specdouble.verify.verdict import Verdict
from specdouble.verify.verification import verify
from tests.applications import serving


@contextmanager
def doubled(contract: Path, **settings: Any) -> Iterator[httpx.Client]:
    """A client of the contract's double."""
    with (
        Server(Double(DoubleSettings(contract, seed=1, **settings)), "127.0.0.1", 0).running() as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def verdict_of(app: Any, contract: Path, rules: tuple[str, ...], **settings: Any) -> Verdict:
    """What the verifier says of the application, of these rules alone."""
    with serving(app) as url:
        return verify(read(contract), Settings(url=url, rules=rules, phases=("rules",), yes=True, **settings))


def survivors(contract: Path, kind: str) -> list[str]:
    """The mutants of a kind that its own cases do not kill."""
    bench, found = Bench(Options(contract, seed=1)), []
    for key, mutant in bench.mutants.items():
        if mutant.kind.partition(".")[0] == kind and not mutant.equivalent:
            about = replace(bench.settings, rules=mutant.concerns, phases=("rules",), max_failures=1)
            if not bench.verified(mutant.change, about).broken:
                found.append(key)
    return found


def findings_of(contract: Path, written: str, instead: str, folder: Path) -> list[str]:
    """The reasons for which the contract is refused once something is written otherwise."""
    text = contract.read_text("utf-8")
    assert written in text
    (folder / "openapi.yaml").write_text(text.replace(written, instead, 1), "utf-8")
    with pytest.raises(ContractError) as refused:
        read(folder)
    return [finding.reason for finding in refused.value.findings if finding.line]
