"""A discriminator decides what a value has to fit, in requests, in samples and in what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "discriminator.yaml"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(CONTRACT, seed=1)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/pets", {"petType": "kitty", "lives": 9}),  # mapped
        ("/pets", {"petType": "Dog", "bark": "wow"}),  # by its own name
        ("/pets", {"petType": "Puppy", "weeks": 3, "bark": "wif"}),  # two levels down
        ("/shapes", {"kind": "Circle", "size": 1}),
        ("/shapes", {"kind": "Square", "size": 1, "tilt": 45}),
    ],
)
def test_what_the_named_schema_has_is_kept(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    made = client.post(path, json=body)
    assert made.status_code == 201
    assert body.items() <= client.get(f"{path}/{made.json()['id']}").json().items()


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/pets", {"petType": "kitty"}, "/lives"),
        ("/pets", {"petType": "Dog", "bark": 3}, "/bark"),
        ("/pets", {"petType": "Puppy", "bark": "wif"}, "/weeks"),
        ("/pets", {"petType": "Fish"}, ""),
        ("/pets", {}, "/petType"),
        ("/shapes", {"kind": "Square", "tilt": "steep"}, "/tilt"),
        ("/shapes", {"kind": "Hexagon"}, ""),
    ],
)
def test_what_the_named_schema_refuses_is_refused_and_told(
    client: httpx.Client, path: str, body: dict[str, Any], pointer: str
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 400
    assert pointer in [one["pointer"] for one in answer.json()["violations"]]


def test_samples_are_what_they_say(client: httpx.Client) -> None:
    pets = client.get("/pets").json()
    assert pets
    assert all("lives" in pet for pet in pets if pet["petType"] == "kitty")
    assert {one["kind"] for one in client.get("/shapes").json()} <= {"Circle", "Square"}
