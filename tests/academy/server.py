"""Serve the academy as a process of Node's, on a free port of the loopback interface."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

NODE = shutil.which("node")
TOKENS = {"ada": "token-of-ada", "linus": "token-of-linus"}


class Server:
    """A running academy: `with Server(faults=["tag_constant"]) as server: ...`."""

    def __init__(self, faults: Collection[str] = ()) -> None:
        environment = {**os.environ, "ACADEMY_FAULTS": ",".join(faults)}
        command = [NODE or "node", str(Path(__file__).with_name("server.mjs"))]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
