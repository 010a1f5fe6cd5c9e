"""Behind a reverse proxy with a prefix, all that the provider says of itself leads through that proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jwt
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from werkzeug.wrappers import Request, Response

from specdouble.double.http.public_address import PublicAddress
from tests.sign_in.doubles import USERS, Running, running
from tests.sign_in.foreign import served

PREFIX = "/apps/shelves"
AUTH = f"{PREFIX}/_specdouble/auth"


@contextmanager
def proxy(upstream: str) -> Iterator[str]:
    """A proxy that takes the prefix away, and says by which name it was asked."""
    client = httpx.Client(base_url=upstream, follow_redirects=False)

    def answer(environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if not request.path.startswith(PREFIX):
            return Response("elsewhere", 418)(environ, start_response)
        kept = {name: one for name, one in request.headers.items() if name.lower() not in ("host", "content-length")}
        told = {"X-Forwarded-Host": request.host, "X-Forwarded-Proto": request.scheme}
        passed = client.request(
            request.method, request.full_path.removeprefix(PREFIX).rstrip("?"), content=request.get_data(),
            headers={**kept, **told},
        )  # fmt: skip
        headers = [(name, one) for name, one in passed.headers.multi_items() if name != "content-length"]
        return Response(passed.content, passed.status_code, headers)(environ, start_response)

    with client, served(answer) as url:
        yield url


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("prefixed")
    with running(folder, USERS, root_path=PREFIX, proxies=("127.0.0.1",)) as double:
        yield double


def discovered(url: str, **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{url}/_specdouble/auth/.well-known/openid-configuration", headers=headers).json()
    return told


def test_all_that_discovery_names_stands_below_the_public_address(prefixed: Running) -> None:
    told = discovered(prefixed.url, **{"X-Forwarded-Host": "api.example", "X-Forwarded-Proto": "https"})
    urls = [one for one in told.values() if isinstance(one, str)]
    assert told["issuer"] == f"https://api.example{AUTH}"
    assert len(urls) > 7
    assert all(one.startswith(f"https://api.example{AUTH}") for one in urls)


def test_a_prefix_that_the_proxy_tells_goes_before_that_of_the_option(prefixed: Running) -> None:
    told = discovered(prefixed.url, **{"X-Forwarded-Host": "api.example", "X-Forwarded-Prefix": "/v7/"})
    assert told["issuer"] == "http://api.example/v7/_specdouble/auth"


@pytest.mark.parametrize("field", ["Host", "Proto", "Prefix"])
def test_whom_nobody_trusts_is_not_believed(told: Running, field: str) -> None:
    said = {"Host": "evil.example", "Proto": "https", "Prefix": "/evil"}[field]
    assert discovered(told.url, **{f"X-Forwarded-{field}": said}) == discovered(told.url)


@pytest.mark.parametrize("host", ["a b", "evil.example/x", "x@y", "[::1", "", "a\\b"])
def test_what_is_no_host_is_not_taken_for_one(prefixed: Running, host: str) -> None:
    assert discovered(prefixed.url, **{"X-Forwarded-Host": host})["issuer"] == f"{prefixed.url}{AUTH}"


@pytest.mark.parametrize(("scheme", "kept"), [("http", "SameSite=lax"), ("https", "SameSite=none; Secure")])
def test_with_tls_a_session_is_kept_in_frames_of_other_sites_too(prefixed: Running, scheme: str, kept: str) -> None:
    asked = {"response_type": "token", "client_id": "app", "redirect_uri": "http://localhost:3000/"}
    said = {"X-Forwarded-Proto": scheme}
    answer = httpx.post(f"{prefixed.url}/_specdouble/auth/authorize", params=asked, data={"user": "1"}, headers=said)
    assert answer.headers["set-cookie"].endswith(f"HttpOnly; Path=/; {kept}")


def test_the_code_flow_goes_through_the_proxy(prefixed: Running) -> None:
    with proxy(prefixed.url) as url:
        _sign_in_through(url)


def _sign_in_through(url: str) -> None:
    told = discovered(f"{url}{PREFIX}")
    client = OAuth2Client("app", redirect_uri="http://localhost:3000/", scope="openid read",
                          code_challenge_method="S256")  # fmt: skip
    asked, _ = client.create_authorization_url(told["authorization_endpoint"], code_verifier="v" * 48)
    page = httpx.post(asked, data={"user": "1"})
    token = client.fetch_token(told["token_endpoint"], authorization_response=page.headers["location"],
                               code_verifier="v" * 48)  # fmt: skip
    assert told["issuer"] == f"{url}{AUTH}" == jwt.decode(token["id_token"], options={"verify_signature": False})["iss"]
    keys = jwt.PyJWKClient(told["jwks_uri"])
    key = keys.get_signing_key_from_jwt(token["id_token"])
    assert jwt.decode(token["id_token"], key, ["RS256"], audience="app", issuer=told["issuer"])["sub"] == "1"
    assert client.get(told["userinfo_endpoint"]).json()["sub"] == "1"
    assert client.get(f"{url}{PREFIX}/v1/oauth").status_code == 204


def test_a_prefix_is_a_path() -> None:
    with pytest.raises(ValueError, match="is no prefix of paths"):
        PublicAddress("https://api.example/v1")
