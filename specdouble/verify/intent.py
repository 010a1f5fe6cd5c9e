"""What a verification will write to a server, told before it does."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract import Contract, Operation
from specdouble.verify.creation import adds_by_name, creates, creates_many, makes_elsewhere, may_create_by_path
from specdouble.verify.guard import Guard
from specdouble.verify.joined import joined
from specdouble.verify.ledger import SAFE, Ledger
from specdouble.verify.register import Created
from specdouble.verify.settings import Settings


def intent(contract: Contract, settings: Settings) -> Iterator[str]:
    """The sentences that say what is created, what stays, and what is left out."""
    contract = joined(contract)
    ledger = Ledger(contract)
    guard = Guard(contract, ledger, named=settings.operations, is_open=settings.allow_destructive)
    operations = [one for one in contract.operations.values() if one.id not in settings.exclude]
    making = [one for one in operations if _makes(contract, one)]
    creators = [one for one in making if guard.forbids(one) is None]
    stays = [str(one) for one in creators if ledger.deleter(_example(ledger, one)) is None]
    untold = [one for one in operations if makes_elsewhere(contract, one) or adds_by_name(contract, one)]
    elsewhere = [one for one in untold if guard.forbids(one) is None]
    if not creators and not elsewhere:
        yield f"Nothing is created at {settings.url}."
    else:
        made_by = [*creators, *elsewhere]
        deleted = "; they are deleted at the end" if len(stays) < len(creators) else ""
        yield (
            f"Hundreds of documents are created at {settings.url} (by {', '.join(map(str, made_by))}), named "
            f"`{settings.prefix} ...`{deleted}."
        )
    stays += map(str, elsewhere)
    if stays:
        yield f"No operation deletes what is created by {', '.join(stays)}: it stays."
    locked = [str(one) for one in creators if str(one) not in stays and _is_locked(ledger, settings, one)]
    if locked:
        yield f"Nobody is named who may delete what is created by {', '.join(locked)}: it stays. Add --user."
    if settings.allow_destructive:
        yield "Documents that were there before may be changed or deleted, as --allow-destructive says."
        return
    yield "Documents that were there before are neither changed nor deleted."
    left_out = [one for one in operations if one.method not in SAFE and guard.forbids(one)]
    if left_out:
        listed = ", ".join(f"{one} ({one.id})" for one in left_out)
        yield (
            f"Left out, for they may change what was there before: {listed}. "
            "--allow-destructive, or --operation ID, lets them be tried."
        )


def _makes(contract: Contract, operation: Operation) -> bool:
    return creates(contract, operation) or creates_many(contract, operation) or may_create_by_path(operation)


def _is_locked(ledger: Ledger, settings: Settings, creator: Operation) -> bool:
    """Whether a document can be created with the credentials that there are, and not be deleted."""
    deletion = ledger.deleter(_example(ledger, creator))
    is_signed_in = settings.login is not None or settings.owned or bool(settings.headers)
    return (
        deletion is not None and not is_signed_in
        and _may_call(settings, creator) and not _may_call(settings, deletion.operation)
    )  # fmt: skip


def _may_call(settings: Settings, operation: Operation) -> bool:
    held = [set(one.credentials) for one in settings.users] or [set[str]()]
    return not operation.security or any(keys.issuperset(one) for one in operation.security for keys in held)


def _example(ledger: Ledger, operation: Operation) -> Created:
    """A document as the operation would create it."""
    parents = {name: name for name, _, _ in ledger.kinds.named(operation, {})}
    is_of_several = creates_many(ledger.contract, operation)
    kind = ledger.kinds.of_children(operation) if is_of_several else ledger.kinds.made_by(operation)
    return Created(kind or "", "example", None, parents, operation)
