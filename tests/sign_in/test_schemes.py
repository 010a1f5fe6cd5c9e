"""Each security scheme takes the credentials of its users, and says what it lacks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.verify.digest import Answers
from tests.sign_in.doubles import PREFIX, USERS, Running, running

Sent = dict[str, Any]


def bearer(token: str) -> Sent:
    return {"headers": {"Authorization": f"Bearer {token}"}}


# How what `specdouble token` prints is sent, by scheme.
SENT: dict[str, Callable[[str], Sent]] = {
    "basic": lambda credential: {"auth": httpx.BasicAuth(*credential.split(":", 1))},
    "digest": lambda credential: {"auth": httpx.DigestAuth(*credential.split(":", 1))},
    "bearer": bearer,
    "header": lambda credential: {"headers": {"X-API-Key": credential}},
    "query": lambda credential: {"params": {"key": credential}},
    "cookie": lambda credential: {"headers": {"Cookie": f"session={credential}"}},
    "authorization": bearer,
    "oauth": bearer,
    "oidc": bearer,
}
schemes = pytest.mark.parametrize("scheme", SENT)


def asked(double: Running, path: str, **sent: Any) -> httpx.Response:
    return httpx.get(f"{double.url}{PREFIX}/{path}", **sent)


@schemes
@pytest.mark.parametrize(("kind", "who"), [("told", "mary"), ("told", "jane"), ("made_up", "ada")])
def test_what_the_command_prints_is_taken(request: pytest.FixtureRequest, kind: str, who: str, scheme: str) -> None:
    double: Running = request.getfixturevalue(kind)
    scopes = {"scopes": ["openid"]} if scheme == "oidc" else {}
    sent = SENT[scheme](double.token(who, scheme, **scopes))
    assert asked(double, scheme, **sent).status_code == 204


@schemes
@pytest.mark.parametrize("kind", ["told", "made_up"])
def test_without_a_credential_it_is_401_and_says_how(request: pytest.FixtureRequest, kind: str, scheme: str) -> None:
    answer = asked(request.getfixturevalue(kind), scheme)
    assert (answer.status_code, bool(answer.headers["WWW-Authenticate"])) == (401, True)


@schemes
def test_of_users_that_are_told_no_others_are_taken(told: Running, scheme: str) -> None:
    credential = "mary:another" if scheme in ("basic", "digest") else "another"
    assert asked(told, scheme, **SENT[scheme](credential)).status_code == 401


@pytest.mark.parametrize("scheme", sorted({*SENT} - {"digest"}))
def test_where_nothing_tells_of_users_another_credential_is_a_caller_of_its_own(made_up: Running, scheme: str) -> None:
    credential = "anybody:sesame" if scheme == "basic" else "sesame"
    assert asked(made_up, scheme, **SENT[scheme](credential)).status_code == 204


@schemes
def test_strictly_no_others_are_taken_there_either(strict: Running, scheme: str) -> None:
    credential = "anybody:sesame" if scheme in ("basic", "digest") else "sesame"
    assert asked(strict, scheme, **SENT[scheme](credential)).status_code == 401
    assert asked(strict, "header", headers={"X-API-Key": "ada-key"}).status_code == 204


@pytest.mark.parametrize("scheme", ["bearer", "oauth", "oidc", "header", "cookie", "query", "authorization"])
@pytest.mark.parametrize("kind", ["told", "made_up"])
def test_a_token_that_is_over_is_401(request: pytest.FixtureRequest, kind: str, scheme: str) -> None:
    double: Running = request.getfixturevalue(kind)
    token = double.token("mary" if kind == "told" else "ada", scheme, expired=True, scopes=["read", "openid"])
    assert asked(double, scheme, **SENT[scheme](token)).status_code == 401


def test_a_missing_scope_is_403_and_is_named(told: Running) -> None:
    answer = asked(told, "write", **bearer(told.token("tom", scopes=["read"])))
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="read write"'
    assert "write" in answer.text


def test_a_user_grants_no_scope_that_is_not_the_users(told: Running) -> None:
    assert asked(told, "write", **bearer(told.token("mary"))).status_code == 403
    assert asked(told, "write", **bearer(told.token("tom"))).status_code == 204


def test_a_bad_token_is_called_invalid(told: Running) -> None:
    answer = asked(told, "oauth", **bearer("nonsense"))
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


KEY = {"X-API-Key": "tom-header-key"}


@pytest.mark.parametrize(
    ("path", "key", "scopes", "status"),
    [
        ("both", KEY, ["write"], 204),
        ("both", KEY, ["read"], 403),
        ("both", {}, ["write"], 401),
        ("both", {"X-API-Key": "x"}, ["read"], 401),
        ("both", KEY, None, 401),
        ("either", KEY, None, 204),
        ("either", {}, ["write"], 204),
        ("either", {}, ["read"], 403),
        ("either", KEY, ["read"], 204),
        ("either", {}, None, 401),
        ("open", {}, None, 204),
        ("open", {}, ["read"], 204),
    ],
)
def test_requirements_are_met_all_together_or_one_of_them(
    told: Running, path: str, key: dict[str, str], scopes: list[str] | None, status: int
) -> None:
    headers = dict(key)
    if scopes is not None:
        headers["Authorization"] = f"Bearer {told.token('tom', scopes=scopes)}"
    assert asked(told, path, headers=headers).status_code == status


def test_of_two_credentials_that_one_field_would_have_to_hold_either_is_enough(told: Running) -> None:
    basic = {"Authorization": f"Basic {base64.b64encode(b'tom:tom-secret').decode()}"}
    token = {"Authorization": told.token("tom", "authorization")}
    answers = [asked(told, "field", headers=one) for one in ({**basic, **KEY}, {**token, **KEY}, basic, KEY, {})]
    assert [answer.status_code for answer in answers] == [204, 204, 401, 401, 401]


def notes(double: Running, who: str) -> list[Any]:
    found: list[Any] = asked(double, "notes", **bearer(double.token(who))).json()
    return found


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"), [("told", ["mary", "tom"], "jane"), ("made_up", ["ada", "grace"], "linus")]
)
def test_documents_are_those_of_the_user_and_of_the_tenant(
    request: pytest.FixtureRequest, kind: str, ours: list[str], theirs: str
) -> None:
    double: Running = request.getfixturevalue(kind)
    made = {}
    for who in (*ours, theirs):
        answer = httpx.post(f"{double.url}/v1/notes", json={"text": who}, **bearer(double.token(who, "bearer")))
        made[who] = answer.json()
    assert made[ours[0]]["team"] == made[ours[1]]["team"] != made[theirs]["team"]
    assert len({one["owner"] for one in made.values()}) == 3
    for who in made:
        assert [note["text"] for note in notes(double, who) if note["text"] in made] == [who]


def test_whoever_shows_no_good_credential_is_the_chosen_user(tmp_path: Path) -> None:
    with running(tmp_path, no_auth="grace") as double:
        assert {asked(double, scheme).status_code for scheme in SENT} == {204}
        assert asked(double, "write").status_code == 204
        assert asked(double, "write", **bearer("nonsense")).status_code == 204
        made = httpx.post(f"{double.url}/v1/notes", json={"text": "anybody's"}).json()
        assert made["owner"] == notes(double, "grace")[0]["owner"]
        assert notes(double, "ada") == []


def test_a_header_says_who_asks_where_it_is_allowed_to(tmp_path: Path, told: Running) -> None:
    said = {"headers": {"X-Specdouble-User": "linus"}}
    assert asked(told, "write", **said).status_code == 401
    with running(tmp_path, user_header=True) as double:
        assert asked(double, "write", **said).status_code == 204
        refused = asked(double, "write", headers={"X-Specdouble-User": "nobody"})
        assert refused.status_code == 401
        assert "ada, grace, linus" in refused.text


def proof_of(told: Running) -> str:
    """What proves mary's password for one request, which was answered."""
    with httpx.Client(base_url=told.url, auth=httpx.DigestAuth("mary", "mary-secret")) as client:
        answer = client.get("/v1/digest")
    assert answer.status_code == 204
    return answer.request.headers["Authorization"]


