"""What holds for every answer, whatever was asked: the status is declared, and the body is as declared for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract import Contract, Header, Media, Operation, Response
from specdouble.contract.media_type import essence, is_file
from specdouble.verify import form
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, Trouble
from specdouble.verify.semantics import held_to_its_meaning
from specdouble.verify.values import kind, merged

UNDECLARED_ARE_FINE = (405, 406, 413, 414, 415, 429)
SAID_TO_BE_MISSING = (501, 503, 507)  # where they are declared, they are answers like others
NOT_IMPLEMENTED = 501  # says what the server cannot do (RFC 9110, 15.6.2): it has not failed
WITHOUT_CONTENT = (204, 205, 304)  # whatever is declared for them (RFC 9110, 15.3.5, 15.3.6, 15.4.5)
PROBLEM = "application/problem+json"
STATUSES = ("status", "statusCode", "status_code", "httpStatus", "http_status")
HTML = ("text/html", "application/xhtml+xml")


def trouble(exchange: Exchange) -> Trouble | None:
    """What shows that something else than the server answered."""
    declared = {media for response in exchange.call.operation.responses.values() for media in response.content}
    if exchange.content and exchange.type in HTML and not declared.intersection(HTML) and exchange.status != 500:
        return Trouble(f"an answer is HTML ({exchange.status}), where the contract has none")
    return None


def judge(contract: Contract, exchange: Exchange) -> Iterator[Broken]:
    """Each way in which the answer is not one that the contract declares."""
    operation, status = exchange.call.operation, exchange.status
    yield from held_to_its_meaning(exchange)
    if (
        status >= 500
        and status != NOT_IMPLEMENTED
        and not (status in SAID_TO_BE_MISSING and str(status) in operation.statuses)
    ):
        yield Broken("no request to make the server fail", f"it answered {exchange.told()}", "conformance")
        return
    response = operation.response(status)
    if response is None:
        if status not in UNDECLARED_ARE_FINE:
            declared = ", ".join(sorted(operation.statuses))
            yield Broken(f"one of the statuses {declared}", f"it answered {exchange.told()}", "conformance")
        return
    yield from _problem(exchange)
    yield from _fields(response, exchange)
    # A HEAD has the fields of a GET, and no body (RFC 9110, 9.3.2).
    if response.content and exchange.method != "HEAD" and status not in WITHOUT_CONTENT:
        yield from _body(contract, operation, response, exchange)


def _fields(response: Response, exchange: Exchange) -> Iterator[Broken]:
    """An answer without a header field that the contract requires of it, of its very status where it is no success."""
    is_held = exchange.ok or response.status == str(exchange.status)
    for name, header in response.headers.items() if is_held else ():
        if header.required and name.lower() not in exchange.headers and name.lower() != "content-type":
            expected = f"an answer {exchange.status} with the header field {name}, which the contract requires"
            yield Broken(expected, "it has none", "conformance")


def _problem(exchange: Exchange) -> Iterator[Broken]:
    """A problem that tells another status than its answer (RFC 9457, 3.1.2)."""
    told = exchange.json.get("status") if exchange.type == PROBLEM and isinstance(exchange.json, dict) else None
    if isinstance(told, int) and told != exchange.status:
        yield Broken("a problem to tell the status of its answer (RFC 9457)", f"it tells {told}", "error_shape")


def _body(contract: Contract, operation: Operation, response: Response, exchange: Exchange) -> Iterator[Broken]:
    check = "conformance" if exchange.status < 400 else "error_shape"
    media = declared_media(response, exchange.type)
    if media is None:
        seen = f"it is {exchange.type or 'of no type'}"
        yield Broken(f"an answer {exchange.status} of type {', '.join(response.content)}", seen, "conformance")
        return
    slot = _slot(contract, media, exchange)
    if slot is None:
        return
    if exchange.json is ...:
        yield Broken("an answer that is JSON", f"it is {exchange.told()}", check)
    elif not contract.schemas.is_valid(slot, exchange.json):
        if exchange.ok and _is_an_error(contract, operation, exchange):
            seen = f"it answered {exchange.told()}"
            yield Broken("a refusal to have the status of one", seen, "error_shape")
            return
        violation = contract.schemas.violations(slot, exchange.json, "body")[0]
        seen = f"{violation.pointer or 'the body'}: {violation.message}"
        yield Broken(f"the body that the contract declares for {exchange.status}", seen, check)
    elif exchange.status >= 400 and exchange.type != PROBLEM:
        yield from _told_status(contract, media.schema, exchange.json, exchange.status)


def _slot(contract: Contract, media: Media, exchange: Exchange) -> str | None:
    """The schema that a body is held to; None where it is no JSON, or a file."""
    return media.slot if _is_json(exchange.type) and not is_file(contract.described(media.schema)) else None


def fits(contract: Contract, exchange: Exchange) -> bool:
    """Whether the body, and each field of the header, is as declared; False too where nothing here can judge it."""
    response = exchange.call.operation.response(exchange.status)
    media = declared_media(response, exchange.type) if response is not None else None
    slot = _slot(contract, media, exchange) if media is not None else None
    if response is None or slot is None or exchange.json is ...:
        return False
    headers = ((one, exchange.headers.get(name.lower())) for name, one in response.headers.items())
    return contract.schemas.is_valid(slot, exchange.json) and all(_header_fits(contract, *one) for one in headers)


def _header_fits(contract: Contract, header: Header, text: str | None) -> bool:
    """Whether a field is as declared: the text itself, or what it is read as."""
    if text is None or header.slot is None:
        return text is not None or not header.required
    return any(contract.schemas.is_valid(header.slot, value) for value in (text, form.read(text)))


def _told_status(contract: Contract, schema: Any, body: Any, status: int) -> Iterator[Broken]:
    """A refusal that tells another status than its answer, in a property that the contract declares for it."""
    for name, part in contract.properties(schema).items() if isinstance(body, dict) else ():
        told = body.get(name)
        if name in STATUSES and kind(merged(part, contract.resolve)) == "integer" and told in range(100, 600):
            if told != status:
                yield Broken("a refusal to tell the status of its answer", f"{name} tells {told}", "error_shape")
        elif name == "error" and isinstance(told, dict):
            yield from _told_status(contract, part, told, status)


def _is_an_error(contract: Contract, operation: Operation, exchange: Exchange) -> bool:
    """Whether a body that is no success has the shape of a declared refusal, and says what it does."""
    refusals = [response for status, response in operation.responses.items() if status[:1] in "45"]
    medias = [media for response in refusals for media in response.content.values()]
    return any(_is_of(contract, media, exchange.json) for media in medias)


def _is_of(contract: Contract, media: Media, body: object) -> bool:
    """Whether a body fits its schema, and has a property of it: an empty object fits many."""
    if media.slot is None or not contract.schemas.is_valid(media.slot, body):
        return False
    return not isinstance(body, dict) or not body.keys().isdisjoint(contract.properties(media.schema))


def declared_media(response: Response, sent: str) -> Media | None:
    """How the contract declares a body of the media type that was sent; None where it does not."""
    covering = (one for name, one in response.content.items() if _covers(name, sent))
    return response.content.get(sent) or next(covering, None)


def _covers(declared: str, sent: str) -> bool:
    declared = essence(declared)
    kind = declared.partition("/")[0]
    return declared in (sent, "*/*") or (declared.endswith("/*") and sent.startswith(kind + "/"))


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json"))
