"""What the standard shows in examples, in other words: each overlay makes of a contract what the standard says."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from specdouble.cli import main

FERRIES = """
openapi: 3.1.0
info: {title: Ferries, version: 2.1.0}
servers:
  - {url: https://ferries.example, description: Prod}
  - {url: https://dev.ferries.example, description: Dev}
paths:
  /crossings:
    get:
      x-traits: [paged]
      tags: [timetable, internal]
      parameters:
        - {name: filter, in: query, schema: {type: string}}
        - {name: debug, in: query, schema: {type: boolean}}
      responses:
        '200': {description: All of them}
        '500': {description: Sunk}
        default: {description: Anything}
  /crossings/{id}/cabins:
    get:
      x-traits: [paged]
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: Its cabins}}
  /weather:
    delete:
      responses: {'204': {description: No more wind}}
components:
  schemas:
    Crossing:
      type: object
      properties:
        from: {type: string, example: Dover}
        minutes: {type: integer}
        to: {type: string}
"""
Change = Callable[[Any], object]


def set_at(path: str, value: Any) -> Change:
    """What puts a value where names, with blanks between them, lead."""

    def change(contract: Any) -> None:
        *names, last = path.split()
        for name in names:
            contract = contract[name]
        contract[last] = value

    return change


def without(path: str) -> Change:
    """What takes out the value at the end of a path."""

    def change(contract: Any) -> None:
        *names, last = path.split()
        for name in names:
            contract = contract[name]
        del contract[last]

    return change


def _paged(contract: Any) -> None:
    for path in ("/crossings", "/crossings/{id}/cabins"):
        contract["paths"][path]["get"]["parameters"] += [
            {"name": "top", "in": "query"},
            {"name": "skip", "in": "query"},
        ]


def _named(contract: Any) -> None:
    for path in ("/crossings", "/crossings/{id}/cabins"):
        contract["paths"][path]["get"]["parameters"].append({"name": "trace", "in": "query"})


def _copied(contract: Any) -> None:
    contract["paths"]["/weather"] |= copy.deepcopy(contract["paths"]["/crossings"])


def _moved(contract: Any) -> None:
    contract["paths"]["/sailings"] = contract["paths"].pop("/crossings")


def _safe(contract: Any) -> None:
    for path in ("/crossings", "/crossings/{id}/cabins"):
        contract["paths"][path]["get"]["x-safe"] = True


def _plain(contract: Any) -> None:
    for name in ("from", "to"):
        del contract["components"]["schemas"]["Crossing"]["properties"][name]


def _calm(contract: Any) -> None:
    for name in ("500", "default"):
        del contract["paths"]["/crossings"]["get"]["responses"][name]


def _structured(contract: Any) -> None:
    contract["info"]["x-laid"] = True
    contract["paths"]["/crossings"]["get"] |= {"summary": "All crossings", "x-rate-limit": 100}


EXAMPLES: list[tuple[str, str, str, Change]] = [
    ("a licence is added", "1.0.0", "- {target: $.info, update: {license: {name: MIT}}}",
     set_at("info license", {"name": "MIT"})),
    ("the root is updated", "1.0.0", "- {target: $, update: {info: {x-laid: true}}}", set_at("info x-laid", True)),
    ("the overlay has the structure of the contract", "1.0.0",
     ("- target: $\n  update:\n    info: {x-laid: true}\n"
      "    paths: {/crossings: {get: {summary: All crossings, x-rate-limit: 100}}}"), _structured),
    ("one operation is described", "1.0.0", "- {target: \"$.paths['/weather'].delete\", update: {summary: Calm}}",
     set_at("paths /weather delete summary", "Calm")),
    ("a text is replaced where it stands", "1.1.0", "- {target: $.info.title, update: Boats}",
     set_at("info title", "Boats")),
    ("many operations are updated", "1.0.0", "- {target: $.paths.*.get, update: {x-safe: true}}", _safe),
    ("one parameter of many is updated", "1.0.0",
     "- target: $.paths.*.get.parameters[?@.name=='filter' && @.in=='query']\n  update: {schema: {minLength: 1}}",
     lambda one: one["paths"]["/crossings"]["get"]["parameters"][0]["schema"].update(minLength=1)),
    ("a list gets an entry", "1.0.0", "- {target: $.paths.*.get.parameters, update: {name: trace, in: query}}", _named),
    ("an entry is taken out", "1.0.0", "- {target: \"$.paths.*.get.parameters[?@.name == 'debug']\", remove: true}",
     lambda one: one["paths"]["/crossings"]["get"]["parameters"].pop(1)),
    ("a text is taken out of a list", "1.1.0", "- {target: \"$.paths.*.get.tags[?@ == 'internal']\", remove: true}",
     lambda one: one["paths"]["/crossings"]["get"]["tags"].pop()),
    ("a server is taken out", "1.0.0", "- {target: \"$.servers[?( @.description == 'Dev' )]\", remove: true}",
     lambda one: one["servers"].pop()),
    ("all servers are others", "1.1.0",
     "- {target: $.servers, remove: true}\n- {target: $, update: {servers: [{url: http://local.example}]}}",
     set_at("servers", [{"url": "http://local.example"}])),
    ("an example is taken out", "1.0.0",
     "- {target: \"$.components.schemas.Crossing.properties['from'].example\", remove: true}",
     without("components schemas Crossing properties from example")),
    ("properties of one type are taken out", "1.0.0",
     "- {target: \"$.components..properties[?(@.type == 'string')]\", remove: true}", _plain),
    ("statuses are taken out wherever they are", "1.0.0",
     ("- {target: \"$.paths..responses['500']\", remove: true}\n"
      "- {target: \"$.paths..responses['default']\", remove: true}"), _calm),
    ("what has a trait gets what it means", "1.0.0",
     ("- target: $.paths[?(@.get['x-traits'][?(@ == 'paged')])].get\n"
      "  update: {parameters: [{name: top, in: query}, {name: skip, in: query}]}"), _paged),
    ("a path item is copied into another", "1.1.0",
     "- {target: '$.paths[\"/weather\"]', copy: '$.paths[\"/crossings\"]'}", _copied),
    ("a path item is moved", "1.1.0",
     ("- {target: $.paths, update: {/sailings: {}}}\n"
      "- {target: '$.paths[\"/sailings\"]', copy: '$.paths[\"/crossings\"]'}\n"
      "- {target: '$.paths[\"/crossings\"]', remove: true}"), _moved),
    ("what is removed is not updated too", "1.1.0",
     "- {target: $.info.version, update: 3.0.0}\n- {target: \"$.servers[1]\", update: {url: x}, remove: true}",
     lambda one: (one["info"].update(version="3.0.0"), one["servers"].pop())),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "actions", "change"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES]
)
def test_an_overlay_makes_of_a_contract_what_the_standard_shows(
    tmp_path: Path, version: str, actions: str, change: Change
) -> None:
    (tmp_path / "openapi.yaml").write_text(FERRIES, "utf-8")
    text = f"overlay: {version}\ninfo: {{title: An example, version: 1.0.0}}\nactions:\n{actions}\n"
    (tmp_path / "ferries.overlay.yaml").write_text(text, "utf-8")
    expected = yaml.safe_load(FERRIES)
    change(expected)
    done = CliRunner().invoke(main, ["overlay", "apply", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert yaml.safe_load(done.stdout) == expected
