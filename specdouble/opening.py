"""The double that a command is about: opened, or the reason why it cannot be, and the exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specdouble.exits import COULD_NOT_RUN, WRONG_USE, fail
from specdouble.findings import refuse

if TYPE_CHECKING:
    from specdouble.double.double import Double, Settings


def opened(settings: Settings) -> Double:
    """The double of a project; exits where its contract, its store or a setting does not let it be."""
    from specdouble.contract import Refused
    from specdouble.double.double import Double
    from specdouble.double.state.persistence import PersistenceError

    try:
        return Double(settings)
    except Refused as error:
        refuse(error)
    except PersistenceError as error:
        fail(f"--persist: {error}\n    remedy: {error.remedy}", COULD_NOT_RUN)
    except ConnectionError as error:
        remedy = "start it, or name it as in mongodb://USER:PASSWORD@HOST:PORT/NAME"
        fail(f"--store: {error}\n    remedy: {remedy}", COULD_NOT_RUN)
    except ValueError as error:
        fail(str(error), WRONG_USE)


def known_users(double: Double) -> str:
    """The remedy where a user is named whom nobody knows."""
    names = [account.name for account in double.accounts.all(double.world("default"))[:10]]
    return f"name one of {', '.join(names)}" if names else "put users into mock_data/"
