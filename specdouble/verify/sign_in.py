"""How users sign in: by the operation of a login, or at a token endpoint, and again when a token is no longer taken."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from specdouble.contract import Operation
from specdouble.contract.kind import suggestion
from specdouble.contract.pointer import look_up
from specdouble.verify.client import Client
from specdouble.verify.cookie_session import CookieSession, token_fields, token_page, token_schemes
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import Crowd, User
from specdouble.verify.oauth import TokenEndpoint
from specdouble.verify.problem import CouldNotRun, Trouble, Unanswered, WrongUse
from specdouble.verify.settings import Login

ATTEMPTS = 3  # at a login that is not answered
PREFIXES = ("", "Bearer ", "Token ", "token ", "JWT ")  # of tokens that are sent as a key


class SignIn:
    """Gets the credentials of users.

    Args:
        crowd: the users; they become known by what they get.
        client: what asks.
        endpoint: where tokens are asked for; None where no token endpoint gives them.
    """

    def __init__(self, crowd: Crowd, client: Client, endpoint: TokenEndpoint | None) -> None:
        self._crowd, self._client, self.endpoint = crowd, client, endpoint
        self._contract = crowd.contract

    def all(self) -> None:
        """Get a token for each user and learn who they are.

        Raises:
            CouldNotRun: the server takes none of them.
        """
        for name in self._crowd.users:
            self.renew(name)
        if self._seek_token_prefix():
            for name in self._crowd.users:
                self.renew(name)

    def renew(self, name: str) -> None:
        """Get a new token for one user."""
        if self.endpoint is not None:
            self._renew_by_oauth(name, self.endpoint)
            return
        user, login, scheme = self._crowd.users[name], self._crowd.settings.login, self._crowd.login_scheme()
        if login is not None and scheme is not None and user.account.login and scheme not in user.account.credentials:
            user = self._logged_in(user, login, scheme)
        self._crowd.become(user)

    def _seek_token_prefix(self) -> bool:
        """Find what stands before a token in the header `Authorization`, where the contract calls it a key.

        OpenAPI has no word for schemes that are not registered, such as `Token`.
        """
        scheme, user = self._crowd.login_scheme(), self._crowd.first
        definition = self._contract.security_schemes.get(scheme or "", {})
        token = user.credentials.get(scheme or "")
        if definition.get("type") != "apiKey" or str(definition.get("name")).lower() != "authorization" or not token:
            return False
        operation = self._plain_read(str(scheme))
        if operation is None:
            return False
        for prefix in PREFIXES:
            answer = self._client.send(Call(operation, user.name, authorization={"Authorization": prefix + token}))
            if answer.status not in (401, 403):
                self._crowd.token_prefix = prefix
                break
        return bool(self._crowd.token_prefix)

    def _plain_read(self, scheme: str) -> Operation | None:
        """An operation that reads, needs no document, and takes the scheme alone."""
        reads = (one for one in self._contract.operations.values() if one.method == "get" and "{" not in one.path)
        return next((one for one in reads if one.security == ((scheme,),)), None)

    def _renew_by_oauth(self, name: str, endpoint: TokenEndpoint) -> None:
        """By the refresh token where there is one, else from the beginning."""
        user = self._crowd.users[name]
        granted = endpoint.refresh(self._client, user.account, user.refresh_token) if user.refresh_token else None
        granted = granted or endpoint.sign_in(self._client, user.account)
        credentials = {**user.credentials, endpoint.scheme.name: granted.token}
        self._crowd.become(replace(user, credentials=credentials, refresh_token=granted.refresh_token))

    def _logged_in(self, user: User, login: Login, scheme: str) -> User:
        """The user with what the login gives: a cookie of a session, or a token in its answer."""
        session = CookieSession(login.csrf.cookie if login.csrf else "")
        answer = self._log_in(user, login, session)
        definition = self._crowd.security_scheme(scheme)
        token = session.cookies.get(definition.key) if definition.is_cookie else None
        if token is None:
            token = self._crowd.token_prefix + _token(user, login, answer)
        held = {**user.credentials, scheme: token, **self._crowd.csrf_credentials(session)}
        keeps = definition.is_cookie or bool(session.token)
        told = answer.json if answer.json is not ... else None
        return replace(user, credentials=held, session=session if keeps else None, answer=told)

    def _log_in(self, user: User, login: Login, session: CookieSession) -> Exchange:
        """The answer to the login; the session has the cookies and the token of it."""
        operation = self._login_operation(login)
        try:
            self._meet_page(login, session)
            headers = self._crowd.token_headers(operation, session)
            cookies = {"Cookie": session.sent()} if session.cookies else None
            body = dict(user.account.login)
            answer = self._sent(Call(operation, body=body, has_body=True, headers=headers, authorization=cookies))
        except Trouble as trouble:
            raise CouldNotRun(f"{user.name} cannot sign in: {trouble}") from None
        before = dict(session.cookies)
        session.keep(answer.cookies)
        # A page that was signed in at leads on to another one, and one that refuses leads back to itself.
        leads_on = 300 <= answer.status < 400 and session.cookies != before
        if not answer.ok and not leads_on:
            advice = "check the user's entry in [tool.specdouble.verify], or how the server wants to be signed in to"
            raise CouldNotRun(f"{user.name} cannot sign in: {operation} answers {answer.told(100)}; {advice}")
        session.keep_told(answer.json, answer.headers, login.csrf.token if login.csrf else "")
        return answer

    def _sent(self, call: Call) -> Exchange:
        """The answer to a login, sent again where the connection was dropped: to sign in twice changes nothing."""
        for _ in range(ATTEMPTS - 1):
            with suppress(Unanswered):
                return self._client.send(call)
        return self._client.send(call)

    def _login_operation(self, login: Login) -> Operation:
        operation = self._contract.operations.get(login.operation)
        if operation is None:
            taking = [name for name, one in self._contract.operations.items() if one.body]
            advice = suggestion(login.operation, taking)
            raise WrongUse(f"`login` names the operation `{login.operation}`, which the contract has not: {advice}")
        return operation

    def _meet_page(self, login: Login, session: CookieSession) -> None:
        """Ask for the page before the login, which gives the token that the login has to be sent with."""
        csrf, operation = login.csrf, self._contract.operations[login.operation]
        if csrf is None and not token_schemes(self._contract) and not self._declares_csrf():
            return
        page = (csrf.page if csrf else "") or token_page(self._contract) or operation.path
        session.page = page.removeprefix(self._client.base_path)
        answer = self._client.read_page(session.page)
        session.keep(answer.cookies)
        if answer.ok:
            session.keep_told(answer.json, answer.headers, csrf.token if csrf else "")

    def _declares_csrf(self) -> bool:
        return any(token_fields(self._contract, one) for one in self._contract.operations.values())


def _token(user: User, login: Login, answer: Exchange) -> str:
    """The token in the answer to a login."""
    operation = answer.call.operation
    if answer.json is ...:
        raise CouldNotRun(f"{user.name} cannot sign in: {operation} answers {answer.told(60)}, no JSON that is read")
    token = _text_at(answer.json, login.token)
    if token is None:
        raise CouldNotRun(f"the answer of {operation} holds no token at {login.token}: correct `login.token`")
    return token


def _text_at(document: object, place: str) -> str | None:
    """The text that a JSON pointer leads to; None where it leads to none."""
    try:
        found = look_up(document, place) if place else None
    except (LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None
