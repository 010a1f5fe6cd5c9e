"""A server of somebody else (Werkzeug, PyJWT) that is its own provider of OAuth 2, and keeps notes.

It knows nothing of this project. A *fault* makes it take what it must refuse.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections import Counter
from contextlib import AbstractContextManager
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tests.sign_in.foreign import PASSWORDS, Refused, answered, read, served

CLIENTS = {"mary-service": "mary-hush-5a1c93", "tom-service": "tom-hush-0b77e2"}
APP, CALLBACK = "app-of-notes", "http://localhost/"
AUDIENCE = "notes"
_INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def private_pem() -> str:
    kind = serialization.PrivateFormat.PKCS8
    return key().private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()


def public_pem() -> bytes:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key().public_key().public_bytes(serialization.Encoding.PEM, kind)


class Notes:
    """Notes, each its owner's, for whoever brings a token that names the scope.

    Args:
        fault: what it takes and must not.
        uses: how often a token is good before it is over; None for an hour.
    """

    def __init__(self, fault: str = "", uses: int | None = None) -> None:
        self.fault, self.uses = fault, uses
        self.used: Counter[str] = Counter()
        self.notes: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.grants: dict[str, tuple[str, str, str]] = {}  # by refresh token: whose, the scope, the client
        self.given: list[str] = []  # every token and code
        self.asked: Counter[str] = Counter()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        try:
            answer = self._answer(request)
        except Refused as refused:
            answer = refused.answer
            answer.content_type = "application/problem+json"
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        issuer = request.host_url.rstrip("/") + "/issuer"
        if request.path == "/issuer/.well-known/openid-configuration":
            return answered(200, {"issuer": issuer, "jwks_uri": f"{request.host_url}keys"})
        if request.path == "/keys":
            own = jwt.algorithms.RSAAlgorithm.to_jwk(key().public_key(), as_dict=True)
            return answered(200, {"keys": [{**own, "kid": "1", "use": "sig"}]})
        if request.path == "/oauth/authorize" and request.method == "POST":
            return self._authorize(request)
        if request.path == "/oauth/token" and request.method == "POST":
            return self._token(request, issuer)
        if request.path == "/notes" and request.method in ("GET", "POST"):
            return self._notes(request, issuer)
        return answered(404, {"error": "none"})

    # The provider

    def _authorize(self, request: Request) -> Response:
        asked, name = request.args, request.form.get("username", "")
        to = asked.get("redirect_uri", "")
        if to != CALLBACK and self.fault != "a redirect to anywhere":
            return answered(400, {"error": "invalid_request"})
        if PASSWORDS.get(name) != request.form.get("password") or "code_challenge" not in asked:
            return redirect(f"{to}?{urlencode({'error': 'access_denied'})}")
        code = self._new()
        self.codes[code] = {**asked.to_dict(), "user": name}
        return redirect(f"{to}?{urlencode({'code': code, 'state': asked.get('state', '')})}")

    def _token(self, request: Request, issuer: str) -> Response:
        form, basic = request.form, request.authorization
        name = unquote(basic.username or "") if basic else form.get("client_id", "")
        secret = unquote(basic.password or "") if basic else form.get("client_secret", "")
        grant = form.get("grant_type", "")
        self.asked[grant] += 1
        if name in CLIENTS and CLIENTS[name] != secret:
            return answered(401, {"error": "invalid_client"}, {"WWW-Authenticate": "Basic"})
        scope = form.get("scope", "read write")
        if grant == "client_credentials" and name in CLIENTS:
            return self._granted(issuer, name.partition("-")[0], scope, "")
        if grant == "password" and form.get("password") == PASSWORDS.get(form.get("username", "")):
            return self._granted(issuer, form["username"], scope, name)
        if grant == "refresh_token" and form.get("refresh_token") in self.grants:
            user, scope, client = self.grants.pop(form["refresh_token"])
            if client == name:
                return self._granted(issuer, user, scope, name)
        if grant == "authorization_code" and self._is_good(form, name):
            code = self.codes[form["code"]]
            if self.fault != "a code again":
                del self.codes[form["code"]]
            return self._granted(issuer, code["user"], code.get("scope", scope), name)
        return answered(400, {"error": "invalid_grant"})

    def _is_good(self, form: Any, client: str) -> bool:
        code = self.codes.get(form.get("code", ""))
        if code is None:
            return False
        verifier = form.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == code["code_challenge"]
        proved = proved or (self.fault == "any verifier" and verifier) or (self.fault == "no verifier" and not verifier)
        same = form.get("redirect_uri") == code["redirect_uri"] or self.fault == "another redirect_uri"
        return bool(proved) and same and (client == code["client_id"] or self.fault == "another client")

    def _granted(self, issuer: str, user: str, scope: str, client: str) -> Response:
        now = time.time()
        claims = {"iss": issuer, "aud": AUDIENCE, "sub": user, "scope": scope, "iat": now, "exp": now + 3600,
                  "jti": secrets.token_hex(8)}  # fmt: skip
        token = jwt.encode(claims, key(), "RS256", headers={"kid": "1"})
        self.given.append(token)
        told = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": scope}
        if client:
            refresh = self._new()
            self.grants[refresh] = (user, scope, client)
            told["refresh_token"] = refresh
        return answered(200, told)

    def _new(self) -> str:
        self.given.append(secrets.token_urlsafe(24))
        return self.given[-1]

    # The notes

    def _notes(self, request: Request, issuer: str) -> Response:
        claims = self._claims(request, issuer)
        self.used[claims["jti"]] += 1
        if self.uses is not None and self.used[claims["jti"]] > self.uses:
            raise Refused(401, **_INVALID)
        wanted = "read" if request.method == "GET" else "write"
        if wanted not in str(claims.get("scope")).split() and self.fault != "any scope":
            raise Refused(403, **{"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{wanted}"'})
        caller = str(claims["sub"])
        if request.method == "GET":
            return answered(200, [note for note in self.notes if note["owner"] == caller])
        told = read(request)
        text = told.get("text") if isinstance(told, dict) else None
        if not isinstance(text, str) or not text:
            return Response("{}", 400, content_type="application/problem+json")
        note = {"id": secrets.token_hex(8), "text": text, "owner": caller}
        self.notes.append(note)
        return answered(201, note)

    def _claims(self, request: Request, issuer: str) -> dict[str, Any]:
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        left_out = {"expired": "verify_exp", "another audience": "verify_aud", "another issuer": "verify_iss"}
        options: Any = {left_out[self.fault]: False} if self.fault in left_out else {}
        try:
            algorithm = jwt.get_unverified_header(token).get("alg") if word.lower() == "bearer" else None
            if algorithm == "HS256" and self.fault == "alg confusion":
                return self._confused(token)
            if str(algorithm).lower() == "none" and self.fault == "unsigned":
                options = {"verify_signature": False}
            claims: dict[str, Any] = jwt.decode(
                token if word.lower() == "bearer" else "", key().public_key(), ["RS256"], options,
                audience=AUDIENCE, issuer=issuer,
            )  # fmt: skip
        except jwt.InvalidTokenError:
            raise Refused(401, **_INVALID) from None
        return claims

    def _confused(self, token: str) -> dict[str, Any]:
        """As libraries of old did that take the public key for a secret, and the header's word for the algorithm."""
        text, _, signature = token.rpartition(".")
        digest = hmac.new(public_pem(), text.encode(), hashlib.sha256).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != signature:
            raise Refused(401, **_INVALID)
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims


def notes(app: Notes) -> AbstractContextManager[str]:
    """The address of a server while the context lasts."""
    return served(app)
