"""Files that commands read beside the contract, broken at random: each ends in a sentence, and none in a traceback."""

from __future__ import annotations

import base64
import copy
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from specdouble.cli import main
from specdouble.contract.token_claims import token_claims
from specdouble.verify import form
from specdouble.verify.tokens import token_header
from tests.hostile.mutation import broken, written
from tests.hostile.requests import TOKENS
from tests.project.test_init import ARCHIVE, COLLECTION, DATABASE, MAPPINGS

LEADS = Path(__file__).parent.parent / "overlays" / "leads"
DEAD = "http://127.0.0.1:9"  # where nobody listens
RULES = {
    "Configuration": {"x-resource": {"collection": "configurations", "id": "_id", "owner": "userId"}},
    "Configuration.configurationName": {"x-unique": {"within": ["userId"], "ignore": ["case"]}},
    "Configuration.defaultProcess": {"x-references": "prompts"},
    "bearerAuth": {"x-identity": {"collection": "users", "credential": "key", "claims": {"userId": "id"}}},
}
SETTINGS = {
    "overlays": ["leads.overlay.yaml"],
    "lint": {"ignore": ["example"]},
    "verify": {
        "url": DEAD, "login": {"operation": "create_configuration", "token": "/token"}, "seed": 3, "max_time": 5,
        "phases": ["rules"], "headers": {"X-A": "b"}, "strictness": {"default": "client", "authentication": "rfc"},
        "users": [{"name": "ada", "password": "x", "tenant": "north", "credentials": {"bearerAuth": "k1"}}],
        "skip": [{"rule": "unknown_properties", "operation": "create_configuration", "reason": "a ticket"}],
    },
}  # fmt: skip
STEP = {"method": "GET", "path": "/a", "headers": {}, "body": None, "answer": {"status": 200}}
REPORT = {"failures": [{
    "id": "abc", "rule": "a", "promise": "b", "expected": "200", "seen": "500", "together": None,
    "replay": {"url": DEAD, "run": "", "secrets": {}, "logins": [], "steps": [STEP]},
}]}  # fmt: skip
HYPOTHESIS = {
    "keyword": "x-unique", "pointer": "/components/schemas/Configuration/properties/configurationName", "value": True,
    "source": {"kind": "shape", "file": "", "line": 0, "text": ""}, "prior": 0.5, "state": "confirmed", "rule": "a",
    "sentence": "", "reason": "", "curl": "", "requests": 1, "cases": 1, "written": False, "but": "",
}  # fmt: skip
BASELINE = {"failures": [{"check": "a", "promise": "b", "operations": ["create_configuration"]}]}


def toml(value: Any) -> str:
    """The value as TOML, on one line each."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(str(name))} = {toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps("" if value is None else value)


def settings(value: dict[str, Any]) -> str:
    return "\n".join(f"{json.dumps(str(name))} = {toml(one)}" for name, one in value.items())


# What is broken, where it lies, how it is written, and the commands that read it.
FILES: dict[str, tuple[Any, str, Callable[[Any], str], list[list[str]]]] = {
    "overlay": (yaml.safe_load((LEADS / "leads.overlay.yaml").read_text()), "project/leads.overlay.yaml", written,
                [["lint", "PROJECT"], ["routes", "PROJECT"], ["overlay", "apply", "PROJECT"]]),
    "rules": (RULES, "project/rules.yaml", written, [["lint", "PROJECT"], ["diff", "PROJECT", "PROJECT"]]),
    "settings": (SETTINGS, "project/specdouble.toml", settings,
                 [["lint", "PROJECT"], ["verify", "PROJECT", "--yes", "--url", DEAD],
                  ["discover", "PROJECT", "-o", "OUT"]]),
    "seed": (json.loads((LEADS / "mock_data" / "users.json").read_text()), "project/mock_data/users.json", written,
             [["lint", "PROJECT"], ["token", "1", "PROJECT", "--json"]]),
    "db.json": (DATABASE, "db.json", written, [["init", "--from", "FILE", "NEW"]]),
    "HAR": (ARCHIVE, "traffic.har", written,
            [["init", "--from", "FILE", "NEW"], ["discover", "PROJECT", "--from", "FILE", "-o", "OUT"]]),
    "Postman": (COLLECTION, "collection.json", written, [["init", "--from", "FILE", "NEW"]]),
    "WireMock": (MAPPINGS, "mappings.json", written, [["init", "--from", "FILE", "NEW"]]),
    "report": (REPORT, "report.json", written, [["replay", "FILE", "abc", "--url", DEAD]]),
    "discovery": ({"rules": [HYPOTHESIS]}, "found.json", written,
                  [["discover", "PROJECT", "-o", "OUT", "--resume", "FILE"]]),
    "baseline": (BASELINE, "baseline.json", written,
                 [["verify", "PROJECT", "--yes", "--url", DEAD, "--baseline", "FILE"]]),
    "accepted": ({"accept": [{"change": "x", "reason": "y"}]}, "accepted.yaml", written,
                 [["diff", "PROJECT", "PROJECT", "--accept", "FILE"]]),
}  # fmt: skip
QUICK, SLOW = range(2), range(10, 110)


def spoilt(chance: random.Random, text: bytes) -> bytes:
    """The text with some bytes more, less, or others."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(text))
        put = chance.choice([chance.choice(TOKENS), bytes([chance.randrange(256)]), b""])
        text = text[:at] + put + text[at + chance.choice([0, 1, 30]) :]
    return text


