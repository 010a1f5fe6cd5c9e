"""How an automatic operation answers: with the documents that it made, found or changed, as is declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from urllib.parse import quote

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.contract.json_type import JSON
from specdouble.double.answers.completion import with_value_at
from specdouble.double.answers.envelope import Envelope
from specdouble.double.answers.listing import Listing, Page
from specdouble.double.answers.paging import PageHeaders
from specdouble.double.answers.preconditions import Preconditions
from specdouble.double.answers.samples.sample import sampled
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.answers.samples.unshown import Unshown
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem

Result = tuple[JSON, int, dict[str, str]]
_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Answer:
    """The success of an operation.

    Args:
        contract: the contract.
        operation: the operation.
        action: what it does.
        preconditions: tell the versions of documents.
        sampler: makes what stands around them.
    """

    def __init__(
        self, contract: Contract, operation: Operation, action: Action, preconditions: Preconditions, sampler: Sampler
    ) -> None:
        self._contract, self._operation, self._action, self._sampler = contract, operation, action, sampler
        self._resource: Resource = contract.resources[action.collection]
        self._preconditions = preconditions
        many = action.does == "list" or action.in_array
        self._envelope = Envelope(contract, operation, self._resource, action.envelope, sampler, many)
        # How the query asks for a page: it has no more than the answer may show.
        self.listing = Listing.of(contract, operation, self._resource, self._envelope.most)
        response = operation.response(operation.success)
        self._media = response.media() if response else None
        self._unshown = Unshown(contract, self._media.schema if self._media else None)
        self._page_headers = PageHeaders(contract, response, operation.listed) if many and response else None

    def of_new(self, documents: Sequence[Document], headers: dict[str, str]) -> Result:
        """The answer that shows what was made."""
        return self._body_with(documents), self._operation.success, headers

    def of_put(self, document: Document) -> Result:
        """The answer that shows what a PUT has made: with 201, where that is declared (RFC 9110, 9.3.4)."""
        status = 201 if "201" in self._operation.responses else self._operation.success
        return self._body_with([document]), status, {}

    def of_page(self, page: Page) -> Result:
        """The answer that shows a page of documents."""
        if len(page.documents) < self._envelope.least:
            return self._without_list(len(page.documents))
        headers = self._page_headers.of(page) if self._page_headers else {}
        return self._envelope.body({}, page=page), self._operation.success, headers

    def of_none(self) -> Result:
        """The answer that shows no document."""
        return self._envelope.body({}), self._operation.success, {}

    def _without_list(self, found: int) -> Result:
        """The answer where fewer documents are found than the list must show: none is made up."""
        if "204" in self._operation.responses:
            return None, 204, {}
        least, name = self._envelope.least, self._resource.collection
        detail = f"the list must show {least} (`minItems`), and {name} has {found} that the request asks for"
        if self._operation.response(404) is not None:
            raise Problem(404, None, detail)
        raise Problem(501, "Not Implemented", f"{detail}: declare a 204 or 404 for that, or leave `minItems` out")

    def of_known(self, document: Document | None) -> Result:
        """The answer that shows what was there before.

        Raises:
            Problem: 404, it is no longer.
        """
        if document is None:
            raise self.missing({})
        body = None if self._is_silent else self._body_with([document])
        return body, self._status_of_known, self._preconditions.headers(document)

    @cached_property
    def _status_of_known(self) -> int:
        """The status of a success about what was there before: 201 says that something is new (RFC 9110, 15.3.2)."""
        others = [number for number in self._operation.numbers if 200 <= number < 300 and number != 201]
        return min(others, default=self._operation.success)

    @cached_property
    def _is_silent(self) -> bool:
        """Whether that success has no body, though the one of something new may have one."""
        status = self._status_of_known
        return status != self._operation.success and not self._operation.responses[str(status)].content

    def _body_with(self, documents: Sequence[Document]) -> JSON:
        """The success's body, which shows one document, or all in an array."""
        if self._action.in_array:
            return self._envelope.body({}, page=self.listing.whole([*documents]))
        return self._envelope.body(next(iter(documents), {}))

    @cached_property
    def _sample(self) -> Callable[..., Result]:
        """What the answer to a part shows beside the entry."""
        return sampled(self._contract, self._operation, self._sampler)

    def of_entry(self, entry: JSON, shown_at: tuple[str, ...] | None) -> Result:
        """The answer that shows an entry of the document, in that place of the body, and not the whole."""
        sample, _, headers = self._sample()
        body = with_value_at(sample, shown_at, entry) if shown_at and isinstance(sample, dict) else entry
        body, slot = self._unshown.without(body), self._media.slot if self._media else None
        fits = slot is None or self._contract.schemas.is_valid(slot, body)
        return body if fits else sample, self._operation.success, headers

    def missing(self, filter: Document) -> Problem:
        """The refusal of a request whose document is not there."""
        wanted = ", ".join(map(str, filter.values()))
        return Problem(404, None, f"{self._resource.collection} has no such document {wanted}".rstrip())

    def location(self, document: Document, values: Document) -> dict[str, str]:
        """Where the document can be read, as far as this request knows all that its path asks for."""
        for operation_id, action in self._contract.actions_of.get(self._resource.collection, ()):
            if action.does != "read" or action.id is None:
                continue
            known = {**values, action.id: document.get(self._resource.id)}
            path = self._contract.operations[operation_id].path
            if all(known.get(name) is not None for name in _PARAMETER.findall(path)):
                return {"Location": _filled(path, known)}
        return {}


def _filled(template: str, values: Document) -> str:
    return _PARAMETER.sub(lambda match: quote(str(values[match[1]]), safe=""), template)
