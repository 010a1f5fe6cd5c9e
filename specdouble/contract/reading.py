"""How a contract is read: its file and what lies beside it, then what that means, then what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from specdouble.contract.action import read_actions
from specdouble.contract.annotation import names_a_collection, read_identities, read_resources, read_rules
from specdouble.contract.beside import Beside, beside
from specdouble.contract.colon_paths import read_colon_paths
from specdouble.contract.completion import completed
from specdouble.contract.contract import Contract
from specdouble.contract.document import Document, read_document
from specdouble.contract.finding import ContractError, Finding, in_order
from specdouble.contract.foreign import read_foreign
from specdouble.contract.inference import infer
from specdouble.contract.kind import Reading
from specdouble.contract.lint import lint
from specdouble.contract.named_rules import lay_rules
from specdouble.contract.operation import Operation, Reader, read_operations
from specdouble.contract.overlay import lay_over
from specdouble.contract.references import bring_references_inside
from specdouble.contract.reserved import reserved_names
from specdouble.contract.resource import Resource
from specdouble.contract.rule import CollectionRule, Rule
from specdouble.contract.schema import Schemas
from specdouble.contract.seeded import read_seeded
from specdouble.contract.settings import Settings, read_settings
from specdouble.contract.shape import bring_into_shape
from specdouble.contract.silence import without_silenced
from specdouble.contract.structure import note_structure_errors, structure_errors
from specdouble.contract.swagger import SwaggerReader

# The findings with which a part of the contract is lost that nothing can stand for.
_LOSING = {"annotation", "overlay", "ref", "ref-outside", "ref-network"}


def read(
    path: Path, allow_refs: Iterable[Path] = (), overlays: Sequence[Path] = (), without: Collection[Path] = ()
) -> Contract:
    """Read a contract from its file, or the folder that holds it.

    Args:
        path: the file, or its folder.
        allow_refs: the folders outside of the contract's own that references may lead to.
        overlays: what is laid over it; without them, what the project's settings name, else what lies beside it.
        without: what lies beside it, and is not laid over it all the same.

    Raises:
        ContractError: with every finding, when one of them keeps the contract from being used: it cannot be read at
            all, or an annotation of ours in it cannot be kept. Whatever else is wrong is left out and told.
    """
    document = read_document(path)
    settings = read_settings(document.source.path.parent)
    laid = beside(document, overlays or settings.overlays, without)
    _make_readable(document, settings, laid, allow_refs)

    schemas = Schemas(document)
    operations = read_operations(document, schemas, SwaggerReader if "swagger" in document.data else Reader)
    told_resources = read_resources(document)
    told_resources.update(read_seeded(document, told_resources))
    identities = read_identities(document)
    told_actions = read_actions(document, operations, told_resources)
    tells_callers = bool(identities)
    resources, actions = infer(document, operations, told_resources, told_actions, tells_callers=tells_callers)
    rules = read_rules(Reading(document, operations, resources, actions, identities))
    resources = _with_rules(resources, rules)
    for resource in resources.values():
        schemas.slot(resource.schema, "response")  # before the first check, that it may stay the only compilation
    operations = completed(operations, actions, rules)

    told_resources = {name: resources[name] for name in told_resources}
    lint(document, schemas, operations, told_resources, identities, told_actions, rules, actions)
    _settle_findings(document, settings, is_annotated=bool(told_resources or identities), rules=rules)
    return Contract(
        path=document.source.path,
        data=document.data,
        schemas=schemas,
        operations={operation.id: operation for operation in operations},
        resources=resources,
        identities=identities,
        actions=actions,
        rules={rule.id: rule for rule in rules},
        findings=tuple(in_order(document.findings)),
        reserved=reserved_names(document, _kept(operations, resources), _sent_examples(operations)),
        overlays=laid.files,
        document=document,
    )


def _make_readable(document: Document, settings: Settings, laid: Beside, allow_refs: Iterable[Path]) -> None:
    """Bring all files into one document, in the words and the shape that operations and rules are read in."""
    _make_whole(document, laid, allow_refs)
    read_colon_paths(document)
    if settings.foreign:
        read_foreign(document)
    note_structure_errors(document, structure_errors(document), bring_into_shape(document))


def _settle_findings(document: Document, settings: Settings, *, is_annotated: bool, rules: Iterable[Rule]) -> None:
    """Decide which findings are errors, and leave out those that the settings silence.

    Raises:
        ContractError: one of them keeps the contract from being used.
    """
    is_ours = is_annotated or any(_is_ours(rule, document) for rule in rules)
    if not is_ours and not names_a_collection(document):
        _only_warn(document)
    _stop_where_a_part_is_lost(document)
    document.findings = [*without_silenced(document, settings.ignored), *settings.findings]


def merged(path: Path, allow_refs: Iterable[Path] = (), overlays: Sequence[Path] = ()) -> dict[str, Any]:
    """A contract with all that stands in other files, each part as it was written: also what is no use to a reader.

    Args:
        path: the file, or its folder.
        allow_refs: the folders outside of the contract's own that references may lead to.
        overlays: what is laid over it, as for `read`.

    Raises:
        ContractError: it is none.
    """
    document = read_document(path)
    laid = beside(document, overlays or read_settings(document.source.path.parent).overlays)
    _make_whole(document, laid, allow_refs)
    return document.data


def _make_whole(document: Document, laid: Beside, allow_refs: Iterable[Path]) -> None:
    """Bring into the document what stands in other files: overlays, what references lead to, rules."""
    lay_over(document, laid.overlays)
    bring_references_inside(document, list(allow_refs))
    lay_rules(document, laid.rules)


def _with_rules(resources: Mapping[str, Resource], rules: list[Rule]) -> dict[str, Resource]:
    """The resources with the rules about them, after what was guessed of them."""
    about = {name: {rule.id: rule for rule in resource.rules} for name, resource in resources.items()}
    for rule in rules:
        if isinstance(rule, CollectionRule):
            about[rule.collection][rule.id] = rule
    return {name: replace(resource, rules=tuple(about[name].values())) for name, resource in resources.items()}


def _is_ours(rule: Rule, document: Document) -> bool:
    """Whether an annotation of ours says the rule: neither OpenAPI itself nor an annotation of others'."""
    return not rule.native and rule.pointer not in document.foreign