@pytest.mark.parametrize("change", ["another path", "another method", "no nonce", "another count", "no quality"])
def test_a_digest_proves_this_request_alone(told: Running, change: str) -> None:
    proof = proof_of(told)
    forged = {
        "no nonce": proof.replace("nonce=", "once="), "another count": proof.replace("nc=00000001", "nc=00000002"),
        "no quality": proof.replace("qop=auth, ", ""),
    }.get(change, proof)  # fmt: skip
    path = "digest?x=1" if change == "another path" else "digest"
    method = "HEAD" if change == "another method" else "GET"
    answer = httpx.request(method, f"{told.url}/v1/{path}", headers={"Authorization": forged})
    assert answer.status_code == 401


def test_a_digest_of_another_password_proves_nothing(told: Running) -> None:
    answer = asked(told, "digest", auth=httpx.DigestAuth("mary", "tom-secret"))
    assert (answer.status_code, "stale" in answer.headers["WWW-Authenticate"]) == (401, False)


@pytest.mark.parametrize("change", ["it is shown twice", "it is old"])
def test_whose_proof_is_over_is_told_so_and_not_asked_for_a_password_again(told: Running, change: str) -> None:
    proof = proof_of(told)
    if change == "it is old":
        told.double.clock.set("+1h")
    try:
        answer = asked(told, "digest", headers={"Authorization": proof})
    finally:
        told.double.clock.run()
    assert (answer.status_code, "stale=true" in answer.headers["WWW-Authenticate"]) == (401, True)


