"""Of many clients that ask for the same name at once, exactly one gets it."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

PATH = "/api/lead-management"
CLIENTS = 64
NAMES = [pytest.param(4, id="4 names"), pytest.param(200, id="200 names", marks=[pytest.mark.slow, pytest.mark.long])]


def configuration(name: str) -> dict[str, str]:
    return {"configurationName": name, "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}


async def at_once(ada: httpx.Client, rounds: list[list[tuple[str, str, dict[str, str]]]]) -> list[list[httpx.Response]]:
    """The answers of each round; the requests of a round are sent together, over connections of their own."""
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=ada.base_url, headers=ada.headers, limits=limits, timeout=60) as client:
        return [
            await asyncio.gather(*(client.request(method, path, json=body) for method, path, body in requests))
            for requests in rounds
        ]


@pytest.mark.parametrize("names", NAMES)
def test_exactly_one_of_many_creations_of_a_name_wins_and_is_readable(ada: httpx.Client, names: int) -> None:
    spellings = [[f"Name {number}", f"NAME {number} "] * (CLIENTS // 2) for number in range(names)]
    rounds = [[("POST", PATH, configuration(name)) for name in spelling] for spelling in spellings]
    for answers in asyncio.run(at_once(ada, rounds)):
        assert Counter(answer.status_code for answer in answers) == {201: 1, 400: CLIENTS - 1}
        (won,) = [answer.json()["data"] for answer in answers if answer.status_code == 201]
        assert ada.get(f"{PATH}/{won['_id']}").json()["data"] == won


@pytest.mark.parametrize("names", NAMES)
def test_exactly_one_of_many_renames_to_a_name_wins(ada: httpx.Client, names: int) -> None:
    made = [ada.post(PATH, json=configuration(f"Racer {number}")).json()["data"]["_id"] for number in range(CLIENTS)]
    rounds = [
        [("PUT", f"{PATH}/{id}", {"configurationName": f"Prize {number}"}) for id in made] for number in range(names)
    ]
    for number, answers in enumerate(asyncio.run(at_once(ada, rounds))):
        assert Counter(answer.status_code for answer in answers) == {200: 1, 400: CLIENTS - 1}
        (won,) = [answer.json()["data"] for answer in answers if answer.status_code == 200]
        assert won["configurationName"] == f"Prize {number}"