def _kept(operations: list[Operation], resources: Mapping[str, Resource]) -> Iterator[Any]:
    """The schemas of what comes in and is stored."""
    yield from (resource.schema for resource in resources.values())
    for operation in operations:
        if operation.body:
            yield from (media.schema for media in operation.body.content.values())


def _sent_examples(operations: list[Operation]) -> Iterator[Any]:
    """The examples of what comes in."""
    for operation in operations:
        if operation.body:
            for media in operation.body.content.values():
                yield from media.examples.values()


def _only_warn(document: Document) -> None:
    """Where no annotation can be meant as ours, all are another tool's: told once for each kind, and let be."""
    counts = Counter(finding.reason for finding in document.findings if finding.id == "annotation")
    kept: list[Finding] = []
    for finding in document.findings:
        if finding.id != "annotation":
            kept.append(finding)
        elif finding.reason in counts:
            others = counts.pop(finding.reason) - 1
            reason = finding.reason + (f" (and in {others} other places)" if others else "")
            remedy = "let it be if it is another tool's; else " + finding.remedy
            kept.append(replace(finding, reason=reason, remedy=remedy, severity="warning"))
    document.findings = kept


def _stop_where_a_part_is_lost(document: Document) -> None:
    """A double that leaves a rule out, or an operation that a reference stands for, would be another API.

    Without a schema that is defined nowhere it is the same one: what the contract does not say is not held to anything.
    """
    losing = [one for one in in_order(document.findings) if one.severity == "error" and one.id in _LOSING]
    if losing:
        raise ContractError(losing, [one for one in in_order(document.findings) if one not in losing])
