"""Which operations create documents, and of which kind: as the contract says, else as paths and words suggest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from specdouble.contract import Contract, Operation

ID_NAMES = {"id", "_id", "uuid"}
ADDING = frozenset(("add", "create", "grant", "insert", "new", "put", "register"))  # the last word of a path
ASKING = frozenset(("count", "filter", "find", "history", "lookup", "query", "search"))  # likewise


def creates(contract: Contract, operation: Operation) -> bool:
    """Whether the operation creates documents below its path: it says so, or is a POST beside a path of one document.

    That may be named by two parameters: `/tags/{type}/{value}`.
    """
    action = contract.actions.get(operation.id)
    if action is not None:
        return action.does == "create" and action.id is None
    below = bare(operation.path) + "/{}"
    if _asks(contract, operation):
        return False
    return (operation.method == "post" and not ends_in_parameter(operation)
            and any(bare(one.path) in (below, below + "/{}") for one in contract.operations.values()))  # fmt: skip


def creates_many(contract: Contract, operation: Operation) -> bool:
    """Whether the operation creates several documents at once, and does nothing else: `POST /rooms/batch`."""
    action = contract.actions.get(operation.id)
    return action is not None and action.does == "create_many" and operation.method == "post"


def creator_beside(contract: Contract, operation: Operation) -> Operation:
    """The operation that creates one document where this one creates several; itself, where there is none."""
    own = contract.actions[operation.id]
    creating = [(contract.operations[key], one) for key, one in contract.actions_of[own.collection]]
    single = [(one, action) for one, action in creating if action.does == "create" and one.method == "post"]
    below = (one for one, _ in single if operation.path.startswith(one.path.rstrip("/")))
    in_same_place = (one for one, action in single if action.scope == own.scope)
    return next(chain(below, in_same_place), operation)


def _asks(contract: Contract, operation: Operation) -> bool:
    """Whether it reads by a POST, as its path says and no status or id of the answer denies: `/runs/query`."""
    last = operation.path.rstrip("/").rpartition("/")[2].lower()
    answer = operation.response(operation.success)
    if last not in ASKING or operation.success != 200 or "201" in operation.responses or answer is None:
        return False
    shown = [contract.resolve(media.schema) for media in answer.content.values()]
    return not any(ID_NAMES & set(contract.properties(one)) for one in shown)


def may_create_by_path(operation: Operation) -> bool:
    """Whether it says that it may create (201) what the end of its path names (RFC 9110, 9.3.4)."""
    return operation.method in ("post", "put") and ends_in_parameter(operation) and "201" in operation.responses


def makes_elsewhere(contract: Contract, operation: Operation) -> bool:
    """Whether it says that it creates (201) and shows an id, though no path names one of its documents.

    `POST /auth/register` makes a user; a sign-in that answers 201, as some frameworks do, shows no id.
    """
    made = operation.responses.get("201")
    if operation.method != "post" or made is None or ends_in_parameter(operation):
        return False
    if creates(contract, operation) or operation.id in contract.actions:
        return False
    return any(ID_NAMES & set(contract.properties(media.schema)) for media in made.content.values())


def adds_by_name(contract: Contract, operation: Operation) -> bool:
    """Whether it says that it makes something, as remote procedures do, though no path names what: `/user/add`."""
    if operation.method != "post" or ends_in_parameter(operation) or operation.id in contract.actions:
        return False
    verb = operation.path.rstrip("/").rpartition("/")[2].rpartition(":")[2].lower()
    return verb in ADDING and not creates(contract, operation)


def kinds_by_path(contract: Contract) -> Iterator[tuple[str, str]]:
    """For each path that ends in a parameter, the collection that it names a document of, where one is known."""
    for operation in contract.operations.values():
        action = contract.actions.get(operation.id)
        if action is not None and action.does == "create" and action.id is None:
            yield bare(operation.path) + "/{}", action.collection
    for operation in contract.operations.values():
        action = contract.actions.get(operation.id)
        if action is not None and action.id and operation.path.endswith("{" + action.id + "}"):
            yield bare(operation.path), action.collection


def ends_in_parameter(operation: Operation) -> bool:
    """Whether the path ends in a parameter: it names one document."""
    return operation.path.rstrip("/").endswith("}")


def bare(path: str) -> str:
    """The path with its parameters unnamed: `/pets/{petId}` is `/pets/{}`."""
    return "/".join("{}" if "{" in part else part for part in path.rstrip("/").split("/"))
