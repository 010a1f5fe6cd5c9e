"""Authentication: every protected operation refuses credentials that are missing, foreign, forged or out of date."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.security_scheme import security_schemes
from specdouble.contract.token_claims import token_claims
from specdouble.verify.carrying import carry
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks import code_flow
from specdouble.verify.cookie_session import is_token_field, is_unsafe, token_fields, token_schemes
from specdouble.verify.creation import creates
from specdouble.verify.exchange import Proof
from specdouble.verify.identity import User
from specdouble.verify.judge import NOT_IMPLEMENTED
from specdouble.verify.oauth import TokenEndpoint, granted_scopes
from specdouble.verify.problem import Broken, Interruption, NotExercised
from specdouble.verify.secret_texts import login_values, with_login_value
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.tokens import is_private, public_keys, signed, token_header
from specdouble.verify.trial import Trial


def plan(session: Session) -> Plan:
    """The cases for every protected operation, and for the login."""
    protected = [one for one in session.contract.operations.values() if one.security and () not in one.security]
    if not protected:
        return
    if protected and not len(session.crowd):
        yield Missing(Names.authentication, "valid credentials: needs users in [tool.specdouble.verify]")
    for operation in protected:
        yield from _of_operation(session, operation)
    if any(token_claims(c) for u in session.crowd for c in u.credentials.values()) and not session.settings.signing:
        yield Missing(Names.authentication, "expired tokens: needs `signing` in the settings, the secret of the tokens")
    yield from _login(session)
    yield from code_flow.plan(session)


def _of_operation(session: Session, operation: Operation) -> Plan:
    promise, about = f"{operation} refuses credentials that are not valid", ids(operation)
    for user in list(session.crowd)[:1]:
        if not session.crowd.may_call(operation.security, user):
            yield Missing(Names.authentication, f"{operation}: no user has credentials for it in the settings")
            continue
        control = partial(_control, operation=operation, user=user)
        yield Case(Names.authentication, f"{operation} takes valid credentials", control, user.name, about)
        if takes_whoever_asks(session, operation):
            reason = (
                "it takes whatever credentials it is sent, and nothing says whose they are: `x-identity`, or `login`"
            )
            yield Missing(Names.authentication, reason, decisive=True)
        for what, scheme in _wrongs(session, operation, user):
            run = partial(_refused, operation=operation, user=user, what=what, scheme=scheme)
            yield Case(Names.authentication, promise, run, what, about)
        for scheme in _others(session, operation, user):
            run = partial(_refused, operation=operation, user=user, what="no credentials", scheme=scheme)
            yield Case(Names.authentication, promise, run, f"all credentials but {scheme}", about)
        yield from _scopes(session, operation, user)
        yield from _csrf(session, operation, user)
    if not len(session.crowd):
        # That others are refused means nothing while none is known that is taken.
        scheme = operation.security[0][0]
        run = partial(_refused, operation=operation, user=User(""), what="no credentials", scheme=scheme)
        yield Case(Names.authentication, promise, run, "no credentials", about)


def takes_whoever_asks(session: Session, operation: Operation) -> bool:
    """Whether the scheme of an operation takes anything that looks like credentials, and nothing says that it must not.

    A name and a password may well be a new user's, and a double cannot know whom a key belongs to.
    """
    user = session.crowd.first
    named = session.crowd.brought(operation, user)
    scheme = _attacked(session, operation, user) if named else None
    if scheme is None or scheme in session.contract.identities or token_claims(user.credentials[scheme]):
        return False
    if scheme == session.crowd.login_scheme():
        return False  # there is a login: what it did not give is nobody's
    if scheme not in session.anybody:
        session.anybody[scheme] = _takes_nonsense(session, named, scheme, user)
    return session.anybody[scheme]


def _takes_nonsense(session: Session, named: tuple[str, ...], scheme: str, user: User) -> bool:
    """Whether a plain read, or a create where nothing is read so, takes credentials that nobody has."""
    for operation in _plain(session, named):
        try:
            parts = session.request(operation, user) if operation.method == "post" else {}
            if _is_open(session, operation, user, scheme, parts):
                continue  # what it shows to everybody says nothing of what the scheme takes
            wrong = shown(session, operation, user, scheme, "nonsense", parts)
            return Trial(session).send(operation, user, **wrong).ok
        except Interruption:
            return False
    return False


def _plain(session: Session, named: tuple[str, ...]) -> list[Operation]:
    """The operations without an id in their path that ask for these schemes and no others: reads, else creates."""
    asking = [one for one in session.contract.operations.values() if named in one.security and () not in one.security]
    plain = [one for one in asking if "{" not in one.path and one.id not in session.selection.left_out]
    found = [one for one in plain if session.guard.forbids(one) is None]
    reads = [one for one in found if one.method == "get"]
    return reads or [one for one in found if one.method == "post" and creates(session.contract, one)]


def _is_open(session: Session, operation: Operation, user: User, scheme: str, parts: Mapping[str, Any]) -> bool:
    """Whether the operation lets in who has no credentials at all."""
    nobody = shown(session, operation, user, scheme, "no credentials", parts)
    return Trial(session).send(operation, user, **nobody).ok


def _attacked(session: Session, operation: Operation, user: User) -> str:
    """The scheme whose credential is changed, of those that the user's request brings."""
    named, tokens = session.crowd.brought(operation, user), token_schemes(session.contract)
    return next((one for one in named if one not in tokens), named[0])


