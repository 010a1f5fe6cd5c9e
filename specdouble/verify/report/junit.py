"""The verdict for whatever reads JUnit: a test case for each rule and check, and one for each operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from junitparser import Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from specdouble.printable import printable
from specdouble.verify.report.replay import sentence
from specdouble.verify.verdict import BROKEN, KNOWN, NOT_EXERCISED, SKIPPED

LEFT_OUT = (NOT_EXERCISED, KNOWN, SKIPPED)


def junit(told: Mapping[str, Any]) -> str:
    """The report; its first suite counts what the verdict counts.

    Args:
        told: the verdict as plain data, secrets masked.
    """
    report = JUnitXml(name=printable(told["contract"]))
    report.append(_suite("rules", (_of_rule(rule, told) for rule in told["rules"])))
    report.append(_suite("operations", (_of_operation(one, told) for one in told["matrix"]["operations"])))
    report.update_statistics()
    report.time = told["seconds"]
    text: bytes = report.tostring()
    return text.decode("utf-8")


def _suite(name: str, cases: Iterable[TestCase]) -> TestSuite:
    suite = TestSuite(name)
    for case in cases:
        suite.add_testcase(case)
    return suite


def _of_rule(rule: Mapping[str, Any], told: Mapping[str, Any]) -> TestCase:
    failures = [one for one in told["failures"] if one["id"] in rule["failures"]]
    case = _case(rule["id"], rule["id"].partition(":")[0], rule, failures)
    case.time = rule["seconds"]
    properties = {"meaning": rule["meaning"], "cases": rule["cases"], "requests": rule["requests"]}
    if rule["proof"]:
        properties["proof"] = rule["proof"]["told"]
    listed = Properties()
    for name, value in properties.items():
        listed.add_property(Property(name, printable(str(value))))
    case.append(listed)
    return case


def _of_operation(operation: Mapping[str, Any], told: Mapping[str, Any]) -> TestCase:
    failures = [one for one in told["failures"] if operation["id"] in one["operations"]]
    return _case(operation["label"], "operation", operation, failures)


def _case(name: str, kind: str, row: Mapping[str, Any], failures: list[Mapping[str, Any]]) -> TestCase:
    case = TestCase(printable(name), classname=printable(kind))
    if row["state"] == BROKEN:
        first = failures[0]["promise"] if failures else "told with another failure"
        broken = Failure(printable(first))
        broken.text = printable("\n\n".join("\n".join(failure_lines(one)) for one in failures))
        case.result = [broken]
    elif row["state"] in LEFT_OUT:
        reason = row["reason"] or ""
        case.result = [Skipped(printable(reason if row["state"] == NOT_EXERCISED else f"{row['state']}: {reason}"))]
    return case


def failure_lines(failure: Mapping[str, Any]) -> Iterator[str]:
    """A failure as lines of plain text."""
    yield f"[{failure['id']}] {failure['promise']}" + (f" ({failure['case']})" if failure["case"] else "")
    yield from (f"{place['file']}:{place['line']} {place['about']}" for place in failure["places"])
    yield sentence(failure)
    yield from (f"- {other['promise']}: {other['seen']}" for other in failure["others"])
    yield from ("", "Reproduce from a fresh state:", "", failure["curl"])
