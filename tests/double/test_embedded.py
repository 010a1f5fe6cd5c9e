"""What a document shows of the documents below it is what there is: an owner has the pets that were given to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "owners.yaml"


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with serving(Settings(CONTRACT, seed=1)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def _made(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_owner_has_no_pets_and_keeps_the_notes_that_were_sent(client: httpx.Client) -> None:
    owner = _made(client, "/owners", name="Ada", notes=["calls first"])
    assert owner["pets"] == []
    assert owner["notes"] == ["calls first"]


def test_an_owner_shows_its_pets_and_their_visits_wherever_it_is_shown(client: httpx.Client) -> None:
    owner, other = _made(client, "/owners", name="Ada"), _made(client, "/owners", name="Bo")
    pet = _made(client, f"/owners/{owner['id']}/pets", name="Rex")
    visit = _made(client, f"/pets/{pet['id']}/visits", reason="a limp")

    shown = client.get(f"/owners/{owner['id']}").json()
    assert shown["pets"] == [{**pet, "visits": [visit]}]
    listed = {one["id"]: one for one in client.get("/owners").json()}
    assert listed[owner["id"]] == shown
    assert listed[other["id"]]["pets"] == []


def test_a_pet_that_is_gone_is_its_owners_no_more(client: httpx.Client) -> None:
    owner = _made(client, "/owners", name="Ada")
    rex, velvet = (_made(client, f"/owners/{owner['id']}/pets", name=name) for name in ("Rex", "Velvet"))
    client.delete(f"/pets/{rex['id']}")
    assert client.get(f"/owners/{owner['id']}").json()["pets"] == [velvet]


def test_what_lies_below_a_document_is_found_by_an_index_however_much_lies_below_others() -> None:
    double = Double(Settings(CONTRACT))
    nested = {name: keys for name, keys in double.contract.parent_keys.items() if keys}
    assert "pets" in nested
    for name, keys in nested.items():
        documents, _ = double.world("default")._kept(name)
        assert keys <= {field for index in documents.index_information().values() for field, _ in index["key"]}
