"""The verdict as SARIF 2.1.0 (OASIS): a result for each failure, at the line of the contract that it is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from specdouble import __version__
from specdouble.printable import printable
from specdouble.verify.known import without_values
from specdouble.verify.report.excerpt import from_the_root
from specdouble.verify.report.replay import sentence
from specdouble.verify.settings import STRICTNESS

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = dict(zip(STRICTNESS, ("error", "warning", "note"), strict=True))
FINGERPRINT = "promise/v1"  # changes whenever it is made otherwise


def sarif(told: Mapping[str, Any], contract: str) -> str:
    """The report.

    Args:
        told: the verdict as plain data, secrets masked.
        contract: the contract's file, for what stands at no line of its own.
    """
    rules = list(_rules(told))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "specdouble", "version": __version__, "rules": rules}},
        "invocations": [{"executionSuccessful": True, "exitCode": told["exitCode"]}],
        "results": [_result(one, index[one["rule"]], contract) for one in told["failures"]],
        "columnKind": "unicodeCodePoints",
        "properties": {"counts": told["counts"], "seed": told["seed"], "url": told["url"]},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for rule in told["rules"]:
        proof = rule["proof"]["told"] if rule["proof"] else None
        verdict = {"verdict": rule["state"], "reason": rule["reason"], "proof": proof, "cases": rule["cases"]}
        yield {
            "id": rule["id"],
            "name": rule["id"].partition(":")[0],
            "shortDescription": {"text": printable(rule["meaning"])},
            "properties": {"tags": ["contract"], **{name: one for name, one in verdict.items() if one is not None}},
        }


def _result(failure: Mapping[str, Any], rule: int, contract: str) -> dict[str, Any]:
    told = {
        "ruleId": failure["rule"],
        "ruleIndex": rule,
        "level": LEVELS[failure["weight"]],
        "message": {"text": printable(_message(failure))},
        "locations": _locations(failure, contract),
        "partialFingerprints": {FINGERPRINT: _fingerprint(failure)},
        "properties": {"id": failure["id"], "reproduction": failure["curl"]},
    }
    if failure["exchanges"]:
        decisive = failure["exchanges"][failure["deciding"]]
        told |= {"webRequest": _request(decisive), "webResponse": _response(decisive)}
    return told


def _message(failure: Mapping[str, Any]) -> str:
    """The first sentence stands alone where a list of results is shown."""
    case = f" ({failure['case']})" if failure["case"] else ""
    count = len(failure["operations"])
    shared = f" {count} operations: {', '.join(failure['operations'])}." if count > 1 else ""
    return f"{failure['promise']}{case}. {sentence(failure)}{shared}"


def _locations(failure: Mapping[str, Any], contract: str) -> list[dict[str, Any]]:
    """The first line of the contract that the failure is about, and the operations by name."""
    place: dict[str, Any] = next(iter(failure["places"]), {"file": from_the_root(contract), "line": 1, "source": []})
    text = next((one["text"] for one in place["source"] if one["line"] == place["line"]), None)
    region = {"startLine": place["line"]} | ({"snippet": {"text": printable(text)}} if text else {})
    names = [{"name": name, "kind": "member"} for name in failure["operations"]]
    physical = {"artifactLocation": _artifact(place["file"]), "region": region}
    return [{"physicalLocation": physical} | ({"logicalLocations": names} if names else {})]


def _artifact(file: str) -> dict[str, str]:
    if "://" in file:
        return {"uri": file}
    if Path(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(file), "uriBaseId": "%SRCROOT%"}


def _fingerprint(failure: Mapping[str, Any]) -> str:
    """What the failure is about, without what chance chose, nor the line that it stands at."""
    about = f"{failure['rule']}|{without_values(failure['promise'])}"
    return hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _request(exchange: Mapping[str, Any]) -> dict[str, Any]:
    sent = exchange["sent"]
    told = {"protocol": "HTTP", "method": exchange["method"], "target": exchange["url"], "headers": sent["headers"]}
    return told | _body(sent["body"])


def _response(exchange: Mapping[str, Any]) -> dict[str, Any]:
    told = {"protocol": "HTTP", "statusCode": exchange["status"], "headers": exchange["headers"]}
    return told | _body(exchange["body"])


def _body(text: str | None) -> dict[str, Any]:
    return {"body": {"text": printable(text)}} if text is not None else {}
