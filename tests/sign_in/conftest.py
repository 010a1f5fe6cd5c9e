"""Doubles that several tests share: none of them changes who can sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sign_in.doubles import USERS, Running, running


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A double whose project says nothing of its users."""
    with running(tmp_path_factory.mktemp("made-up")) as double:
        yield double


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A double with users in `mock_data/users.json`."""
    with running(tmp_path_factory.mktemp("told"), USERS) as double:
        yield double


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A double that takes nobody whom it does not know, though its project says nothing of its users."""
    with running(tmp_path_factory.mktemp("strict"), strict_auth=True) as double:
        yield double