def _others(session: Session, operation: Operation, user: User) -> list[str]:
    """The further schemes that have to be met together with it, where no field would have to hold two credentials."""
    schemes, tokens = security_schemes(session.contract), token_schemes(session.contract)
    first = _attacked(session, operation, user)
    if len(operation.security) > 1 or takes_whoever_asks(session, operation):
        return []  # another alternative may take what this one refuses
    named = [schemes[name] for name in operation.security[0] if name != first and name not in tokens]
    return [one.name for one in named if one.word is None or schemes[first].word is None]


def _wrongs(session: Session, operation: Operation, user: User) -> Iterator[tuple[str, str]]:
    scheme = _attacked(session, operation, user)
    kinds = ["no credentials", "empty", "nonsense", "cut short", "one character other", "one character more"]
    definition = session.contract.security_schemes.get(scheme, {})
    if session.crowd.is_digest(scheme):
        kinds += ["a proof for another path", "a proof for another method"]
        kinds += ["a proof with a nonce of nobody", "a proof with another count"]
    elif definition.get("type") != "apiKey":
        kinds += ["the scheme alone", "another scheme", "a scheme that is none", "no scheme"]
    if token_claims(user.credentials[scheme]):
        kinds += ["unsigned", "unsigned, capitals", "signed by another", "another's claims", "no signature", "long ago"]
        kinds += _signed_wrongs(session, user, scheme)
    else:
        known = user.credentials[scheme]
        kinds += ["in another case"] if known.swapcase() != known else []
        kinds += ["a wildcard", "its first three quarters"]
    if takes_whoever_asks(session, operation):
        kinds = ["no credentials"]
    kinds += ["of another scheme"] if _of_others(user, user.credentials[scheme]) else []
    for kind in kinds:
        yield kind, scheme


def _of_others(user: User, known: str) -> list[str]:
    """The user's further credentials but for tokens: one of those may well be good for two schemes."""
    return [value for value in user.credentials.values() if value != known and not token_claims(value)]


def _signed_wrongs(session: Session, user: User, scheme: str) -> list[str]:
    """What is wrong with tokens that the server's own key has signed, or that its public key has."""
    claims, header = token_claims(user.credentials[scheme]), token_header(user.credentials[scheme])
    kinds = ["the public key for a secret"] if str(header.get("alg"))[:2] in ("RS", "PS") else []
    if scheme in session.settings.signing:
        kinds.append("expired")
        kinds += ["for another audience"] if "aud" in claims else []
        kinds += ["of another issuer"] if "iss" in claims else []
    return kinds


