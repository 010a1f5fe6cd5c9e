"""However `prove` is ended, nothing of it goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CONTRACT = """
openapi: 3.0.3
info: {title: Bells that ring for long, version: "1"}
paths:
  /bells:
    get: {operationId: ring, tags: [bells], responses: {"200": {description: rung, content: {application/json: {
      schema: {type: object}}}}}}
  /notes:
    get: {operationId: listNotes, responses: {"200": {description: all, content: {application/json: {
      schema: {type: array, items: &note {type: object, properties: {id: {type: string}, text: {type: string}}}}}}}}}
    post: {operationId: addNote, requestBody: {content: {application/json: {schema: *note}}}, responses: {"201": {
      description: made, content: {application/json: {schema: *note}}}}}
  /notes/{noteId}:
    get: {operationId: getNote, parameters: [{name: noteId, in: path, required: true, schema: {type: string}}],
      responses: {"404": {description: none}, "200": {description: one, content: {application/json: {schema: *note}}}}}
"""
HANDLER = """
import time
from pathlib import Path

def ring():
    (Path(__file__).parents[1] / "rung").touch()
    time.sleep(60)
    return {}
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_workers_of_a_proof_end_with_it(tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "bells.py").write_text(HANDLER, "utf-8")
    command = [sys.executable, "-m", "specdouble", "prove", str(tmp_path), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + 60
    while not (tmp_path / "rung").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert process.poll() is None
    process.send_signal(how)
    process.communicate(timeout=15)  # which ends when nobody is left who could write: the workers have its output too
