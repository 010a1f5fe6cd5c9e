"""Which rules and checks may kill which faults: a mutant that dies by another died by accident."""

from __future__ import annotations

from fnmatch import fnmatchcase

# The fault, and what fits it; `{target}` is the mutant's, up to its first `=`.
FITTING: dict[str, tuple[str, ...]] = {
    "unique.*": ("unique:{target}",),
    "references.checked-after-the-write": ("references:{target}", "refused_leaves_no_trace"),
    "references.*": ("references:{target}",),
    "owner.*": ("owner:*",),
    "tenant.open-to-all": ("owner:*", "tenant:*"),
    "tenant.*": ("tenant:*",),
    "default.applied-on-update": ("partial_update", "default:{target}"),
    "default.*": ("default:{target}",),
    "readOnly.from-client-on-create": ("readOnly:{target}", "timestamp:{target}", "read_your_writes"),
    "readOnly.*": ("readOnly:{target}", "timestamp:{target}", "owner:{target}", "tenant:{target}"),
    "immutable.*": ("immutable:{target}",),
    "roles.*": ("roles:{target}",),
    "transitions.*": ("transitions:{target}",),
    "timestamp.moved-by-refused": ("refused_leaves_no_trace",),
    "timestamp.moved-by-read": ("read_changes_nothing", "timestamp:{target}"),
    "timestamp.without-zone": ("timestamp:{target}", "conformance"),
    "timestamp.date-alone": ("timestamp:{target}", "conformance"),
    "timestamp.*": ("timestamp:{target}",),
    "value.empty-is-null": ("read_your_writes", "conformance"),
    "value.cut": ("read_your_writes", "partial_update", "boundaries"),
    "value.*": ("read_your_writes", "partial_update", "default:{target}", "readOnly:*", "custom:*"),
    "write.update-wipes-others": ("partial_update",),
    "write.update-not-stored": ("read_your_writes", "partial_update"),
    "write.empty-update-wipes": ("partial_update",),
    "write.create-refused-by-chance": ("conformance",),
    "write.delete-*": ("read_your_writes", "references:*", "unique:*", "conformance"),
    "write.*": ("read_your_writes",),
    "trace.*": ("refused_leaves_no_trace",),
    "read.some-other": ("unknown_documents", "deletion"),
    "read.another": ("read_your_writes", "readOnly:*", "distinct_ids"),
    "list.*": ("read_your_writes",),
    "response.problem-lies": ("error_shape", "header_fields"),
    "response.error-shape": ("error_shape", "unknown_documents"),
    "response.error-says-200": (
        "error_shape",
        "deletion",
        "conformance",
        "authentication",
        "owner:*",
        "tenant:*",
        "unknown_documents",
    ),
    "response.undocumented-status": ("conformance", "error_shape", "authentication", "unknown_documents"),
    "response.property-missing": ("conformance", "read_your_writes", "could not run"),
    "response.wrong-type": ("conformance", "could not run"),
    "response.content-type": ("conformance", "could not run"),
    "response.null": ("conformance", "could not run"),
    "response.*": ("conformance",),
    "request.m*-off-by-one": ("boundaries", "conformance", "refused_leaves_no_trace"),
    "request.m*-refused": ("boundaries", "conformance", "read_your_writes", "partial_update"),
    "request.unknown-*": ("unknown_properties", "conformance"),
    "request.*": ("conformance", "refused_leaves_no_trace", "boundaries"),
    "crash.*": ("conformance", "read_your_writes", "boundaries", "unique:*"),
    "authentication.*": ("authentication",),
    # Where the change may create as well, what shows is that rooms of the document before stand below the new one.
    "deletion.still-changed": ("deletion", "read_your_writes", "nesting"),
    "deletion.*": ("deletion", "read_your_writes"),
    "patch.*": ("partial_update", "read_your_writes"),
    "replacement.*": ("replacement",),
    "concurrency.*": ("concurrency",),
    "programs.*": ("programs",),
    "ids.*": ("distinct_ids", "read_your_writes"),
    "nesting.open-below": ("owner:*", "tenant:*"),
    "nesting.*": ("nesting", "deletion"),
    "paging.*": ("paging",),
    "filtering.*": ("filtering",),
    "header.key-*": ("idempotency",),
    "header.*": ("header_fields",),
    "custom.*": ("custom:*", "owner:*"),
}


def fits(id: str, killed_by: tuple[str, ...]) -> bool:
    """Whether one of the rules and checks that killed the mutant speaks of its fault."""
    kind, _, target = id.partition(":")
    if kind == "custom":
        kind = "custom.own"
    patterns = next(found for pattern, found in FITTING.items() if fnmatchcase(kind, pattern))
    wanted = [pattern.replace("{target}", target.partition("=")[0]) for pattern in patterns]
    return any(fnmatchcase(check, pattern) for check in killed_by for pattern in wanted)
