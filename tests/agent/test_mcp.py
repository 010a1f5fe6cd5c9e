"""An agent's way through a double, by the client of the official SDK."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from specdouble.agent.command import server_of
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.testing import DoubleClient

pytest.importorskip("mcp", reason="the extra is not installed")

from mcp import Client, StdioServerParameters

ROOT = Path(__file__).parent.parent.parent
PATH = "/api/lead-management"
UNIQUE = "unique:lead_management.configurationName"
ADA = "ada@tether.example"
CONFIGURATION = {"configurationName": "Fair", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
def double() -> Iterator[DoubleClient]:
    with serving(Settings(ROOT)) as url:
        client = DoubleClient(url)
        yield client
        client.close()


def told(result: Any) -> Any:
    """What a tool gives: the SDK wraps what is no object."""
    assert not result.is_error, result.content[0].text
    given = result.structured_content
    return given["result"] if set(given) == {"result"} else given


def play(server: Any, scene: Callable[[Ask], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Client(server) as client:

            async def ask(tool: str, **arguments: Any) -> Any:
                return told(await client.call_tool(tool, arguments))

            await scene(ask)

    asyncio.run(run())


def test_an_agent_finds_an_operation_with_its_rules_and_users(double: DoubleClient) -> None:
    async def scene(ask: Ask) -> None:
        (found,) = await ask("list_operations", search="create configuration")
        operation = await ask("describe_operation", operation_id=found["id"])
        assert UNIQUE in [rule["id"] for rule in operation["rules"]]
        assert operation["bodies"][0]["examples"]
        assert UNIQUE in [rule["id"] for rule in await ask("list_rules")]
        assert ADA in [user["name"] for scheme in await ask("list_users") for user in scheme["users"]]

    play(server_of(double), scene)


def test_an_agent_reads_why_it_was_refused_and_asserts_on_the_end_state(double: DoubleClient) -> None:
    async def scene(ask: Ask) -> None:
        create = {"method": "POST", "target": PATH, "body": CONFIGURATION, "user": ADA, "world": "agent"}
        assert (await ask("call", **create))["status"] == 201
        refused = await ask("call", **create)
        story = await ask("explain", exchange=refused["exchange"])
        assert (story["decisions"][0]["rule"], story["decisions"][0]["verdict"]) == (UNIQUE, "refused")
        assert story["decisions"][0]["in_the_way"]["configurationName"] == "Fair"
        (found,) = await ask("find_exchanges", world="agent", rule=UNIQUE)
        assert found["number"] == refused["exchange"]
        where = {"collection": "lead_management", "where": {"configurationName": "Fair"}}
        assert (await ask("check_documents", **where, count=1, world="agent"))["holds"]
        assert not (await ask("check_documents", **where))["holds"]  # another world
        assert "agent" in [world["name"] for world in await ask("list_worlds")]

    play(server_of(double), scene)


def test_an_agent_takes_snapshots_moves_the_clock_and_lets_answers_fail(double: DoubleClient) -> None:
    async def scene(ask: Ask) -> None:
        create = {"method": "POST", "target": PATH, "body": CONFIGURATION, "user": ADA, "world": "shot"}
        await ask("take_snapshot", name="before", world="shot")
        await ask("call", **create)
        changed = await ask("compare_with_snapshot", name="before", world="shot")
        assert len(changed["lead_management"]["added"]) == 1
        await ask("restore_snapshot", name="before", world="shot")
        assert await ask("compare_with_snapshot", name="before", world="shot") == {}
        assert (await ask("set_clock", at="2030-01-01T00:00:00Z"))["now"].startswith("2030-01-01")
        made = await ask("call", **create)
        assert json.loads(made["body"])["data"]["createdAt"].startswith("2030-01-01")
        await ask("set_clock")
        await ask("inject_faults", faults=[{"status": 503, "world": "shot"}])
        assert (await ask("call", **create))["status"] == 503
        await ask("inject_faults", faults=[])
        await ask("reset_world", world="shot")
        assert (await ask("list_documents", collection="lead_management", world="shot"))["count"] > 0
        assert UNIQUE in {rule["id"] for rule in (await ask("coverage"))["rules"]}

    play(server_of(double), scene)


def test_what_cannot_be_done_is_told_and_not_raised(double: DoubleClient) -> None:
    async def run() -> None:
        async with Client(server_of(double)) as client:
            result = await client.call_tool("explain", {"exchange": 10**9})
            assert result.is_error
            assert "the journal has no exchange" in result.content[0].text  # type: ignore[union-attr]

    asyncio.run(run())


@pytest.mark.slow
@pytest.mark.parametrize("world", ["a\r\nHost: evil.example", "\0", "é", "a/b", " ", "x" * 500])
def test_a_world_that_no_request_can_name_is_told_and_not_raised(double: DoubleClient, world: str) -> None:
    async def refused() -> None:
        async with Client(server_of(double)) as client:
            result = await client.call_tool("list_users", {"world": world})
            assert result.is_error
            assert len(result.content[0].text) > len("Error executing tool list_users")  # type: ignore[union-attr]
            assert not (await client.call_tool("list_users", {})).is_error

    asyncio.run(refused())


def test_the_page_on_agents_has_each_tool(double: DoubleClient) -> None:
    table = (ROOT / "docs" / "agents.md").read_text("utf-8").partition("| tools | do |")[2]
    listed = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.partition(" | ")[0])]

    async def run() -> set[str]:
        async with Client(server_of(double)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert set(listed) == asyncio.run(run())


def test_the_command_speaks_the_protocol_on_its_standard_input_and_output() -> None:
    async def scene(ask: Ask) -> None:
        assert (await ask("call", method="GET", target="/api/prompts/user", user=ADA))["status"] == 200

    play(StdioServerParameters(command=sys.executable, args=["-m", "specdouble", "mcp", str(ROOT)]), scene)


UNREADABLE = {
    "half a surrogate pair": (r'"\ud800"', "hex escape"),
    "a depth that nobody means": ("[" * 500 + "]" * 500, "recursion limit"),
}


@pytest.mark.parametrize(("body", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_call_that_cannot_be_read_is_answered_with_the_reason(double: DoubleClient, body: str, reason: str) -> None:
    call = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"call","arguments":{"body":%s}}}\n'
    command = [sys.executable, "-m", "specdouble", "mcp", "--url", double.url]
    done = subprocess.run(command, input=call % body, capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(done.stdout)
    assert answer["id"] == 7
    assert reason in answer["error"]["message"]
    assert "remedy:" in answer["error"]["message"]