def ran(folder: Path, kind: str, text: bytes, command: list[str]) -> Result:
    """What a command says where that file is this text."""
    project = folder / "project"
    shutil.rmtree(folder)
    shutil.copytree(LEADS, project)
    (project / "specdouble.toml").unlink()
    file = folder / FILES[kind][1]
    file.write_bytes(text)
    places = {"PROJECT": project, "FILE": file, "NEW": folder / "new", "OUT": folder / "out.yaml"}
    return CliRunner().invoke(main, [str(places.get(word, word)) for word in command])


def assert_told(done: Result, told: str) -> None:
    assert done.exception is None or isinstance(done.exception, SystemExit), told
    assert "nobody foresaw" not in done.output, told
    assert "Traceback" not in done.output, told
    assert done.exit_code == 0 or done.output.strip(), told
    assert not any(ord(one) < 32 and one not in "\n\t" for one in done.output), told


def drive(folder: Path, kind: str, numbers: range) -> None:
    data, _, write, commands = FILES[kind]
    for number in numbers:
        chance = random.Random(number)
        value = copy.deepcopy(data)
        what = broken(value, chance)
        text = write(value).encode("utf-8", "surrogatepass")
        text = spoilt(chance, text) if chance.random() < 0.3 else text
        command = chance.choice(commands)
        assert_told(ran(folder, kind, text, command), f"{number}: {command}: {what}: {text!r}")


@pytest.mark.parametrize("kind", FILES)
def test_a_file_with_one_thing_broken_ends_in_a_sentence(tmp_path: Path, kind: str) -> None:
    drive(tmp_path, kind, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_a_file_broken_a_hundred_times_ends_in_a_sentence_each_time(tmp_path: Path, kind: str) -> None:
    drive(tmp_path, kind, SLOW)


DEEP = "[" * 5000


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_nested_deeper_than_anybody_reads_ends_in_a_sentence(tmp_path: Path, kind: str) -> None:
    done = ran(tmp_path, kind, DEEP.encode(), FILES[kind][3][-1])
    assert_told(done, done.output)
    assert done.exit_code != 0


def test_a_token_and_a_value_that_are_nested_too_deep_are_none() -> None:
    part = base64.urlsafe_b64encode((DEEP + "]" * 5000).encode()).decode()
    assert token_claims(f"{part}.{part}.x") == {}
    assert token_header(f"{part}.{part}.x") == {}
    assert form.read(DEEP + "]" * 5000) == DEEP + "]" * 5000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_in_the_place_of_a_contract_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "openapi.yaml")
    done = CliRunner().invoke(main, ["lint", str(tmp_path)])
    assert_told(done, done.output)
    assert "holds no OpenAPI contract" in done.output


@pytest.mark.parametrize("name", ["rules.yaml", "leads.overlay.yaml", "specdouble.toml", "mock_data"])
def test_a_link_to_itself_is_told(tmp_path: Path, name: str) -> None:
    project = shutil.copytree(LEADS, tmp_path / "project")
    place = project / name
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(name)
    for command in (["lint", str(project)], ["verify", str(project), "--yes", "--url", DEAD]):
        done = CliRunner().invoke(main, command)
        assert_told(done, done.output)
