"""What Schemathesis complains of, and whether the contract has anything against it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from schemathesis import Response
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from specdouble.contract import JSON_PATCH, Media, Operation, Parameter
from specdouble.contract.media_type import essence, is_file
from specdouble.verify import form
from specdouble.verify.conformance.knowledge import Knowledge, exchange_of
from specdouble.verify.conformance.path_values import meant
from specdouble.verify.exchange import Call
from specdouble.verify.judge import HTML, NOT_IMPLEMENTED, WITHOUT_CONTENT, declared_media, fits
from specdouble.verify.preconditions import OF_CHANGES
from specdouble.verify.refusal import GONE, tells_of_another, tells_of_none
from specdouble.verify.session import Session
from specdouble.verify.values import kind, merged

TURNED_AWAY = (429, 502, 503, 504)
CONDITION_ASKED_FOR = 428
UNFIT = (400, 422)
# What is said of a message that is too long before anybody reads what it asks (RFC 9110, 15.5.15; RFC 6585, 5).
TOO_LONG = (414, 431)
_MORE = re.compile(r"Invalid component: in (query|header|cookie) - violates `additionalProperties`\.?$")
FORMS = (form.URLENCODED, form.MULTIPART)
_HELD = {  # where a generated request has the parameters of a place
    ParameterLocation.PATH: "path_parameters", ParameterLocation.QUERY: "query",
    ParameterLocation.HEADER: "headers", ParameterLocation.COOKIE: "cookies",
}  # fmt: skip


class Complaint(NamedTuple):
    """What a check of Schemathesis' says of an answer.

    Args:
        case: the request that was generated.
        response: the answer.
        failure: what is said to be wrong.
    """

    case: Any
    response: Response
    failure: Failure

    @property
    def kind(self) -> str:
        """What sort of failure it is said to be, as Schemathesis calls it."""
        return type(self.failure).__name__


class Complaints:
    """Tells true complaints from those that the contract knows nothing of.

    Args:
        session: the server.
        knowledge: what is known of the requests that were sent.
        by_label: the operations, as Schemathesis calls them.
        troubles: where is noted what answered in the server's place.
    """

    def __init__(
        self, session: Session, knowledge: Knowledge, by_label: Mapping[str, Operation], troubles: list[str]
    ) -> None:
        self.session, self.contract, self.knowledge = session, session.contract, knowledge
        self.by_label, self.troubles = by_label, troubles
        self._excuses = (
            # It was not the operation that answered. These stand first: an answer of something else says nothing more.
            self._is_trouble,
            self._was_too_long,
            self._was_turned_away,
            self._led_elsewhere,
            _names_another_path,
            # What was meant to be wrong is right as it arrives.
            self._fits_as_it_arrives,
            self._was_lost,
            _is_only_more_than_declared,
            # The answer is as the contract declares it.
            self._is_a_file,
            self._is_declared_by_a_rule,
            self._fits_its_schema,
            _is_not_implemented,
            _names_what_was_deleted,
            _has_no_body,
            _is_gone_by_then,
            # There was a reason to refuse what fits its schema.
            self._is_without_baseline,
            self._cannot_be_applied,
            self._breaks_a_rule,
            _asks_for_a_condition,
            self._was_taken,
            self._named_none,
            self._may_name_none,
        )

    def is_true(self, one: Complaint) -> bool:
        """Whether nothing excuses the server."""
        return not any(excuses(one) for excuses in self._excuses)

    def _operation(self, one: Complaint) -> Operation | None:
        return self.by_label.get(one.case.operation.label)

    def _is_trouble(self, one: Complaint) -> bool:
        """Whether an answer is a proxy's or a limit's, not the server's own."""
        operation = self._operation(one)
        declared = operation.statuses if operation else frozenset()
        if one.response.status_code in TURNED_AWAY and str(one.response.status_code) not in declared:
            self.troubles.append(f"{operation} answered {one.response.status_code}")
            return True
        sent_as = _type_of(one.response)
        types = {media for each in operation.responses.values() for media in each.content} if operation else set()
        own = self.session.pages.is_own(one.response.status_code, operation.id if operation else "")
        if sent_as in HTML and not types.intersection(HTML) and one.response.status_code != 500 and not own:
            self.troubles.append(f"{operation} answered HTML ({one.response.status_code})")
            return True
        return False

    def _is_a_file(self, one: Complaint) -> bool:
        """Whether a body is read as what its media type says, where the contract declares a file."""
        operation = self._operation(one)
        answered = operation.response(one.response.status_code) if operation else None
        if answered is None or one.kind not in ("JsonSchemaError", "ContentDeserializationError"):
            return False
        media = declared_media(answered, _type_of(one.response))
        return media is not None and is_file(self.contract.described(media.schema))

    def _fits_its_schema(self, one: Complaint) -> bool:
        """Whether an answer is said to break its schema, which it fits as everything else here reads the contract.

        Schemathesis takes `\\p{L}` for Latin letters, and knows no discriminator.
        """
        operation = self._operation(one)
        if operation is None or one.kind != "JsonSchemaError":
            return False
        return fits(self.contract, exchange_of(Call(operation), one.response))

    def _is_without_baseline(self, one: Complaint) -> bool:
        """Whether a request is said to be wrongly refused of an operation that takes none that is known."""
        operation = self._operation(one)
        if operation is None or one.kind != "RejectedPositiveData":
            return False
        return self.session.baselines.missing((operation.id,)) is not None

    def _is_declared_by_a_rule(self, one: Complaint) -> bool:
        """Whether a status that the operation does not declare itself is one that a rule adds to it."""
        operation = self._operation(one)
        if operation is None or one.kind != "UndefinedStatusCode":
            return False
        return str(one.response.status_code) in operation.statuses

    def _was_too_long(self, one: Complaint) -> bool:
        """Whether a request was refused for its length, and not by the operation."""
        operation = self._operation(one)
        declared = operation.statuses if operation else frozenset()
        return one.response.status_code in TOO_LONG and str(one.response.status_code) not in declared

    def _was_turned_away(self, one: Complaint) -> bool:
        """Whether a request that a check sent of itself met a limit or a proxy."""
        met = re.search(r"got `(429|502|503|504) ", one.failure.message)
        if met:
            self.troubles.append(f"{one.case.operation.label} answered {met[1]}")
        return met is not None

    def _led_elsewhere(self, one: Complaint) -> bool:
        """Whether what is not there is not what a link led to: another path names it, or the body alone.

        Nor is the one thing below a new document (`/users/7/address`) there before somebody has put it there.
        """
        to_another = one.case.id in self.knowledge.renamed or not one.case.path_parameters
        operation = self._operation(one)
        action = self.contract.actions.get(operation.id) if operation is not None else None
        is_single = action is not None and self.contract.resources[action.collection].single != ""
        return (to_another or is_single) and one.kind == "EnsureResourceAvailability"

    def _fits_as_it_arrives(self, one: Complaint) -> bool:
        """Whether each part of a request that is said to be wrong is right on its way, as the contract is read here."""
        operation = self._operation(one)
        if operation is None or one.kind != "AcceptedNegativeData" or one.case.meta is None:
            return False
        parts = one.case.meta.components.items()
        wrong = [where for where, part in parts if part.mode == GenerationMode.NEGATIVE]
        return bool(wrong) and all(self._is_right(operation, one, where) for where in wrong)

    def _is_right(self, operation: Operation, one: Complaint, where: ParameterLocation) -> bool:
        if where == ParameterLocation.BODY:
            return self._is_right_body(operation, one)
        sent = getattr(one.case, _HELD.get(where, ""), None) or {}
        declared = [each for each in operation.parameters if each.location == where.value]
        return bool(declared) and all(self._arrives(each, sent) for each in declared)

    def _is_right_body(self, operation: Operation, one: Complaint) -> bool:
        sent = _body_of(one.response)
        if not sent and form.may_be_none(operation):  # a form without fields is no body on its way
            return True
        media = operation.body.content.get(one.case.media_type) if operation.body else None
        if media is None or media.slot is None:
            return False
        if essence(media.type) in FORMS:  # there each value is a text, or several of them
            return any(self._fitting(media, one))
        value = _value_of(sent) if media.is_json else ...
        return value is not ... and self.contract.schemas.is_valid(media.slot, value)

    def _arrives(self, parameter: Parameter, sent: Mapping[str, Any]) -> bool:
        """Whether a parameter is right as it arrives: `0%40a.io` is read as `0@a.io` (RFC 3986, 2.1)."""
        if parameter.name not in sent:
            return not parameter.required
        schema, value = merged(parameter.schema, self.contract.resolve), sent[parameter.name]
        if not form.is_of_texts(schema) or kind(schema) == "array" or isinstance(value, list | dict):
            return False
        text = unquote(str(value)) if parameter.location == "path" else form.as_text(value)
        return self.session.bodies.property_fits(parameter.schema, form.as_read(schema, [str(text)]))

    def _was_lost(self, one: Complaint) -> bool:
        """Whether a form is said to be wrongly refused that is wrong on its way: what is empty is not there."""
        media = _form_of(self._refusing(one), one.case)
        return media is not None and not all(self._fitting(media, one))

    def _fitting(self, media: Media, one: Complaint) -> Iterator[bool]:
        """Whether what the server may have read of the form fits its schema: each way in which it may read it."""
        sent_as = one.response.request.headers.get("Content-Type", "")
        fields = form.arrived(_body_of(one.response), str(sent_as))
        schemas = {
            name: merged(schema, self.contract.resolve)
            for name, schema in self.contract.properties(media.schema).items()
            if name not in media.encoding  # what is written in another way than usual
        }
        for document in form.readings(one.case.body, fields, schemas):
            yield media.slot is None or self.contract.schemas.is_valid(media.slot, document)

    def _breaks_a_rule(self, one: Complaint) -> bool:
        """Whether a request was refused that fits its schema and breaks a rule about several properties."""
        operation = self._refusing(one)
        return operation is not None and self.knowledge.breaks_a_rule(operation, one.case)

    def _was_taken(self, one: Complaint) -> bool:
        """Whether a request was refused for what another document has, where no rule says what is unique."""
        operation = self._refusing(one)
        if operation is None or operation.method not in ("post", "put", "patch"):
            return False
        subject = self.session.written(operation)
        return not (subject is not None and subject.once) and tells_of_another(one.response.content)

    def _named_none(self, one: Complaint) -> bool:
        """Whether a request was refused for naming a document that is not there, where no rule says what it names."""
        operation = self._refusing(one)
        if operation is None:
            return False
        subject = self.session.written(operation)
        return not (subject is not None and subject.referring) and tells_of_none(one.response.content)

    def _may_name_none(self, one: Complaint) -> bool:
        """Whether the path of what was refused names a document that this run did not make: there may be none.

        Many servers answer 400 or 422 to an id of a form that none of theirs has, in the place of 404.
        """
        operation = self._refusing(one)
        if operation is None or one.response.status_code not in UNFIT:
            return False
        ledger = self.session.ledger
        named = ledger.kinds.named(operation, meant(one.case))
        return any(
            not ledger.kinds.is_given(kind_of) and ledger.owned(kind_of, value) is None for _, kind_of, value in named
        )

    def _refusing(self, one: Complaint) -> Operation | None:
        """The operation that is said to refuse what it should take; None where that is not what is said."""
        is_refused = one.kind == "RejectedPositiveData" and one.response.status_code < 500
        return self._operation(one) if is_refused else None

    def _cannot_be_applied(self, one: Complaint) -> bool:
        """Whether a JSON Patch was refused: what fits its schema need not fit the document (RFC 5789, 2.2)."""
        return str(one.case.media_type).startswith(JSON_PATCH) and self._refusing(one) is not None


