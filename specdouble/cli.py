"""The command line: parse, call one function, print, exit.

Heavy imports stand inside the commands that need them: `specdouble --help` is instant.
"""

from __future__ import annotations

import json

import click

from specdouble import __version__
from specdouble.agent.command import mcp_command
from specdouble.compare.command import compare_command
from specdouble.diff.command import diff
from specdouble.discover.command import discover_command
from specdouble.examples import examples
from specdouble.exits import Commands
from specdouble.lint_command import lint
from specdouble.opening import opened
from specdouble.overlay_command import overlay
from specdouble.project.command import init, sync
from specdouble.prove.command import prove
from specdouble.proxy.command import proxy_command
from specdouble.routes_command import routes
from specdouble.serve_command import serve
from specdouble.serving import serving, serving_anybody
from specdouble.token_command import token
from specdouble.verify.command import verify_command
from specdouble.verify.replay_command import replay


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        ("specdouble serve openapi.yaml", "a server from a contract, or from its URL"),
        ("specdouble init", "a project, where there is no contract yet"),
        ("specdouble verify --url http://localhost:8000", "does that server keep the contract?"),
        ("specdouble COMMAND --help", "what a command takes, with examples"),
    ),
)
@click.version_option(__version__, prog_name="specdouble", message="%(prog)s %(version)s")
def main() -> None:
    """A stateful mock server and a verifier from one OpenAPI contract with its business rules.

    FOLDER holds openapi.yaml and, where they are wanted, handlers/ and mock_data/; FILE is a contract alone.
    Each option has a variable of the environment too: SPECDOUBLE_SERVE_PORT for `serve --port`.
    Exit codes: 0 conforms, 1 violations, 2 wrong use, 3 could not run, 4 an extra is not installed.
    """


@main.command(
    epilog=examples(
        ("specdouble schema rules > rules.schema.json", "of rules.yaml"),
        ("specdouble schema annotations", "of what may stand in a contract"),
    )
)
@click.argument("what", type=click.Choice(["rules", "annotations"]))
def schema(what: str) -> None:
    """Print the JSON Schema of rules.yaml, or of the annotations in a contract, for an editor."""
    from specdouble.contract.annotation_schema import annotations_schema, rules_schema

    shown = rules_schema() if what == "rules" else annotations_schema()
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))


@main.command(
    epilog=examples(
        ("specdouble version", "nothing but the number"),
    )
)
def version() -> None:
    """Print the version."""
    click.echo(__version__)


main.add_command(serve)
main.add_command(routes)
main.add_command(token)
main.add_command(verify_command(serving))
main.add_command(replay)
main.add_command(lint)
main.add_command(overlay)
main.add_command(prove)
main.add_command(init)
main.add_command(diff)
main.add_command(sync)
main.add_command(discover_command(serving_anybody))
main.add_command(compare_command(serving_anybody))
main.add_command(mcp_command(serving_anybody))
main.add_command(proxy_command(opened))


class _Lines(click.types.StringParamType):
    """What may be said repeatedly: each line of its variable is one, for faults and header fields have spaces."""

    def split_envvar_value(self, rv: str) -> list[str]:
        """The lines that say something."""
        return [line.strip() for line in rv.splitlines() if line.strip()]


def _name_variables(command: click.Command, prefix: str) -> None:
    """Let each option stand in the environment under its own name: `SPECDOUBLE_SERVE_PORT`."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            _name_variables(inner, f"{prefix}_{name}")
        return
    for option in command.params:
        long = next((one for one in option.opts if one.startswith("--")), None)
        if long is not None and option.envvar is None:
            option.envvar = f"{prefix}_{long.removeprefix('--')}".replace("-", "_").upper()
        if isinstance(option, click.Option) and option.multiple and option.type is click.STRING:
            option.type = _Lines()


_name_variables(main, "specdouble")
