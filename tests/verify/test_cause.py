"""What has one cause is told once, with the operations that it concerns."""

from __future__ import annotations

from types import SimpleNamespace

from specdouble.verify.cause import gather, gathered
from specdouble.verify.verdict import Failure, Row, Verdict

UNDECLARED = "what Schemathesis' check status_code_conformance holds"


def failure(
    promise: str, expected: str, seen: str, operation: str, detail: str = "", check: str = "boundaries"
) -> Failure:
    return Failure(check, promise, detail, expected, seen, [], (operation,))


def told(*failures: Failure) -> list[tuple[str, tuple[str, ...], int]]:
    found = gathered({one.promise: one for one in failures})
    return [(one.promise, one.operations, one.also) for one in found.values()]


def test_one_undeclared_status_of_many_operations_is_one_failure() -> None:
    assert told(
        failure("GET /a: Undocumented status code", UNDECLARED, "Received: 403", "readA"),
        failure("GET /b: Undocumented status code", UNDECLARED, "Received: 403", "readB"),
        failure("GET /b 403xx", "one of the statuses 200", "it answered 403", "readB"),
    ) == [("GET /a: Undocumented status code", ("readA", "readB"), 2)]


def test_one_refusal_of_many_values_is_one_failure() -> None:
    refusal = 'the server answered 400 "the start must be before the end"'
    assert told(
        failure("POST /a: title within its bounds is accepted", 'title "n" to be accepted', refusal, "create"),
        failure("POST /a: text within its bounds is accepted", 'text "n" to be accepted', refusal, "create"),
    ) == [("POST /a: title within its bounds is accepted", ("create",), 1)]


def test_two_causes_are_two_failures() -> None:
    found = told(
        failure("POST /a: title is accepted", "title to be accepted", "the server answered 400 no title", "create"),
        failure("POST /a: text is accepted", "text to be accepted", "the server answered 400 no text", "create"),
    )
    assert len(found) == 2


def test_credentials_that_no_operation_refuses_are_one_failure() -> None:
    found = [
        failure(f"{label} refuses credentials that are not valid", "401", f"200 {label}", label, kind, "authentication")
        for label, kind in (("GET /a", "none"), ("POST /b/{id}", "none"), ("PUT /c", "expired"))
    ]
    assert [operations for _, operations, _ in told(*found)] == [("GET /a", "POST /b/{id}"), ("PUT /c",)]


def test_a_value_that_one_operation_wrongly_takes_is_its_own_failure() -> None:
    negative = "what Schemathesis' check negative_data_rejection holds"
    found = [
        failure(f"GET /{name}: taken", negative, "wrong data was taken", name, "negative_data_rejection", "conformance")
        for name in ("a", "b")
    ]
    assert len(told(*found)) == 2


def test_what_is_wrong_with_a_document_alone_and_in_a_list_is_one_failure() -> None:
    body = "the body that the contract declares for 200"
    assert told(
        failure("POST /a answering 200", body, '/lastUsed: null is not of type "string"', "create"),
        failure("GET /a answering 200", body, '/0/lastUsed: null is not of type "string"', "list"),
    ) == [("POST /a answering 200", ("create", "list"), 1)]


def test_a_refusal_is_told_by_what_was_refused_and_not_by_who_needed_a_document() -> None:
    verdict = Verdict("a contract", "http://127.0.0.1", 1)
    for check, what in (("distinct_ids", "an update"), ("boundaries", "priority 5")):
        refused = failure(f"{check} {what}", f"{what} to be accepted", "the server answered 422", "update", check=check)
        refused.steps = [SimpleNamespace(status=422)]  # type: ignore[list-item]
        verdict.rows[check] = Row(check, check, failures={refused.promise: refused})
    gather(verdict)
    assert [one.check for one in verdict.failures] == ["boundaries"]


def test_properties_of_one_document_that_are_taken_and_not_kept_are_one_failure() -> None:
    found = told(
        failure("POST /zones: type is accepted", 'type to be "n", as it was sent', "the answer shows none", "create"),
        failure("POST /zones: url is accepted", 'url to be "n", as it was sent', 'the answer shows "/z"', "create"),
        failure("POST /keys: type is accepted", 'type to be "n", as it was sent', "the answer shows none", "key"),
    )
    assert [promise for promise, _, _ in found] == ["POST /zones: type is accepted", "POST /keys: type is accepted"]


def test_a_property_that_is_not_kept_is_one_failure_whatever_was_sent() -> None:
    found = told(
        failure(
            "PUT /a/{id} keeps it",
            'name to be "x", as it was sent',
            "the answer shows 1",
            "u",
            check="read_your_writes",
        ),
        failure("PUT /a/{id}: name within its bounds", 'name to be "nn", as it was sent', "the answer shows 2", "u"),
    )
    assert [promise for promise, _, _ in found] == ["PUT /a/{id} keeps it"]


def test_a_property_that_does_not_fit_is_one_failure_in_a_list_within_an_envelope_too() -> None:
    body = "the body that the contract declares for 200"
    found = told(
        failure("GET /a answering 200", body, '/things/3/gone: null is not of type "string"', "list"),
        failure("GET /a/{id} answering 200", body, '/gone: null is not of type "string"', "read"),
        failure("GET /b/{id} answering 200", body, '/other: null is not of type "string"', "readOther"),
    )
    assert [operations for _, operations, _ in found] == [("list", "read"), ("readOther",)]
