"""The command `specdouble prove`: parse, call, print, exit."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, INTERRUPTED, VIOLATIONS, WRONG_USE, fail
from specdouble.findings import refuse

if TYPE_CHECKING:
    from specdouble.prove.bench import Bench, Options
    from specdouble.prove.fault import Mutant
    from specdouble.prove.result import Proof

REPORTS = ("json", "junit")
WIDE = 200  # a file has no width


@click.command(
    epilog=examples(
        ("specdouble prove", "each mutant of the project of this folder"),
        ("specdouble prove --sample 20 --seed 7", "some of each kind, for a pull request"),
        ("specdouble prove --only unique. --verbose", "one kind of fault, a row for each mutant"),
        ("specdouble prove --list", "what would be tried"),
    )
)
@contract_arguments
@click.option("--only", multiple=True, metavar="ID", help="Try the mutants whose id begins so; repeatable.")
@click.option("--workers", type=click.IntRange(1), help="Processes at once.  [default: the number of cores]")
@click.option("--max-time", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Stop after so long.")
@click.option(
    "--min-score", type=click.FloatRange(0, 100), default=100.0, show_default=True, help="Percent to be killed."
)
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Try N of them, spread over the kinds of faults.")
@click.option("--seed", type=int, help="Makes the verifier's random choices and the sample repeat.")
@click.option("--all", "everything", is_flag=True, help="Go on after the first kill; try equivalent mutants too.")
@click.option("--baseline", is_flag=True, help="Try Schemathesis' own checks alone too.")
@click.option("--list", "listing", is_flag=True, help="List the mutants, and try none.")
@click.option("-v", "--verbose", is_flag=True, help="A row for each mutant, not for each kind of fault.")
@click.option(
    "--report", multiple=True, metavar="KIND=FILE", help="Write a report: json=FILE or junit=FILE; repeatable."
)
def prove(
    path: Path,
    allow_refs: tuple[Path, ...],
    overlays: tuple[Path, ...],
    only: tuple[str, ...],
    workers: int | None,
    max_time: float | None,
    min_score: float,
    sample: int | None,
    seed: int | None,
    everything: bool,
    baseline: bool,
    listing: bool,
    verbose: bool,
    report: tuple[str, ...],
) -> None:
    """Show that the verifier can fail: seed one fault at a time into the double and count which are killed.

    Exit codes: 0 enough were killed, 1 under --min-score, 2 wrong use, 3 could not run (also: the double
    without a fault does not conform).
    """
    from specdouble.prove.bench import Options
    from specdouble.prove.result import KILLED, SURVIVED
    from specdouble.verify.problem import TIME_OVER

    reports = _reports(report)
    options = Options(path, seed, all=everything, baseline=baseline, allow_refs=allow_refs, overlays=overlays)
    bench = _bench(options)
    mutants = _chosen(bench, only, sample, seed)
    if listing:
        for mutant in mutants:
            click.echo(
                f"{mutant.id}\n    {mutant.sentence}"
                + (f"\n    equivalent: {mutant.equivalent}" if mutant.equivalent else "")
            )
        return
    proof = _proved(bench, mutants, workers or os.cpu_count() or 1, max_time)
    _tell(proof, reports, verbose=verbose or everything)
    if proof.stopped == TIME_OVER and not (proof.of(KILLED) or proof.of(SURVIVED)):
        fail(f"no mutant was tried: {TIME_OVER}", COULD_NOT_RUN)
    if proof.stopped == "interrupted":
        sys.exit(INTERRUPTED)
    sys.exit(VIOLATIONS if proof.score < min_score else 0)


def _reports(given: tuple[str, ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for one in given:
        kind, _, file = one.partition("=")
        if kind not in REPORTS or not file:
            fail(f"`--report {one}`: write {' or '.join(f'{kind}=FILE' for kind in REPORTS)}", WRONG_USE)
        found[kind] = Path(file)
    return found


def _bench(options: Options) -> Bench:
    from specdouble.contract import Refused
    from specdouble.prove.bench import Bench
    from specdouble.prove.project import WrongMutant
    from specdouble.verify.problem import WrongUse

    try:
        return Bench(options)
    except Refused as error:
        refuse(error)
    except (WrongUse, WrongMutant) as error:
        fail(str(error), WRONG_USE)


def _chosen(bench: Bench, only: tuple[str, ...], number: int | None, seed: int | None) -> list[Mutant]:
    from specdouble.prove.campaign import sample

    mutants = [one for one in bench.mutants.values() if not only or one.id.startswith(only)]
    if not mutants:
        named = f"no mutant's id begins with {' or '.join(only)}" if only else "the contract implies no mutant"
        fail(f"{named}\n    remedy: `specdouble prove --list` shows their ids", WRONG_USE)
    return mutants if number is None else sample(mutants, number, seed or 0)


def _proved(bench: Bench, mutants: list[Mutant], workers: int, max_time: float | None) -> Proof:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from specdouble.prove.campaign import NotClean
    from specdouble.prove.campaign import prove as run
    from specdouble.prove.result import SURVIVED, Clean, Proof
    from specdouble.verify.problem import CouldNotRun

    proof = Proof(bench.contract.title, bench.settings.seed)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("the double without a fault", total=len(mutants))

        def tell(one: object, done: int, _total: int) -> None:
            survived = len(proof.of(SURVIVED))
            words = "mutants" if isinstance(one, Clean) else f"mutants, {survived} survived"
            progress.update(task, completed=done, description=words)

        try:
            run(bench.options, mutants, workers, max_time, tell, proof)
        except NotClean as error:
            failures = "\n".join(f"    {failure}" for failure in error.clean.failures[:10])
            remedy = "run `specdouble verify` and mend the contract, the handlers or the project's own checks"
            fail(f"{error}: no score can be given\n{failures}\n    remedy: {remedy}", COULD_NOT_RUN)
        except CouldNotRun as error:
            fail(str(error), COULD_NOT_RUN)
    return proof


def _console(*, err: bool = True) -> Any:
    from rich.console import Console

    console = Console(stderr=err, highlight=False)
    return console if console.is_terminal else Console(stderr=err, highlight=False, width=WIDE)


def _tell(proof: Proof, reports: dict[str, Path], *, verbose: bool) -> None:
    from specdouble.prove.report import print_proof, write

    print_proof(_console(err=False), proof, every=verbose)
    for kind, file in reports.items():
        write(proof, kind, file)
