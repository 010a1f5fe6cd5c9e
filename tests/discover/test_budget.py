"""A discovery ends in time, and what was found until then counts, whatever becomes of the server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.discover.published import save_published
from specdouble.discover.report import overlay
from specdouble.verify import Settings
from tests.discover.conftest import discovered, sentences
from tests.discover.shelf import Shelf
from tests.verify.weather import Weather


class Leaving(Weather):
    """A server that closes each connection, once it has given so many answers."""

    def __init__(self, url: str, answers: int) -> None:
        super().__init__(url)
        self.answers = count(answers, -1)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, while there is somebody."""
        if next(self.answers) > 0:
            super().answer(handler)
        else:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def published(shelf: Shelf, folder: Path) -> Iterator[tuple[Contract, str]]:
    """The contract that the shelf publishes, and its address."""
    folder.mkdir(exist_ok=True)
    with shelf.running() as url:
        yield read(save_published(url, folder)), url


def test_a_discovery_that_has_no_time_for_anything_ends_without_a_rule(tmp_path: Path) -> None:
    with published(Shelf(), tmp_path) as (contract, url):
        done = discovered(contract, Settings(url=url, max_time=0.05))
    assert done.stopped == "the time was over"
    assert sentences(done) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [4, 12])
def test_of_a_slow_server_what_there_was_time_for_is_told_and_what_is_left_is_named(
    tmp_path: Path, seconds: float
) -> None:
    shelf = Shelf()
    with published(shelf, tmp_path) as (contract, url), Weather(url, delay=0.15) as slow:
        done = discovered(contract, Settings(url=slow.url, max_time=seconds))
    assert done.stopped == "the time was over"
    assert done.seconds < 2 * seconds
    assert "first" in shelf.books
    told = "\n".join(done.left)
    assert all(id in told for id in shelf.books.keys() - {"first"}) or "which was not answered" in told, told
    assert overlay(done)


@pytest.mark.slow
def test_rules_are_put_to_the_test_before_all_time_is_spent_on_looking(tmp_path: Path) -> None:
    with published(Shelf(), tmp_path) as (contract, url), Weather(url, delay=0.05) as slow:
        done = discovered(contract, Settings(url=slow.url, max_time=40))
    assert sentences(done)["unique:books.isbn"] == "isbn is unique"


@pytest.mark.slow
@pytest.mark.parametrize("part", [0.2, 0.6])
def test_that_a_server_goes_away_under_way_is_told_and_what_was_found_before(tmp_path: Path, part: float) -> None:
    with published(Shelf(), tmp_path / "whole") as (contract, url):
        whole = discovered(contract, Settings(url=url))
    with published(Shelf(), tmp_path / "part") as (contract, url), Leaving(url, int(part * whole.requests)) as leaving:
        done = discovered(contract, Settings(url=leaving.url))
    assert done.stopped.startswith("the server ")
    assert sentences(done).keys() <= sentences(whole).keys()
    assert overlay(done)
