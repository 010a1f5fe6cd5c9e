"""The provider as an ASGI application: its endpoints, and who may reach them from where.

Clients in browsers are of other origins, as they are for a real provider: what they fetch (tokens, keys, discovery,
user information) answers them, but never with cookies. What users are led to (the pages of sign-in) has no CORS at all,
and takes a choice from no other page than its own.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from time import time
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from specdouble.contract.security_scheme import WELL_KNOWN, own_issuer, own_path, scopes_of, security_schemes
from specdouble.double.http.asgi import Receive, Scope, Send
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.credentials import Credentials
from specdouble.double.http.served import Served
from specdouble.double.provider import pages
from specdouble.double.provider.forms import chosen_in, fields_of, hold_to_one_client, hold_to_own_page, paths_with_json
from specdouble.double.provider.information import information
from specdouble.double.provider.metadata import metadata
from specdouble.double.provider.redirects import Redirects
from specdouble.double.provider.refusals import (
    bearer_error_answer,
    error_answer,
    nowhere_page,
    reason_of,
    refusal_page,
    sent_back,
)
from specdouble.double.provider.response_mode import answered_at, unsupported
from specdouble.double.provider.sign_ins import Session, SignIns
from specdouble.double.state.access_tokens import PROVIDER
from specdouble.double.state.accounts import Account
from specdouble.double.state.journal import recorded
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD

if TYPE_CHECKING:
    from specdouble.double.provider.authorization import Server

Endpoint = Callable[[Request], Awaitable[Response]]

OWN = PROVIDER + "/own"  # where the endpoints of an issuer stand that the contract itself names
OAUTH_WELL_KNOWN = "/.well-known/oauth-authorization-server"
_log = logging.getLogger("specdouble")
_COOKIE = "specdouble_session"
# The contract's names of URLs, and the endpoints that answer at them.
_NAMED = {"authorizationUrl": "authorize", "tokenUrl": "token", "refreshUrl": "token",
          "deviceAuthorizationUrl": "device_authorization"}  # fmt: skip
_FETCHED = {"token", "revoke", "device_authorization", "userinfo", "jwks", "discovery"}
# A HEAD is safe (RFC 9110, 9.2.1), and who looks a link up sends one: it signs nobody in, and nobody out.
_READ = ("GET", "HEAD", "POST")
_METHODS = {"token": ("POST",), "revoke": ("POST",), "introspect": ("POST",), "device_authorization": ("POST",),
            "jwks": ("GET", "HEAD"), "discovery": ("GET", "HEAD"), "authorize": ("GET", "POST"),
            "logout": ("GET", "POST")}  # fmt: skip


class Provider:
    """Answers the paths of the provider.

    Args:
        double: whose users sign in.
        sign_ins: what they have granted.
        redirects: where they may be sent.
        taken: the paths that the contract's own handlers answer: those are left to them.
    """

    def __init__(
        self, double: Served, sign_ins: SignIns, redirects: Redirects, taken: frozenset[str] = frozenset()
    ) -> None:
        self._double, self._sign_ins = double, sign_ins
        self._redirects = redirects
        self._issuer = own_issuer(double.contract)
        self.paths = {path: name for path, name in _paths(double).items() if path not in taken}
        self._taking_json = paths_with_json(double.contract)
        self._endpoints: dict[str, Endpoint] = {
            "authorize": self._authorize, "token": self._token, "revoke": self._revoke, "introspect": self._introspect,
            "device_authorization": self._device_authorization, "device": self._device, "userinfo": self._userinfo,
            "session": self._session, "logout": self._logout, "jwks": self._jwks, "discovery": self._discovery,
        }  # fmt: skip
        self._cors = CORSMiddleware(
            self._answer, allow_origins=["*"], allow_methods=["GET", "POST"], allow_headers=["*"],
            expose_headers=["WWW-Authenticate"],
        )  # fmt: skip

    def serves(self, path: str) -> bool:
        """Whether the path is the provider's."""
        return path in self.paths or path.startswith(PROVIDER + "/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        scope = self._double.address.seen(scope)
        name = self._named(scope["path"])
        answer = self._cors if name in _FETCHED else self._answer
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, arrived = Request(scope, receive), time()
        response = await self._responded(request)
        await response(scope, receive, send)
        self._record(request, response, arrived)

    def _record(self, request: Request, response: Response, arrived: float) -> None:
        """Keep the exchange in the journal, without what it may have of secrets: query, bodies, redirects."""
        world = request.headers.get("x-specdouble-world", DEFAULT_WORLD)
        exchange = recorded(
            time=arrived,
            seconds=time() - arrived,
            world=world,
            method=request.method,
            path=request.url.path,
            status=response.status_code,
            why=reason_of(response),
        )
        self._double.journal.record(exchange)

    async def _responded(self, request: Request) -> Response:
        name = self._named(request.url.path)
        if name is None:
            return error_answer(
                404, "not_found", f"the provider has no {request.url.path}: {WELL_KNOWN} tells what it has"
            )
        methods = _METHODS.get(name, _READ)
        if request.method not in methods:
            refused = error_answer(
                405, "invalid_request", f"{name} takes {', '.join(methods)}, not {request.method[:20]}"
            )
            refused.headers["Allow"] = ", ".join(methods)
            return refused
        try:
            return await self._endpoints[name](request)
        except Problem as problem:
            return error_answer(problem.status, "invalid_request", problem.detail or problem.words)
        except ValueError:  # what Authlib makes of a request that is no text
            return error_answer(400, "invalid_request", "the request has characters that it must not have")
        except Exception:
            _log.exception("the provider cannot answer %s %s", request.method, request.url.path)
            return error_answer(500, "server_error", "the log of the double says why")

    def _named(self, path: str) -> str | None:
        """The endpoint at a path."""
        if path in self.paths:
            return self.paths[path]
        for prefix in (OWN, PROVIDER):
            if path.startswith(prefix + "/"):
                rest = path.removeprefix(prefix)
                name = "discovery" if rest in (WELL_KNOWN, OAUTH_WELL_KNOWN) else rest.removeprefix("/")
                return name if name in self._endpoints and (name != "discovery" or rest != "/discovery") else None
        return None

    # Signing in

    async def _authorize(self, request: Request) -> Response:
        """The page, or the answer that is sent to the client, in the way that it asked for (`response_mode`)."""
        form = await self._form(request)
        chosen = chosen_in(form)
        if chosen is not None:
            hold_to_own_page(request)
        pairs = [*request.query_params.multi_items(), *(form if chosen is None else ())]
        server = self._server(request, pairs)
        asked = server.request.payload.data
        response = self._authorized(request, server, chosen)
        place = response.headers.get("location")
        if place is not None:
            response.headers["location"] = answered_at(place, asked.get("response_mode", ""), self._issuer_of(request))
        return response

    def _authorized(self, request: Request, server: Server, chosen: str | None) -> Response:
        """What is answered to a client, where nobody is asked first who signs in."""
        from specdouble.double.provider.authorization import OAuth2Error

        asked = server.request.payload.data
        to = asked.get("redirect_uri", "")
        if not self._redirects.allows(to):
            return nowhere_page(to)
        unable = unsupported(asked)
        if unable is not None:
            return sent_back(to, asked, *unable)
        session, user = self._current(request)
        server.session = session
        if chosen is not None:
            user = self._chosen_user(server.setting.world, chosen)
            server.session = self._begun(user, server) if user else ""
        try:
            grant = server.get_consent_grant(server.request, user)
        except OAuth2Error as error:
            return server.handle_error_response(server.request, error) if error.redirect_uri else refusal_page(error)
        if chosen is None and (
            user is None or grant.prompt in ("login", "select_account") or self._is_old(asked, request)
        ):
            if "none" in asked.get("prompt", "").split():
                return sent_back(to, asked, "login_required", "Nobody has signed in.")
            return self._choice(request, server, to)
        response: Response = server.create_authorization_response(server.request, user, grant)
        if chosen and server.session:
            _set_session(response, server.session, is_secure=request.url.scheme == "https")
        return response

    def _choice(self, request: Request, server: Server, to: str) -> Response:
        asked = server.request.payload.data
        title = f"Sign in to {self._double.contract.title}"
        # Relative, for a proxy may have put a prefix before it.
        action = "?" + request.url.query if request.method == "GET" else ""
        hidden = {} if action else dict(asked)
        if action and asked.get("scope"):
            hidden = {"scope": asked["scope"]}
        accounts = self._double.accounts.all(server.setting.world)
        return pages.choice(title, accounts, asked.get("login_hint", ""), action, hidden, to)

    def _chosen_user(self, world: World, chosen: str) -> Account | None:
        """Who was chosen, by id as the page does it or by name as people do; None for nobody.

        Raises:
            Problem: 400, nobody is called so.
        """
        account = self._double.accounts.named(world, chosen) if chosen else None
        if chosen and account is None:
            known = self._double.accounts.known(world)
            raise Problem(400, detail=f"nobody is called {chosen[:100]}: there are {known}")
        return account

    def _current(self, request: Request) -> tuple[str, Account | None]:
        """The session of the browser, and who has signed in."""
        name = read_cookies(dict(request.scope["headers"])).get(_COOKIE, "")
        session = self._sign_ins.sessions.get(name)
        if session is None:
            return "", None
        return name, self._double.accounts.of_id(self._world(request), session.subject)

    def _begun(self, user: Account, server: Server) -> str:
        return self._sign_ins.sessions.put(Session(user.subject, server.setting.now))

    def _is_old(self, asked: Mapping[str, str], request: Request) -> bool:
        """Whether the user signed in longer ago than the client takes (`max_age`)."""
        age = asked.get("max_age", "")
        session = self._sign_ins.sessions.get(self._current(request)[0])
        return age.isascii() and age.isdigit() and session is not None and self._now() - session.since > int(age[:12])

    async def _session(self, request: Request) -> Response:
        """Sign a user in by the cookies that the contract declares, for pages that have no login of their own."""
        to = request.query_params.get("redirect_uri", "")
        if to and not self._redirects.allows(to):
            return nowhere_page(to)
        world = self._world(request)
        chosen = chosen_in(await self._form(request))
        if chosen is None:
            title = f"Sign in to {self._double.contract.title}"
            action = "?" + request.url.query if request.url.query else ""
            return pages.choice(title, self._double.accounts.all(world), "", action, {}, to)
        hold_to_own_page(request)
        account = self._chosen_user(world, chosen)
        response = RedirectResponse(to, 303) if to else pages.message("Done", "You can close this page.")
        for name, value in self._cookies(world, account):
            response.set_cookie(name, value, httponly=True, samesite="lax", path="/")
        return response

    def _cookies(self, world: World, account: Account | None) -> Iterator[tuple[str, str]]:
        """The cookies that make a browser that user's."""
        credentials = Credentials(self._double)
        for scheme in credentials.schemes.values():
            if account is not None and scheme.is_cookie:
                try:
                    value = credentials.credential(world, scheme, account.name)
                except Problem:
                    continue  # a user without a key
                yield scheme.key, value

    # Tokens

    async def _token(self, request: Request) -> Response:
        form = await self._form(request)
        if not dict(form).get("grant_type"):
            raise Problem(400, detail="Missing 'grant_type' in request.")
        hold_to_one_client(request, form)
        server = self._server(request, form)
        return server.create_token_response(server.request)  # type: ignore[no-any-return]

    async def _revoke(self, request: Request) -> Response:
        return await self._by_authlib("revocation", request)

    async def _introspect(self, request: Request) -> Response:
        return await self._by_authlib("introspection", request)

    async def _device_authorization(self, request: Request) -> Response:
        return await self._by_authlib("device_authorization", request)

    async def _by_authlib(self, name: str, request: Request) -> Response:
        form = await self._form(request)
        hold_to_one_client(request, form)
        server = self._server(request, form)
        return server.create_endpoint_response(name, server.request)  # type: ignore[no-any-return]

    # Devices

    async def _device(self, request: Request) -> Response:
        form = await self._form(request)
        code = dict(form).get("user_code") or request.query_params.get("user_code", "")
        if not code:
            return pages.entry("device")
        client, now = request.client.host if request.client else "", self._now()
        wait = self._sign_ins.guesses.wait(client, now)
        if wait:
            told = pages.message("Too many wrong codes", f"Enter the code of the device again in {wait} seconds.", 429)
            told.headers["Retry-After"] = str(wait)
            return told
        device = self._sign_ins.device_of(code)
        if device is None or device.ends < now:
            self._sign_ins.guesses.note(client, now)
            return pages.entry("device", "No device waits with this code.")
        chosen = chosen_in(form)
        if chosen is None:
            accounts = self._double.accounts.all(self._world(request))
            title = f"Let {device.grant.client} act for you"
            return pages.choice(title, accounts, "", "device", {"user_code": code, "scope": device.grant.scope})
        hold_to_own_page(request)
        account = self._chosen_user(self._world(request), chosen)
        device.is_denied, device.grant.subject = account is None, account.subject if account else ""
        device.grant.auth_time = now
        return pages.message("Done", "You can close this page, and go on with the device.")

    # What clients are told

    async def _userinfo(self, request: Request) -> Response:
        sent = request.headers.get("authorization", "")
        word, _, token = sent.partition(" ")
        if word.lower() != "bearer":
            token = dict(await self._form(request)).get("access_token", "")
        claims = self._double.access_tokens.verify(token.strip())
        account = None if claims is None else self._double.accounts.of_id(self._world(request), str(claims["sub"]))
        if claims is None or account is None:
            return bearer_error_answer(401, "invalid_token", "the token is none of this provider's, or is over")
        scopes = str(claims["scope"]).split()
        if "openid" not in scopes:
            return bearer_error_answer(403, "insufficient_scope", "the token lacks the scope openid")
        return JSONResponse(information(account, scopes), headers={"Cache-Control": "no-store"})

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(self._double.access_tokens.keys.public(), headers={"Cache-Control": "no-cache"})

    async def _discovery(self, request: Request) -> Response:
        return JSONResponse(metadata(self._issuer_of(request), self._endpoints_at(request), self._scopes()))

    def _scopes(self) -> list[str]:
        found: dict[str, None] = {}
        for scheme in security_schemes(self._double.contract).values():
            found.update(dict.fromkeys(scopes_of(self._double.contract, scheme) if scheme.has_scopes else ()))
        return list(found)

    # Signing out

    async def _logout(self, request: Request) -> Response:
        from specdouble.double.provider.authorization import OAuth2Error

        server = self._server(request, [*request.query_params.multi_items(), *await self._form(request)])
        server.session = self._current(request)[0]
        try:
            asked = server.validate_endpoint_request("end_session", server.request)
        except OAuth2Error as error:
            return refusal_page(error)
        wanted = server.request.payload.data.get("post_logout_redirect_uri", "")
        if wanted and not self._redirects.allows(wanted):
            return nowhere_page(wanted)
        response = server.create_endpoint_response("end_session", asked)
        if response is None and wanted:
            # Without a hint nobody says which client asks: any is known, and it is sent nowhere but where it may be.
            response = sent_back(wanted, server.request.payload.data)
        response = response or pages.message("Signed out", "You can close this page.")
        for name in (
            _COOKIE,
            *(scheme.key for scheme in Credentials(self._double).schemes.values() if scheme.is_cookie),
        ):
            response.delete_cookie(name, httponly=True, samesite="lax")
        return response

    # Where it is asked

    async def _form(self, request: Request) -> list[tuple[str, str]]:
        return await fields_of(request, takes_json=request.url.path in self._taking_json)

    def _server(self, request: Request, pairs: list[tuple[str, str]]) -> Server:
        from specdouble.double.provider.authorization import Asked, Server, Setting

        base = str(request.base_url).rstrip("/")
        setting = Setting(
            self._double, self._sign_ins, self._world(request), self._issuer_of(request),
            f"{base}{PROVIDER}/device", self._redirects,
        )  # fmt: skip
        return Server(setting, Asked(request.method, request.headers, pairs))

    def _world(self, request: Request) -> World:
        cookies = read_cookies(dict(request.scope["headers"]))
        named = request.headers.get("x-specdouble-world") or cookies.get("x-specdouble-world")
        return self._double.world(named or DEFAULT_WORLD)

    def _now(self) -> int:
        return int(self._double.clock.seconds())

    def _is_own(self, path: str) -> bool:
        """Whether a path belongs to the issuer that the contract names."""
        return self._issuer is not None and (path in self.paths or path.startswith(OWN + "/"))

    def _issuer_of(self, request: Request) -> str:
        base, path = str(request.base_url).rstrip("/"), request.url.path
        if path.startswith(OAUTH_WELL_KNOWN):
            return base + PROVIDER
        return f"{base}{self._issuer}" if self._is_own(path) else base + PROVIDER

    def _endpoints_at(self, request: Request) -> str:
        base = str(request.base_url).rstrip("/")
        is_own = self._is_own(request.url.path) and not request.url.path.startswith(OAUTH_WELL_KNOWN)
        return base + (OWN if is_own else PROVIDER)


def _paths(double: Served) -> dict[str, str]:
    """The endpoints by the paths at which the contract names them, where that is on its own server."""
    # RFC 8414, 3.1: a prefix stands behind the well-known part, where a proxy that passes it on does not look.
    prefixes = ("", double.address.root_path)
    found = {OAUTH_WELL_KNOWN + prefix + PROVIDER: "discovery" for prefix in prefixes}
    for scheme in security_schemes(double.contract).values():
        for flow in scheme.flows.values():
            named = {own_path(double.contract, url): _NAMED[name] for name, url in flow.urls.items()}
            found.update({path: name for path, name in named.items() if path is not None})
        discovery = own_path(double.contract, scheme.discovery) if scheme.discovery else None
        if discovery is not None and discovery.endswith(WELL_KNOWN):
            found[discovery] = "discovery"
    return found


def _set_session(response: Response, session: str, *, is_secure: bool) -> None:
    """Have the browser keep a session; with TLS also in frames of other sites, where clients renew tokens silently."""
    response.set_cookie(
        _COOKIE, session, httponly=True, samesite="none" if is_secure else "lax", secure=is_secure, path="/"
    )
