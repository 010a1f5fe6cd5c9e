"""The first tests of a project: what its double has been asked, and has answered well."""

from __future__ import annotations

import pprint
import re
from dataclasses import dataclass
from http import HTTPStatus

from specdouble.contract import Contract, Operation, PropertyRule
from specdouble.contract.json_type import JSON
from specdouble.contract.operation import Media
from specdouble.double.answers.samples.sampler import UnsatisfiableError
from specdouble.double.double import Double
from specdouble.double.server import Server
from specdouble.double.state.worlds import DEFAULT_WORLD
from specdouble.project.handler_module import place_of
from specdouble.testing import DoubleClient, WorldClient

_MOST = 40  # operations that are tried; a contract of a thousand needs no thousand tests to begin with
_WIDTH = 100
_JSON = "application/json"


@dataclass(frozen=True)
class _Created:
    """A document that has been created in a trial.

    Args:
        name: of the operation, as a name of Python.
        path: what was asked.
        media_type: what the body was sent as.
        body: what was sent.
        status: what came back.
        can_be_read: whether `Location` leads to it.
    """

    name: str
    path: str
    media_type: str
    body: JSON
    status: int
    can_be_read: bool


def tests_of(double: Double) -> str:
    """The text of a module of tests; each has passed once, for its requests have been tried here."""
    user = _user(double)
    with Server(double, "127.0.0.1", 0).running() as url:
        client = DoubleClient(url)
        try:
            with client.world("trial") as world:
                asking = world.client(user)
                asked = {operation.path: asking.get(operation.path) for operation in _plain(double, "get")}
                read = [path for path, answer in asked.items() if answer.status_code == HTTPStatus.OK]
            with client.world("creation") as world:
                created = _creations(double, world, user)
        finally:
            client.close()
    return _module(user, read, created)


def _user(double: Double) -> str | None:
    """Who asks: the first who can sign in, where the contract asks anybody to."""
    if not any(operation.security for operation in double.contract.operations.values()):
        return None
    everybody = double.accounts.all(double.world(DEFAULT_WORLD))
    return everybody[0].name if everybody else None


def _plain(double: Double, method: str) -> list[Operation]:
    """The first operations of a method that can be asked without knowing anything."""
    found = []
    for operation in double.contract.operations.values():
        is_plain = not any(parameter.required for parameter in operation.parameters)
        is_address = "{" not in operation.path and operation.path.isprintable()
        if operation.method == method and is_plain and is_address:
            found.append(operation)
    return found[:_MOST]


def _creations(double: Double, world: WorldClient, user: str | None) -> list[_Created]:
    client = world.client(user)
    found = []
    for operation in _plain(double, "post"):
        action = double.contract.actions.get(operation.id)
        media, place = operation.json_body, place_of(operation)
        if media is None or place is None or action is None or action.does != "create":
            continue
        body = _referring(_body(double, operation, media), double.contract, action.collection, world)
        answer = client.post(operation.path, json=body, headers=_typed(media.type))
        if answer.is_success:
            location = _within(answer.headers.get("location", ""), world.url)
            can_be_read = bool(location) and client.get(location).status_code == HTTPStatus.OK
            name = place.names[0]
            found.append(_Created(name, operation.path, media.type, body, answer.status_code, can_be_read))
    return found


def _within(location: str, url: str) -> str:
    """The address, where it is the double's own: one that an example of the contract has leads anywhere."""
    return location if location.startswith(f"{url}/") or re.match(r"/(?!/)", location) else ""


def _typed(media_type: str) -> dict[str, str]:
    """The header fields that httpx does not send for `json=`."""
    return {} if media_type == _JSON or "*" in media_type else {"content-type": media_type}


def _body(double: Double, operation: Operation, media: Media) -> JSON:
    """The contract's example of a body, else one that is made."""
    if media.slot is None:
        return {}
    try:
        return double.sampler.sample(media.slot, operation.id, media.examples.values())
    except UnsatisfiableError:
        return None


def _referring(body: JSON, contract: Contract, collection: str, world: WorldClient) -> JSON:
    """The body with references to documents that are there."""
    if not isinstance(body, dict):
        return body
    documents = world.documents()
    for rule in contract.resources[collection].of(PropertyRule):
        target = rule.refers_to or ""
        if rule.name in body and documents.get(target):
            body[rule.name] = documents[target][0].get(rule.refers_by or contract.resources[target].id)
    return body


def _module(user: str | None, read: list[str], created: list[_Created]) -> str:
    client = f"world.client({user!r})" if user else "world.client()"
    parts = [
        '"""The API as its clients see it. Each test asks a state of its own, which begins with `mock_data/`."""\n'
    ]
    if read:
        parts[0] += "\nimport pytest\n"
        paths = pprint.pformat(read, width=_WIDTH)
        parts.append(
            f'@pytest.mark.parametrize("path", {paths})\ndef test_it_is_answered(world, path):\n'
            f"    assert {client}.get(path).status_code == 200\n"
        )
    parts += [_creation(client, one) for one in created]
    if len(parts) == 1:
        parts.append(
            f"def test_an_unknown_path_is_not_found(world):\n    assert {client}.get('/nowhere').status_code == 404\n"
        )
    return "\n\n".join(parts)


def _creation(client: str, created: _Created) -> str:
    body = pprint.pformat(created.body, width=_WIDTH, sort_dicts=False).replace("\n", "\n    ")
    headers = _typed(created.media_type)
    more = f", headers={headers}" if headers else ""
    lines = [
        f"def test_{created.name}(world):",
        f"    client = {client}",
        f"    body = {body}",
        f'    created = client.post("{created.path}", json=body{more})',
        f"    assert created.status_code == {created.status}, created.text",
    ]
    if created.can_be_read:
        lines.append('    assert client.get(created.headers["location"]).status_code == 200')
    return "\n".join(lines) + "\n"
