"""A supposition: the contract as it would be if hypotheses were true, and the overlay that says so."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from specdouble.contract import Contract, Refused, Rule, read
from specdouble.contract.pointer import is_index, is_prefix, look_up, member, pointer, tokens
from specdouble.discover.hypothesis import Hypothesis

VERSION = "1.1.0"  # of the Overlay specification


def suppose(contract: Contract, hypotheses: Sequence[Hypothesis], allow_refs: Iterable[Path] = ()) -> Contract:
    """The contract with the annotations of the hypotheses laid over it.

    Raises:
        Refused: one of them cannot be laid over it, or means nothing where it would stand.
    """
    if not hypotheses:
        return contract
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "supposed.overlay.yaml"
        file.write_text(overlay_text(contract.title, hypotheses), "utf-8")
        return read(contract.path, allow_refs, [*contract.overlays, file])


def supposable(
    contract: Contract, believed: Sequence[Hypothesis], wanted: Sequence[Hypothesis], allow_refs: Iterable[Path] = ()
) -> tuple[list[Hypothesis], dict[Hypothesis, str]]:
    """Those hypotheses that can be laid over the contract beside others, and why the rest cannot.

    Args:
        contract: the contract.
        believed: what is laid over it already.
        wanted: what shall be laid over it.
        allow_refs: the folders that its references may lead to.
    """
    unknown = {one: "the words say that there is such a rule, and not which" for one in wanted if one.is_open}
    if unknown:
        good, bad = supposable(contract, believed, [one for one in wanted if one not in unknown], allow_refs)
        return good, unknown | bad
    try:
        suppose(contract, [*believed, *wanted], allow_refs)
    except Refused as error:
        if len(wanted) == 1:
            return [], {wanted[0]: error.findings[0].reason}
        middle = len(wanted) // 2
        good, bad = supposable(contract, believed, wanted[:middle], allow_refs)
        more, worse = supposable(contract, [*believed, *good], wanted[middle:], allow_refs)
        return [*good, *more], bad | worse
    return list(wanted), {}


def rules_by(contract: Contract, hypothesis: Hypothesis) -> list[Rule]:
    """The rules of a supposed contract that say what the hypothesis says."""
    at = hypothesis.pointer + pointer(hypothesis.keyword)
    if hypothesis.keyword == "x-resource":  # each of its keys is a rule of its own
        keys = {at + pointer(key) for key in hypothesis.value}
        return [rule for rule in contract.rules.values() if rule.pointer in keys]
    found = [rule for rule in contract.rules.values() if is_prefix(at, rule.pointer)]
    if hypothesis.is_one_of_several:  # what others say in the same list is theirs
        return [one for one in found if look_up(contract.data, one.pointer) in hypothesis.value]
    return found


def is_stated(contract: Contract, hypothesis: Hypothesis) -> bool:
    """Whether the contract has such an annotation there, whatever that says: its lists would be joined to these."""
    if not hypothesis.keyword.startswith("x-"):
        return False
    try:
        stated = look_up(contract.data, hypothesis.pointer + pointer(hypothesis.keyword))
    except LookupError:
        return False
    if isinstance(hypothesis.value, list) or hypothesis.keyword == "x-resource":  # several stand in one
        return isinstance(stated, list | dict) and all(one in stated for one in hypothesis.value)
    return True


def overlay_text(title: str, hypotheses: Iterable[Hypothesis], comments: Any = None) -> str:
    """An overlay in YAML with an action for each hypothesis.

    Args:
        title: of the contract.
        hypotheses: what it shall say.
        comments: called with a hypothesis, gives the lines of the comment before its action.
    """
    head = {"overlay": VERSION, "info": {"title": f"Rules of {title}", "version": "1.0.0"}}
    lines = [yaml.safe_dump(head, sort_keys=False, allow_unicode=True).rstrip(), "actions:"]
    for one in hypotheses:
        lines += [f"  # {line}".rstrip() for line in (comments(one) if comments else ())]
        lines.append(f"  - target: {json.dumps(_path(one.pointer), ensure_ascii=False)}")
        update = yaml.safe_dump({one.keyword: one.value}, default_flow_style=True, allow_unicode=True, width=10**6)
        lines.append(f"    update: {update.strip()}")
    return "\n".join(lines) + "\n"


def _path(at: str) -> str:
    """The normalized JSONPath of what a pointer names (RFC 9535, 2.7)."""
    return "$" + "".join(f"[{int(part)}]" if is_index(part) and _in_list(at) else member(part) for part in tokens(at))


def _in_list(at: str) -> bool:
    return any(f"/{word}/" in at for word in ("allOf", "anyOf", "oneOf", "parameters"))