def shown(
    session: Shared, operation: Operation, user: User, scheme: str, what: str, parts: Mapping[str, Any]
) -> dict[str, Any]:
    """The parts of a request with credentials that are wrong in this way, and in no other."""
    known = user.credentials.get(scheme, "")
    headers, query = session.crowd.beside(operation, user, scheme)
    spelled = {
        "no credentials": {}, "the scheme alone": {"Authorization": "Bearer"}, "no scheme": {"Authorization": known},
        "another scheme": {"Authorization": f"Basic {known}"},
        "a scheme that is none": {"Authorization": f"Specdouble {known}"},
    }  # fmt: skip
    if what in spelled:
        return _carrying(parts, {**headers, **spelled[what]}, query)
    if session.crowd.is_digest(scheme):
        return {**parts, "proof": _disproof(session, user, scheme, what, known)}
    definition = session.contract.security_schemes.get(scheme, {})
    carry(definition, _forged(session, user, scheme, what, known), headers, query)
    return _carrying(parts, headers, query)


def _carrying(parts: Mapping[str, Any], headers: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
    """The parts of a request with credentials in the place of the user's own."""
    told = {**parts, "authorization": headers}
    return {**told, "query": {**parts.get("query", {}), **query}} if query else told


def _disproof(session: Shared, user: User, scheme: str, what: str, known: str) -> Proof:
    """A proof (RFC 7616) that is wrong in this way."""
    if what == "a proof for another path":
        return Proof(known, target="/specdouble-elsewhere")
    if what == "a proof for another method":
        return Proof(known, method="PURGE")
    if what == "a proof with a nonce of nobody":
        return Proof(known, nonce="73706563646f75626c65")
    if what == "a proof with another count":
        return Proof(known, miscounted=True)
    return Proof(_forged(session, user, scheme, what, known))


def _forged(session: Shared, user: User, scheme: str, what: str, known: str) -> str:
    """A credential that is wrong in this way."""
    middle = len(known) // 2
    others = _of_others(user, known)
    simple = {
        "empty": "",
        "nonsense": "nonsense:nonsense" if ":" in known else "nonsense",
        "cut short": known[:middle],
        "one character more": known + "x",
        "in another case": known.swapcase(),
        "a wildcard": "%",
        "its first three quarters": known[: 3 * len(known) // 4],
        "one character other": known[:middle]
        + ("A" if known[middle : middle + 1] != "A" else "B")
        + known[middle + 1 :],
        "of another scheme": next(iter(others), ""),
        "no signature": known.rpartition(".")[0] + ".",
    }
    return simple[what] if what in simple else _forged_token(session, user, scheme, what, known)


def _forged_token(session: Shared, user: User, scheme: str, what: str, known: str) -> str:
    """A JSON Web Token of the user's claims that the server did not sign, or that is out of date."""
    claims, now = token_claims(known), int(time.time())
    lasting, signed_one = {**claims, "exp": now + 3600}, {"alg": "HS256", "typ": "JWT"}
    past = {**claims, "iat": now - 10**5, "exp": now - 3600}
    own = {
        "expired": past,
        "for another audience": {**lasting, "aud": "https://specdouble.invalid"},
        "of another issuer": {**lasting, "iss": "https://specdouble.invalid"},
    }
    if what in own:
        return signed_as(known, own[what], session.settings.signing[scheme])
    if what == "the public key for a secret":
        keys = public_keys(session.client, known, session.settings.signing.get(scheme))
        if not keys:
            raise NotExercised("the keys of the issuer are published nowhere")
        session.public_keys.add(keys[0].decode())
        return signed({**token_header(known), "alg": "HS256"}, lasting, keys[0])
    made = {
        "unsigned": ({"alg": "none", "typ": "JWT"}, lasting, None),
        "unsigned, capitals": ({"alg": "NONE", "typ": "JWT"}, lasting, None),
        "signed by another": (signed_one, lasting, "a secret that is not the server's"),
        "long ago": (signed_one, past, "another"),
    }
    if what in made:
        return signed(*made[what])
    header, _, signature = known.split(".")
    others = [one.credentials.get(scheme, "") for one in session.crowd if one.name != user.name]
    other = next((token for token in others if token_claims(token)), "")
    payload = other.split(".")[1] if other else signed({}, {**claims, "exp": now + 10**6}, None).split(".")[1]
    return f"{header}.{payload}.{signature}"


def signed_as(known: str, claims: Mapping[str, Any], key: str) -> str:
    """A token with these claims that the server's own key has signed."""
    return signed(token_header(known) if is_private(key) else {"alg": "HS256", "typ": "JWT"}, claims, key)


def _scopes(session: Session, operation: Operation, user: User) -> Plan:
    """A token that lacks a scope of the operation is no token for it."""
    if len(operation.security) != 1 or len(operation.scopes) != 1:
        return  # another alternative may take what this one refuses
    schemes, asked, endpoint = security_schemes(session.contract), operation.scopes[0], session.sign_in.endpoint
    promise, about = f"{operation} refuses a token without its scopes", ids(operation)
    for scheme in (name for name, scopes in asked.items() if schemes[name].has_scopes and scopes):
        can_ask = endpoint is not None and session.crowd.login_scheme() == scheme
        can_sign = scheme in session.settings.signing and bool(token_claims(user.credentials[scheme]))
        if not can_ask and not can_sign:
            reason = f"a token of {scheme} without a scope: needs `signing`, or `oauth`, in the settings"
            yield Missing(Names.authentication, reason)
            continue
        for scope in asked[scheme]:
            run = partial(_lacking, operation=operation, user=user, scheme=scheme, scope=scope, endpoint=endpoint)
            yield Case(Names.authentication, promise, run, f"without {scope}", about)


def _lacking(
    trial: Trial, operation: Operation, user: User, scheme: str, scope: str, endpoint: TokenEndpoint | None
) -> None:
    session, known = trial.session, user.credentials[scheme]
    claims = token_claims(session.crowd.users[user.name].credentials[scheme])
    left = [one for one in granted_scopes(claims) if one != scope]
    if scope not in granted_scopes(claims):
        raise NotExercised(f"the token of {user.name} does not name the scope {scope}")
    if scheme in session.settings.signing:
        told = {**claims, "scope": " ".join(left), **({"scp": left} if "scp" in claims else {})}
        token = signed_as(known, told, session.settings.signing[scheme])
    else:
        assert endpoint is not None
        token = endpoint.sign_in(session.client, user.account, " ".join(left)).token
    parts = session.request(operation, user)
    headers, query = session.crowd.beside(operation, user, scheme)
    carry(session.contract.security_schemes.get(scheme, {}), token, headers, query)
    exchange = trial.send(operation, user, **_carrying(parts, headers, query))
    if exchange.status not in (401, 403, 404):
        raise Broken(
            f"a token without the scope {scope} to be refused with 403", f"the server answered {exchange.told()}"
        )


def _csrf(session: Session, operation: Operation, user: User) -> Plan:
    """A page of elsewhere has the browser send the session's cookie, and knows nothing of the token beside it."""
    told = session.settings.login.csrf.header if session.settings.login and session.settings.login.csrf else ""
    fields = [told] if told else token_fields(session.contract, operation)
    token = user.session.token if user.session is not None else _held_token(session, operation, user)
    if not token or not fields or not is_unsafe(operation):
        return
    promise = f"{operation} refuses a session's cookie without its token against forged requests"
    for what, forged in (("no token", None), ("another token", token[::-1])):
        run = partial(_cross_site, operation=operation, user=user, fields=fields, token=forged)
        yield Case(Names.authentication, promise, run, what, ids(operation))


def _held_token(session: Session, operation: Operation, user: User) -> str:
    """The token against forged requests that the settings hold beside a session's cookie; empty where they do not."""
    schemes, tokens = security_schemes(session.contract), token_schemes(session.contract)
    named = session.crowd.brought(operation, user) if len(operation.security) == 1 else ()
    if takes_whoever_asks(session, operation) or not any(schemes[name].is_cookie for name in named):
        return ""
    return next((user.credentials[name] for name in named if tokens.get(name) == "header"), "")


def _cross_site(trial: Trial, operation: Operation, user: User, fields: list[str], token: str | None) -> None:
    parts = trial.session.request(operation, user)
    parts["headers"] = {name: one for name, one in parts.get("headers", {}).items() if not is_token_field(name)}
    credentials, query = trial.session.crowd.authorize(trial.call_of(operation, user, parts))
    kept = {name: one for name, one in credentials.items() if name not in fields}
    forged = {} if token is None else dict.fromkeys(fields, token)
    exchange = trial.send(operation, user, **_carrying(parts, {**kept, **forged}, query))
    if exchange.ok:
        raise Broken(
            f"a request with a session's cookie and not with the token in {fields[0]} to be refused",
            f"the server answered {exchange.told()}",
        )
    taken = trial.send(operation, user, **trial.session.request(operation, user))
    if not taken.ok:
        raise NotExercised(f"{operation} is refused with the token too: {taken.told(60)}")


def _control(trial: Trial, operation: Operation, user: User) -> None:
    exchange = trial.send(operation, user, **trial.session.request(operation, user))
    # 403 says who asks is known, and may not (RFC 9110, 15.5.4).
    if exchange.status == 401:
        raise Broken("valid credentials to be taken", f"the server answered {exchange.told()}")


def _refused(trial: Trial, operation: Operation, user: User, what: str, scheme: str) -> None:
    parts = trial.session.request(operation, user)
    wrong = shown(trial.session, operation, user, scheme, what, parts)
    exchange = trial.send(operation, user if user.name else None, **wrong)
    expected = f"credentials that are not valid ({what}) to be refused with 401"
    if exchange.status == 404 and "path" in parts:
        raise NotExercised(f"{operation} looks for its document before it looks at credentials")
    if exchange.status == NOT_IMPLEMENTED:
        raise NotExercised(f"{operation} is not implemented: {exchange.told(60)}")
    lacking = trial.session.baselines.missing((operation.id,))
    if exchange.status in (400, 404, 409, 415, 422) and lacking is not None:
        raise NotExercised(lacking)  # what is wrong with it may be looked at first
    allowed = {401} if "401" in operation.statuses else {401, 403}
    if exchange.status not in allowed:
        raise Broken(expected, f"the server answered {exchange.told()}")
    if exchange.status == 401 and "www-authenticate" not in exchange.headers:
        raise Broken("an answer 401 to say how to authenticate (RFC 9110, 11.6.1)", "it has no WWW-Authenticate")


def _login(session: Session) -> Plan:
    login = session.settings.login
    operation = session.contract.operations.get(login.operation) if login else None
    if operation is None:
        return
    promise, about = f"{operation} refuses what is no user's", ids(operation)
    able = [one for one in session.crowd if one.account.login]
    if not able:
        return
    user, *others = able
    for place, value in login_values(user.account.login):
        for what, wrong in _wrong_values(str(value)):
            run = partial(_wrong_login, operation=operation, user=user, place=place, value=wrong)
            yield Case(Names.authentication, promise, run, f"{user.name} with {what} {place[-1]}", about)
    for other in others:
        run = partial(_mixed_login, operation=operation, user=user, other=other)
        yield Case(Names.authentication, promise, run, f"{user.name} with {other.name}'s secret", about)


def _wrong_values(value: str) -> Iterator[tuple[str, str]]:
    """What is near a value that somebody signs in with, and not it, with a word for each."""
    yield "another", f"x{value}"
    if "@" not in value:
        yield "none", ""
    yield "cut", value[:-1]
    yield "long", f"{value}x"


def _wrong_login(trial: Trial, operation: Operation, user: User, place: tuple[str, ...], value: str) -> None:
    exchange = trial.send(operation, None, body=with_login_value(user.account.login, place, value))
    if not exchange.refused:
        raise Broken(f"a login with a wrong {place[-1]} to be refused", f"the server answered {exchange.status}")


def _mixed_login(trial: Trial, operation: Operation, user: User, other: User) -> None:
    own, others = dict(login_values(user.account.login)), dict(login_values(other.account.login))
    place = list(own)[-1]  # what is secret is written last
    if place not in others or own[place] == others[place]:
        raise NotExercised(f"{user.name} and {other.name} have the same {place[-1]}")
    mixed = with_login_value(user.account.login, place, others[place])
    exchange = trial.send(operation, None, body=mixed)
    if not exchange.refused:
        raise Broken("a login with another's secret to be refused", f"the server answered {exchange.status}")
