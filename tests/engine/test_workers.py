"""Workers are replaced and started again, and who asks meanwhile is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.conftest import CONTRACT
from tests.engine.engines import Local
from tests.engine.serving import Served, serving

ASKING = 8


@pytest.mark.slow
def test_no_answer_is_lost_while_each_worker_is_replaced_by_a_fresh_one(store: str) -> None:
    with serving(CONTRACT, store, 2) as served, ThreadPoolExecutor(ASKING) as pool:
        before, made = set(served.workers()), []

        def create(index: int) -> int:
            answered = 0
            while before & set(served.workers()):
                told = served.ask("POST", "/boards", {"name": f"{index} {answered}"})
                assert told.status == 201, told
                made.append(told.document["id"])
                answered += 1
            return answered

        asking = [pool.submit(create, index) for index in range(ASKING)]
        served.hang_up()
        assert sum(one.result(120) for one in asking) >= ASKING
        there = {board["id"] for board in served.ask("GET", "/boards").document}
    assert there == set(made)


@pytest.mark.slow
def test_a_worker_that_dies_is_started_again(store: str) -> None:
    with serving(CONTRACT, store, 2) as served:
        first, second = served.workers()
        os.kill(first, signal.SIGKILL)
        until(lambda: served.replaced() == 1, 60)
        was, fresh = served.workers()
        assert (was, fresh != first) == (second, True)
        assert f"worker {fresh} serves in the place of {first}" in "".join(served.said)
        assert served.ask("GET", "/boards").status == 200


@pytest.mark.slow
def test_what_workers_are_forked_from_hears_no_signal_to_all_and_is_begun_again_where_it_has_died(store: str) -> None:
    with serving(CONTRACT, store, 2) as served:
        (forking,), first = served.forking(), served.workers()
        for sent in (signal.SIGINT, signal.SIGTERM):
            os.kill(forking, sent)
        os.kill(first[0], signal.SIGKILL)
        until(lambda: served.replaced() == 1, 60)
        assert served.forking() == [forking]
        second = served.workers()
        os.kill(forking, signal.SIGKILL)
        until(lambda: served.replaced() == 3, 60)
        until(lambda: not [one for one in second if Path(f"/proc/{one}").exists()])
        assert served.ask("GET", "/boards").status == 200
        assert len(served.workers()) == 2


NO_FORK = """
from multiprocessing import forkserver


def ensure_running():
    raise OSError("no folder")


forkserver.ensure_running = ensure_running
"""


@pytest.mark.slow
def test_where_workers_cannot_be_forked_each_imports_all_and_dies_and_ends_alike(
    local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_FORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with serving(CONTRACT, f"{local.url}/spawned", 2) as served:
        os.kill(served.workers()[0], signal.SIGKILL)
        until(lambda: served.replaced() == 1, 60)
        assert (len(served.workers()), served.forking()) == (2, [])
        assert served.ask("GET", "/boards").status == 200
        served.process.terminate()
        assert served.process.wait(60) == 0


@pytest.mark.slow
def test_a_fault_that_an_option_names_is_met_once_by_all_workers(store: str) -> None:
    options = ["--fault", "listBoards: status=503, times=2"]
    with serving(CONTRACT, store, 3, options) as served:
        statuses = sorted(str(served.ask("GET", "/boards").status) for _ in range(20))
    assert statuses == ["200"] * 18 + ["503"] * 2


@pytest.mark.slow
def test_a_double_that_begins_beside_others_leaves_their_faults(store: str) -> None:
    faults = [{"operation": "listBoards", "status": 418, "times": 2}]
    with serving(CONTRACT, store, 1) as first:
        assert first.ask("PUT", "/_specdouble/faults", faults).status == 200
        assert first.ask("GET", "/boards").status == 418
        with serving(CONTRACT, store, 1) as second:
            assert [one["met"] for one in second.ask("GET", "/_specdouble/faults").document] == [1]
            assert [second.ask("GET", "/boards").status for _ in range(2)] == [418, 200]


@pytest.mark.slow
def test_workers_can_be_ended_as_soon_as_their_address_is_known(store: str) -> None:
    command = [sys.executable, "-m", "specdouble", "serve", str(CONTRACT), "--port", "0", "--store", store]
    for _ in range(5):
        with subprocess.Popen([*command, "--workers", "2"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert "http://" in process.stdout.readline()
            process.terminate()
            try:
                assert process.wait(60) == 0
            finally:
                process.kill()


@pytest.mark.slow
def test_workers_that_wait_for_their_store_can_be_ended(local: Local) -> None:
    with serving(CONTRACT, f"{local.url}/ended", 2) as served:
        local.stop()
        for worker in served.workers():
            os.kill(worker, signal.SIGKILL)
        time.sleep(5)  # until others are there, and wait
        served.process.terminate()
        assert served.process.wait(60) == 0


HANDLERS = """import asyncio
import time


async def slow():
    await asyncio.sleep(600)


def stuck():
    time.sleep(600)


def listBoards(**others):
    return slow()


def listCards(**others):
    stuck()
"""


@contextmanager
def held_up(folder: Path, local: Local, path: str, *options: str) -> Iterator[tuple[Served, list[int]]]:
    """Two workers, of which one is at a request that takes for ever; and their processes."""
    (folder / "handlers").mkdir()
    (folder / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (folder / "handlers" / "default.py").write_text(HANDLERS, "utf-8")
    with serving(folder, f"{local.url}/ended", 2, options) as served, ThreadPoolExecutor(1) as pool:
        processes = [served.process.pid, *served.workers()]
        asked = pool.submit(served.ask, "GET", path)
        time.sleep(1)
        assert not asked.done(), asked.result()
        yield served, processes
        assert asked.result().status is None
    assert not [one for one in processes if Path(f"/proc/{one}").exists()]


def until(seen: Callable[[], bool], longest: float = 30) -> None:
    end = time.monotonic() + longest
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_whoever_asks_workers_twice_for_the_end_does_not_wait(
    tmp_path: Path, local: Local, sent: signal.Signals
) -> None:
    with held_up(tmp_path, local, "/boards", "--grace", "600") as (served, _):
        served.process.send_signal(sent)
        until(lambda: "waiting up to 600 s for GET /boards" in "".join(served.said))
        served.process.send_signal(sent)
        assert served.process.wait(30) == 0
    assert "cut at once: GET /boards" in "".join(served.said)
    assert "Traceback" not in "".join(served.said)


@pytest.mark.slow
def test_a_handler_that_does_not_come_back_is_named_and_its_worker_ends(tmp_path: Path, local: Local) -> None:
    with held_up(tmp_path, local, "/cards", "--grace", "0.5") as (served, _):
        served.process.terminate()
        assert served.process.wait(30) == 0
    assert "cut after 0.5 s: GET /cards" in "".join(served.said)
    assert "ended by force: `stuck` (default.py:10) does not come back" in "".join(served.said)


@pytest.mark.slow
def test_workers_end_without_their_supervisor(tmp_path: Path, local: Local) -> None:
    with held_up(tmp_path, local, "/boards", "--grace", "0.5") as (served, processes):
        served.process.kill()
        until(lambda: not [one for one in processes[1:] if Path(f"/proc/{one}").exists()])