def test_a_client_of_digest_counts_on_one_nonce_until_it_is_over(told: Running) -> None:
    with httpx.Client(base_url=told.url, auth=httpx.DigestAuth("mary", "mary-secret")) as client:
        answers = [client.get("/v1/digest") for _ in range(1200)]
    assert {answer.status_code for answer in answers} == {204}
    nonces = {answer.request.headers["Authorization"].partition('nonce="')[2].partition('"')[0] for answer in answers}
    assert len(nonces) == 2


def test_a_nonce_of_one_process_is_good_at_another_of_the_same_project(tmp_path: Path) -> None:
    answers = Answers()
    with running(tmp_path, USERS) as one, Server(Double(Settings(tmp_path)), "127.0.0.1", 0).running() as other:
        answers.take(asked(one, "digest").headers["WWW-Authenticate"])
        proof = answers.to("GET", "/v1/digest", "mary:mary-secret")
        assert httpx.get(f"{other}/v1/digest", headers={"Authorization": proof}).status_code == 204


def test_a_certificate_is_shown_before_any_request_and_nobody_is_refused_for_it(tmp_path: Path) -> None:
    contract = """
openapi: 3.1.0
info: {title: Certificates, version: '1'}
paths:
  /a: {get: {operationId: a, security: [{tls: []}], responses: {'204': {description: Done.}}}}
components: {securitySchemes: {tls: {type: mutualTLS}}}
"""
    (tmp_path / "openapi.yaml").write_text(contract)
    double = Double(Settings(tmp_path, strict_auth=True))
    with Server(double, "127.0.0.1", 0).running() as url:
        assert httpx.get(f"{url}/a").status_code == 204


def test_a_double_that_is_compared_takes_the_tokens_of_another_server_each_for_a_caller(tmp_path: Path) -> None:
    foreign = jwt.encode({"sub": "x"}, "a secret of thirty-two bytes or more, of another")
    with running(tmp_path, USERS, takes_foreign=True) as double:
        assert asked(double, "oauth", **bearer(foreign)).status_code == 204
        assert asked(double, "oauth", **bearer(double.token("mary"))).status_code == 204
