"""The body around a document or a list of them, as the operation's success declares it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.double.answers.listing import Page, plain
from specdouble.double.answers.samples.merged import merged
from specdouble.double.answers.samples.sample import body_of
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError

Document = dict[str, Any]
_TOTALS = {"total", "totalcount", "count", "totalitems", "totalresults", "totalelements", "size", "totalrecords"}
_LIMITS = {"limit", "perpage", "pagesize", "itemsperpage", "maxresults"}
_OFFSETS = {"offset", "skip", "start", "startindex"}
_PAGES = {"page", "currentpage", "pagenumber", "pageindex"}
_LAST = {"pages", "totalpages", "lastpage", "pagecount"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "more", "truncated", "istruncated"}
_NEXT = {"nextcursor", "nextpagetoken", "nexttoken", "cursor", "next"}
_GOOD = {"success", "ok", "succeeded"}
_BAD = {"error", "errors", "errorcode", "errormessage", "warnings"}


class Envelope:
    """Puts documents into the body of an operation's success.

    Args:
        contract: the contract.
        operation: the operation.
        resource: what its documents are.
        path: the property names that lead to the document or the array of them.
        sampler: makes what stands around them.
        many: whether it is an array.

    `least` and `most` tell how many documents the array must and may have.
    """

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        resource: Resource,
        path: tuple[str, ...],
        sampler: Sampler,
        many: bool = False,
    ) -> None:
        self._contract = contract
        self._sampler = sampler
        self._path = path
        self._key = operation.id
        self._id = resource.id
        response = operation.response(operation.success)
        self._media = response.media() if response else None
        self._template: Any = None
        schema = self._schema_at(path) if self._media else None
        if many:
            schema = contract.item(schema)
        self._same = schema is resource.schema or _has_alternative(contract, schema, resource.schema)
        names = contract.properties(schema) if schema is not None else {}
        is_single = bool(resource.single) and not names.keys().isdisjoint(resource.properties)
        self.shows = self._media is not None and (self._same or resource.id in names or many or is_single)
        self._names = None if self._same or not names else frozenset(names)
        # A password is sent, and never shown.
        self._unshown = {name for name, part in resource.properties.items() if part.get("writeOnly") is True}
        # The id of documents that have none of their own stays inside, and what is read without it is shown without.
        self._hides_id = resource.id not in resource.properties or (bool(names) and resource.id not in names)
        self.least, self.most = self._bounds() if many else (0, None)

    def body(self, document: Document, *, page: Page | None = None) -> Any:
        """The body that shows the document, or the page of documents; None where the success has no body."""
        if self._media is None:
            return None
        if page is not None:
            shown: Any = [self._shown(one) for one in page.documents]
        elif self.shows:
            shown = self._shown(document)
        else:
            return self._overlaid(document)
        whole = self._around(shown, page) if self._path else shown
        # Nearly always it conforms; what is stored may be shut out by a schema of this operation's own.
        return self._conforming(whole, document)

    def _shown(self, document: Document) -> Document:
        if self._hides_id:
            document.pop(self._id, None)
        for name in self._unshown:
            document.pop(name, None)
        return document if self._names is None else {name: document[name] for name in document if name in self._names}

    def _around(self, shown: Any, page: Page | None) -> Any:
        whole = holder = deepcopy(self._sampled())
        _tell(whole, page)
        for name in self._path[:-1]:
            holder[name] = holder.get(name) if isinstance(holder.get(name), dict) else {}
            holder = holder[name]
        holder[self._path[-1]] = shown
        return whole

    def _sampled(self) -> Any:
        if self._template is None:
            assert self._media is not None
            try:
                made = self._sampler.made(self._media.slot, self._key) if self._media.slot else {}
            except UnsatisfiableError:
                made = {}
            self._template = made if isinstance(made, dict) else {}
        return self._template

    def _overlaid(self, document: Document) -> Any:
        """A sample of the success, with what it shares with the document."""
        assert self._media is not None
        if self._media.slot is None or "json" not in self._media.type:
            return body_of(self._media, self._sampler, self._key)
        sample = self._sampler.sample(self._media.slot, self._key, self._media.examples.values())
        if not isinstance(sample, dict):
            return sample
        both = {**sample, **{name: document[name] for name in sample if name in document}}
        return both if self._contract.schemas.is_valid(self._media.slot, both) else sample

    def _conforming(self, whole: Any, document: Document) -> Any:
        assert self._media is not None
        if self._media.slot is None or self._contract.schemas.is_valid(self._media.slot, whole):
            return whole
        return self._sampler.repaired(self._media.slot, whole, f"{self._key} {document.get(self._id)}")

    def _bounds(self) -> tuple[int, int | None]:
        """How many documents the array must and may have."""
        if self._media is None or self._media.slot is None:
            return 0, None
        schemas = self._contract.schemas
        whole = merged(schemas.translated(self._media.slot), schemas.definition)
        for name in self._path:
            whole = merged((whole.get("properties") or {}).get(name), schemas.definition)
        return int(whole.get("minItems", 0)), int(whole["maxItems"]) if "maxItems" in whole else None

    def _schema_at(self, path: tuple[str, ...]) -> Any:
        assert self._media is not None
        schema = self._contract.resolve(self._media.schema)
        for name in path:
            schema = self._contract.resolve(self._contract.properties(schema).get(name))
        return schema


def _has_alternative(contract: Contract, schema: Any, wanted: Any) -> bool:
    """Whether `anyOf: [X, DeletedX]` has the wanted schema among its own."""
    options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())] if isinstance(schema, dict) else []
    return any(contract.resolve(option) is wanted for option in options)


def _tell(holder: Any, page: Page | None) -> None:
    """Set what stands beside the documents: that all is well, and where in the list one is."""
    told = _of_page(page) if page else {}
    for part in holder.values():
        if isinstance(part, dict):
            _tell(part, page)
    for name, value in list(holder.items()):
        key = plain(name)
        if key in _GOOD and isinstance(value, bool):
            holder[name] = True
        elif key in _BAD:
            holder[name] = [] if isinstance(value, list) else None if value is None else value
        elif key in told and (type(value) is type(told[key]) or value is None):
            holder[name] = told[key]


def _of_page(page: Page) -> dict[str, Any]:
    limit = page.limit or max(1, page.total)
    last = page.documents[-1] if page.documents and page.more else {}
    told: dict[str, Any] = {}
    values: tuple[tuple[set[str], Callable[[], Any]], ...] = (
        (_TOTALS, lambda: page.total),
        (_LIMITS, lambda: limit),
        (_OFFSETS, lambda: page.start),
        (_PAGES, lambda: page.number),
        (_LAST, lambda: -(-page.total // limit)),
        (_MORE, lambda: page.more),
        (_NEXT, lambda: str(next(iter(last.values()), ""))),
    )
    for names, value in values:
        told.update(dict.fromkeys(names, value()))
    return told
