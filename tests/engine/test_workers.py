"""Workers are replaced and started again, and who asks meanwhile is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.engine.conftest import CONTRACT
from tests.engine.engines import Local
from tests.engine.serving import serving

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
        end = time.monotonic() + 60
        workers = served.workers()
        while time.monotonic() < end and (len(workers) < 2 or first in workers):
            time.sleep(0.1)
            workers = served.workers()
        assert len(workers) == 2
        assert second in workers
        assert served.ask("GET", "/boards").status == 200


@pytest.mark.slow
def test_a_fault_that_an_option_names_is_met_once_by_all_workers(store: str) -> None:
    options = ["--fault", "listBoards: status=503, times=2"]
    with serving(CONTRACT, store, 3, options) as served:
        statuses = sorted(str(served.ask("GET", "/boards").status) for _ in range(20))
    assert statuses == ["200"] * 18 + ["503"] * 2


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
