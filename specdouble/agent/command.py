"""The command `specdouble mcp`: a double, and its tools on standard input and output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from specdouble.arguments import contract_arguments
from specdouble.examples import examples
from specdouble.exits import COULD_NOT_RUN, fail

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from specdouble.testing import DoubleClient

Serving = Callable[[Path, int | None, tuple[Path, ...], tuple[Path, ...]], AbstractContextManager[tuple[str, str]]]
_INSTRUCTIONS = """\
A double of an API: a stateful mock that keeps its contract and its business rules. Call operations as any user, read
with `explain` why a request was refused, and keep experiments apart by naming a `world` of your own. `check_documents`
asserts on what is stored in the end."""

_REMEDY = "give names without line breaks and letters beyond ASCII; where nobody answers, start the double again"


def mcp_command(serving: Serving) -> click.Command:
    """The command, which serves doubles by what it is given."""

    @click.command(
        "mcp",
        epilog=examples(
            ("specdouble mcp path/to/the/project", "what an agent's configuration starts"),
            ("specdouble mcp --url http://localhost:4010", "a double that runs, and that a person watches too"),
        ),
    )
    @contract_arguments
    @click.option("--url", metavar="URL", help="Ask this running double instead of serving one.")
    @click.option("--seed", type=int, help="Make ids and samples repeat.")
    def mcp(
        path: Path, allow_refs: tuple[Path, ...], overlays: tuple[Path, ...], url: str | None, seed: int | None
    ) -> None:
        """Give an agent the double as tools (Model Context Protocol, on standard input and output).

        Needs the extra: pip install 'specdouble[mcp]'.
        """
        import mcp.server.mcpserver  # noqa: F401 - before a double is served for nothing

        from specdouble.agent.unreadable import serve
        from specdouble.testing import DoubleClient

        here = nullcontext((url, "")) if url else serving(path, seed, allow_refs, overlays)
        with here as (address, _secret):
            client = DoubleClient(address)
            try:
                client.control("GET", "contract")
            except Exception as error:  # nobody answers, or not a double
                remedy = "start one, or leave --url out"
                fail(f"{address} is no double that answers: {error}\n    remedy: {remedy}", COULD_NOT_RUN)
            asyncio.run(serve(server_of(client)))
            client.close()

    return mcp


def server_of(double: DoubleClient) -> MCPServer:
    """The server of the protocol over a double."""
    from mcp.server.mcpserver import MCPServer

    from specdouble import __version__
    from specdouble.agent.tools import Tools

    server = MCPServer("specdouble", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING")
    for tool in Tools(double).all:
        server.tool()(_telling(tool))
    return server


def _telling(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, whose agent is told why something could not be done: of other errors the SDK says nothing."""
    from mcp.server.mcpserver.exceptions import ToolError

    from specdouble.testing import Unanswered

    @wraps(tool)
    def told(**arguments: Any) -> Any:
        try:
            return tool(**arguments)
        except Unanswered as error:
            raise ToolError(str(error)) from None
        except Exception as error:  # of the client's own: a name that no request can carry, a double that is gone
            raise ToolError(f"the double could not be asked: {error}\n    remedy: {_REMEDY}") from None

    return told