def _names_another_path(one: Complaint) -> bool:
    """Whether a part of the path is empty or a step up: what answers is another path (RFC 3986, 5.2.4)."""
    return any(unquote(str(value)) in ("", ".", "..") for value in (one.case.path_parameters or {}).values())


def _is_only_more_than_declared(one: Complaint) -> bool:
    """Whether a request is said to be wrong for a parameter that is not declared: OpenAPI has nothing against one."""
    return one.kind == "AcceptedNegativeData" and _MORE.search(one.failure.message) is not None


def _asks_for_a_condition(one: Complaint) -> bool:
    """Whether a request without a condition is refused for want of one: that is what 428 is for (RFC 6585, 3).

    Schemathesis knows it of a header field of another value alone, and takes what need not be sent for not needed.
    """
    if one.response.status_code != CONDITION_ASKED_FOR:
        return False
    conditions = {name.lower() for name in one.case.headers or ()} & OF_CHANGES
    return one.kind == "MissingHeaderNotRejected" or (one.kind == "RejectedPositiveData" and not conditions)


def _is_gone_by_then(one: Complaint) -> bool:
    """Whether what was deleted is asked for without credentials: who looks for it first says that it is not there."""
    is_refused = any(f"got `{status} " in one.failure.message for status in GONE)
    return one.kind == "IgnoredAuth" and one.case.method.upper() == "DELETE" and is_refused


