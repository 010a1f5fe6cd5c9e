"""Tries mutants in parallel processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import replace
from random import Random

from specdouble.prove.bench import Bench, Options, on_bench, open_bench
from specdouble.prove.fault import Mutant
from specdouble.prove.result import NOT_RUN, Clean, Proof, Result, in_order
from specdouble.verify.problem import TIME_OVER, OutOfTime

Tell = Callable[[Result | Clean, int, int], None]


class NotClean(Exception):
    """The double without a fault does not conform: a score would mean nothing."""

    def __init__(self, clean: Clean) -> None:
        super().__init__("the double without a fault does not keep the contract")
        self.clean = clean


def prove(
    options: Options, mutants: Sequence[Mutant], workers: int, max_time: float | None, tell: Tell, proof: Proof
) -> None:
    """Try the mutants, and keep in the proof what became of each; Ctrl-C ends it early.

    Raises:
        NotClean: the double without a fault does not conform.
        CouldNotRun: the verifier cannot be used on it.
    """
    started = time.monotonic()
    options = replace(options, until=None if max_time is None else started + max_time)
    context = multiprocessing.get_context("spawn")  # threads of this process must not be copied
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(options,)) as pool:
        try:
            proof.clean = pool.submit(on_bench, Bench.clean).result()
            tell(proof.clean, 0, len(mutants))
            if proof.clean.failures:
                raise NotClean(proof.clean)
            _all(pool, mutants, proof, tell, options.until)
        except OutOfTime:
            proof.stopped = TIME_OVER
        except KeyboardInterrupt:
            proof.stopped = "interrupted"
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            proof.results = in_order([*proof.results, *_left(mutants, proof)], [mutant.id for mutant in mutants])
            proof.seconds = time.monotonic() - started


def _begin(options: Options) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process' to answer
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    open_bench(options)


def _end_with_parent() -> None:
    """End this process when the first one is gone, however it ended: nobody reads any more what is found here."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _all(
    pool: ProcessPoolExecutor, mutants: Sequence[Mutant], proof: Proof, tell: Tell, deadline: float | None
) -> None:
    clean = proof.clean
    waiting: set[Future[Result]] = {pool.submit(on_bench, Bench.examine, mutant.id, clean) for mutant in mutants}
    while waiting:
        left = None if deadline is None else deadline - time.monotonic()
        done, waiting = wait(waiting, left, FIRST_COMPLETED)
        for future in done:
            proof.results.append(future.result())
            tell(proof.results[-1], len(proof.results), len(mutants))
        if waiting and left is not None and not done:
            proof.stopped = TIME_OVER
            for future in waiting:
                future.cancel()
            return


def _left(mutants: Sequence[Mutant], proof: Proof) -> list[Result]:
    known = {result.id for result in proof.results}
    reason = proof.stopped or "the double without a fault does not conform"
    return [
        Result(mutant.id, mutant.kind, mutant.sentence, NOT_RUN, reason=reason)
        for mutant in mutants
        if mutant.id not in known
    ]


def sample(mutants: Sequence[Mutant], number: int, seed: int) -> list[Mutant]:
    """Some of the mutants, spread over the kinds of faults; equivalent ones are left out."""
    random = Random(seed)
    by_kind: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        if not mutant.equivalent:
            by_kind.setdefault(mutant.kind.partition(".")[0], []).append(mutant)
    for found in by_kind.values():
        random.shuffle(found)
    chosen: list[Mutant] = []
    while len(chosen) < number and any(by_kind.values()):
        for found in by_kind.values():
            if found and len(chosen) < number:
                chosen.append(found.pop())
    places = {mutant.id: place for place, mutant in enumerate(mutants)}
    return sorted(chosen, key=lambda mutant: places[mutant.id])