def _names_what_was_deleted(one: Complaint) -> bool:
    """Whether a request is right, and what it names is no longer there: Schemathesis knows 404 for that alone."""
    return one.kind == "RejectedPositiveData" and one.response.status_code in GONE


def _is_not_implemented(one: Complaint) -> bool:
    """Whether the server says of itself that it does not do this: 501 is no failure of what it does."""
    return one.kind == "ServerError" and one.response.status_code == NOT_IMPLEMENTED


def _has_no_body(one: Complaint) -> bool:
    """Whether a body that is not there is said to have no type, or to be no JSON (RFC 9110, 8.3)."""
    if one.kind == "MalformedJson":
        return one.response.status_code in WITHOUT_CONTENT
    return one.kind == "MissingContentType" and not one.response.content


def _form_of(operation: Operation | None, case: Any) -> Media | None:
    """The form that the case holds, where it holds one of the operation's."""
    media = operation.body.content.get(case.media_type) if operation is not None and operation.body else None
    return media if media is not None and media.slot is not None and essence(media.type) in FORMS else None


def _body_of(response: Response) -> bytes:
    """The body of the request that was answered, as it was on its way."""
    body = response.request.body or b""
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""


def _value_of(body: bytes) -> Any:
    """The JSON value that a body is; `...` where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return ...


def _type_of(response: Response) -> str:
    return essence((response.headers.get("content-type") or [""])[0])
