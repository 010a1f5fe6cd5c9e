"""A failure as something to be played again: its requests as data, secrets and ids of earlier answers as variables."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from specdouble.contract import PropertyRule
from specdouble.contract.pointer import tokens
from specdouble.contract.token_claims import token_claims
from specdouble.printable import UNPRINTABLE
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.secret_texts import near_secrets, variable
from specdouble.verify.session import Session
from specdouble.verify.symptom import symptom_of
from specdouble.verify.tokens import signs
from specdouble.verify.verdict import Failure
from specdouble.verify.wrapper import unwrapped

SHORTEST_ID = 6
SHORTEST_PART = 4  # characters of a secret that is looked for within other texts
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<number>-?\d[\d.eE+-]*)')  # of JSON: texts, and numbers beside them
LONGEST_BODY = 256 * 1024  # bytes of an answer that are kept
# What a client says for itself, and how Schemathesis knows its own cases again: no part of what shows a failure.
OWN_FIELDS = (
    "host", "content-length", "user-agent", "accept-encoding", "connection", "transfer-encoding",
    "x-schemathesis-testcaseid",
)  # fmt: skip
JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
TIMES = ("exp", "iat", "nbf")

Pieces = str | list[str | dict[str, Any]]


def reproduction(session: Session, failure: Failure) -> dict[str, Any]:
    """What `specdouble replay`, a failure's script and its curl lines are made from.

    A text with variables in it is a list of its parts: `["Bearer ", {"variable": "ADA_TOKEN"}]`.
    """
    return _Reproduction(session, failure).data()


class _Reproduction:
    def __init__(self, session: Session, failure: Failure) -> None:
        self.session, self.failure = session, failure
        self.steps = self._complete(failure.steps)
        self.captured: dict[str, str] = {}  # values of earlier answers, by the variable that holds them
        self.captures: dict[int, dict[str, list[str | int]]] = {}
        self.secrets = session.crowd.secrets()
        self.near: dict[str, Any] = {
            near: [one if isinstance(one, str) else {"variable": name, **one} for one in pieces]
            for known, name in self.secrets.items()
            for near, pieces in near_secrets(known).items()
        }
        self.run = re.compile(
            # Numbered, before or after; or without a number where there was no room for one.
            rf"(?<![0-9A-Za-z]){session.fresh.run}(?=[-\d])|(?<=[0-9A-Za-z][- ]){session.fresh.run}(?![0-9A-Za-z])",
            re.IGNORECASE,
        )

    def data(self) -> dict[str, Any]:
        """The whole of it."""
        deciding, symptom = symptom_of(self.failure, self.steps)
        self._plan_captures()
        steps = [self._step(number, step) for number, step in enumerate(self.steps)]
        logins = list(self._logins(json.dumps(steps)))
        used = json.dumps([steps, logins])
        return {
            "url": self.session.client.url,
            "run": self.session.fresh.run if '"RUN"' in used else "",
            "pause": self.session.settings.tick,
            "secrets": {name: told for name, told in self._told_secrets() if f'"{name}"' in used},
            "logins": logins,
            "steps": steps,
            "deciding": deciding,
            "symptom": symptom,
        }

    def _complete(self, steps: Iterable[Exchange]) -> list[Exchange]:
        """The steps, each after those of other cases that made what it refers to."""
        steps = list(steps)
        before: list[Exchange] = []
        own = {self.session.ledger.kinds.made_by(step.call.operation) for step in steps}
        met = [*steps]  # what is under way, too: two may name each other, where an id was given a second time

        def add(step: Exchange) -> None:
            for origin in self._origins(step, own):
                if all(origin is not one for one in met):
                    met.append(origin)
                    add(origin)
                    before.append(origin)

        for step in steps:
            add(step)
        return [*before, *steps]

    def _origins(self, step: Exchange, own: Collection[str | None]) -> Iterator[Exchange]:
        """What made the documents that a request names: by their ids; by number, where it says what it names by it.

        Of kinds that the steps make themselves the number is theirs: some servers give one again.
        """
        origins, made = self.session.referents.origins, self.session.referents.made
        yield from (origins[text] for text in _sent_texts(step) if text in origins)
        for kind, value in self._named(step):
            origin = made.get((kind, str(value)))
            if origin is not None and kind not in own:
                yield origin

    def _named(self, step: Exchange) -> Iterator[tuple[str, Any]]:
        """The collection and id of each document that a request says it names: in its path, and in its body."""
        session, call = self.session, step.call
        for _, kind, value in session.ledger.kinds.named(call.operation, call.path):
            yield kind, value
        held = unwrapped(session.contract, call.operation, call.body)
        if not isinstance(held, dict):
            return
        subject = session.written(call.operation)
        ruled = subject.resource.of(PropertyRule) if subject is not None else ()
        referring = {rule.name: rule.refers_to for rule in ruled if rule.refers_to and not rule.refers_by}
        for name, value in held.items():
            collection = referring.get(name) or session.named_in(subject, name)
            if collection is not None:
                yield from ((collection, one) for one in (value if isinstance(value, list) else [value]))

    def _plan_captures(self) -> None:
        """Find the values that a later request takes from an earlier answer."""
        sent: set[str] = set()
        for number, step in enumerate(self.steps):
            sent |= set(_sent_texts(step))
            later = {text for other in self.steps[number + 1 :] for text in _sent_texts(other)}
            for value, path in _leaves(step.json):
                text = str(value)
                own = isinstance(value, str) and len(text) >= SHORTEST_ID and text not in sent
                is_id = isinstance(value, int) and not isinstance(value, bool) and path and str(path[-1]).endswith("id")
                if not (own or (is_id and not _was_sent(step, path[-1], value))) or text not in later:
                    continue  # an earlier request chose it, or no later one sends it
                if text not in self.captured and text not in self.secrets:
                    name = f"ID{len(self.captured) + 1}"
                    self.captured[text] = name
                    self.captures.setdefault(number, {})[name] = list(path)

    # Requests

    def _step(self, number: int, step: Exchange) -> dict[str, Any]:
        headers = {name: value for name, value in step.sent_headers.items() if name.lower() not in OWN_FIELDS}
        told: dict[str, Any] = {
            "method": step.method,
            "path": self._address(step),
            "headers": {name: self._field(step, name, value) for name, value in headers.items()},
            "body": self._body(step.sent),
            "answer": {
                "status": step.status,
                "headers": {name: value for name, value in step.headers.items() if name != "set-cookie"},
                "body": step.content[:LONGEST_BODY].decode("utf-8", "replace"),
            },
        }
        if step.call.proof is not None or self.session.crowd.proved_by(step.call):
            told["headers"].pop("Authorization", None)
            told["proof"] = self._proof(step)
        if step.call.together is not None:
            told["together"] = step.call.together
        if step.call.waited > self.session.settings.tick:
            told["pause"] = step.call.waited
        if number in self.captures:
            told["captures"] = self.captures[number]
        return told

    def _address(self, step: Exchange) -> Pieces:
        base = self.session.client.url
        path = step.url[len(base) :] if step.url.startswith(base) else "/" + step.url.split("/", 3)[-1]
        marks = {quote(value, safe=""): one for value, one in (self._marks() | self.near).items()}
        return _joined(self._with_run(_marked([path], marks)))

    def _field(self, step: Exchange, name: str, value: str) -> Pieces:
        """The value of a header field."""
        scheme, space, credential = value.partition(" ")
        if name.lower() == "authorization" and space:
            if scheme.lower() == "basic":
                plain = {base64.b64encode(known.encode()).decode(): one for known, one in self.secrets.items()}
                known = plain.get(credential)
                if known:
                    return [f"{scheme} ", {"variable": known, "as": "base64"}]
                near = {base64.b64encode(one.encode()).decode(): pieces for one, pieces in self.near.items()}
                return [f"{scheme} ", {"base64": near[credential]}] if credential in near else value
            return _joined([f"{scheme} ", *self._credential(step, credential)])
        return _joined(self._credential(step, value))

    def _proof(self, step: Exchange) -> dict[str, Any]:
        """What a request proves by Digest, anew for each challenge."""
        proof = step.call.proof
        credential = proof.credential if proof else self.session.crowd.proved_by(step.call) or ""
        told: dict[str, Any] = {"credential": _joined(_marked([credential], self._marks() | self.near))}
        changes = {name: getattr(proof, name, None) for name in ("target", "nonce", "method", "miscounted")}
        return told | {name: value for name, value in changes.items() if value}

    def _credential(self, step: Exchange, value: str) -> list[str | dict[str, Any]]:
        if value in self.secrets:
            return [{"variable": self.secrets[value]}]
        if value in self.near:
            return list(self.near[value])
        if JWT.fullmatch(value):
            user = step.call.user
            if step.call.shows_own_credentials and user:  # a token of before it was renewed
                return [{"variable": variable(user, "token")}]
            return [{"token": self._token(step, value)}]
        return _marked([value], self._marks() | self.near)

    def _token(self, step: Exchange, value: str) -> dict[str, Any]:
        """A JSON Web Token that nobody was given, as what it is made of."""
        header = token_claims(f".{value.partition('.')[0]}.")
        claims = token_claims(value)
        signature = value.rpartition(".")[2]
        times = {name: int(claims[name] - step.started) for name in TIMES if isinstance(claims.get(name), int | float)}
        signed: dict[str, str] = {"secret": "a secret that is not the server's"} if signature else {}
        for known, name in self.secrets.items():
            if known.rpartition(".")[2] == signature and signature and "." in known:
                signed = {"like": name}
        for public in self.session.public_keys if signature else ():
            if signs(public, value):
                signed = {"secret": public}  # everybody knows it
        for scheme, key in self.session.settings.signing.items():
            if signature and signs(key, value):
                signed = {"variable": variable(scheme, "signing_key")}
        return {"header": header, "claims": claims, "times": times, "signed": signed}

    def _body(self, sent: bytes | None) -> Any:
        if sent is None:
            return None
        try:
            text = sent.decode("utf-8")
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if document is None:
            # As bytes: what is no UTF-8, and what a terminal would change on its way.
            plain = sent.isascii() and sent.decode("ascii").isprintable()
            return sent.decode("ascii") if plain else {"base64": base64.b64encode(sent).decode()}
        # The same JSON (RFC 8259, 7), in characters that no terminal and no editor changes.
        text = UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
        return _joined(self._with_run(_marked(self._numbered(text), self._marks(as_json=True))))

    def _numbered(self, text: str) -> Iterator[str | dict[str, Any]]:
        """The pieces of a JSON text, with the variable of each number that an earlier answer tells."""
        end = 0
        for found in _TOKEN.finditer(text):
            name = self.captured.get(found["number"] or "")
            if name is not None:
                yield from (text[end : found.start()], {"variable": name})
                end = found.end()
        yield text[end:]

    def _marks(self, as_json: bool = False) -> dict[str, dict[str, Any]]:
        """The variable that stands for each text; one that is short stands for whole values alone."""
        marks: dict[str, dict[str, Any]] = {}
        for value, name in {**self.captured, **self.secrets}.items():
            spelled = json.dumps(value, ensure_ascii=False)[1:-1] if as_json else value
            piece = {"variable": name} | ({"as": "json"} if spelled != value else {})
            if len(value) >= SHORTEST_PART or (value in self.captured and not as_json):
                marks[spelled] = piece
            elif as_json and value:
                marks[f'"{spelled}"'] = piece
        return marks

    def _with_run(self, pieces: Iterable[str | dict[str, Any]]) -> Iterator[str | dict[str, Any]]:
        """The pieces with a variable for what all new names of a run share: the next run has other names."""
        for piece in pieces:
            if isinstance(piece, dict):
                yield piece
                continue
            end = 0
            for found in self.run.finditer(piece):
                upper = {"as": "upper"} if found[0] != found[0].lower() else {}
                yield from (piece[end : found.start()], {"variable": "RUN", **upper})
                end = found.end()
            yield piece[end:]

    # Who calls

    def _logins(self, used: str) -> Iterator[dict[str, Any]]:
        """How each user that takes part gets its token, or its cookies."""
        for user in self.session.crowd:
            if self._signs_in(user) and any(f'"{name}"' in used for name in self._given(user)):
                yield from self._login(user)

    def _signs_in(self, user: User) -> bool:
        login, scheme = self.session.settings.login, self.session.crowd.login_scheme()
        return login is not None and scheme is not None and bool(user.account.login)

    def _given(self, user: User) -> dict[str, Any]:
        """What the login gives, by variable, each with where it stands in an answer."""
        login, scheme = self.session.settings.login, self.session.crowd.login_scheme()
        assert login is not None
        definition = self.session.contract.security_schemes.get(scheme or "", {})
        names = list(tokens(login.token))
        cookies = user.session.cookies if user.session else {}
        given: dict[str, Any] = {self.secrets.get(value, ""): {"cookie": name} for name, value in cookies.items()}
        if user.session is not None and user.session.token:
            given[variable(user.name, "csrf")] = user.session.source
        own = {"cookie": definition["name"]} if definition.get("in") == "cookie" else {"path": names}
        given[variable(user.name, "token")] = own
        given.pop("", None)
        return given

    def _login(self, user: User) -> Iterator[dict[str, Any]]:
        """The page before the login, where there is one, and the login itself."""
        login, session = self.session.settings.login, user.session
        assert login is not None
        given, sent = self._given(user), dict[str, Any]()
        operation = self.session.contract.operations[login.operation]
        if session is not None and session.page:
            own = variable(user.name, "token")
            told = {name: source for name, source in given.items() if name != own}
            yield {"method": "GET", "path": session.page, "headers": {**self.session.settings.headers}, "body": None,
                   "given": told}  # fmt: skip
            kept: list[list[Any]] = [
                [f"{one['cookie']}=", {"variable": name}, "; "] for name, one in told.items() if "cookie" in one
            ]
            fields = self.session.crowd.token_headers(operation, session)
            sent = {name: [{"variable": variable(user.name, "csrf")}] for name in fields}
            sent |= {"Cookie": [piece for pieces in kept for piece in pieces][:-1]} if kept else {}
        body = json.dumps(dict(user.account.login), ensure_ascii=False)
        yield {
            "method": operation.method.upper(),
            "path": operation.path.removeprefix(self.session.client.base_path),
            "headers": {**self.session.settings.headers, "Content-Type": "application/json", **sent},
            "body": _joined(_marked([body], self._marks(as_json=True))),
            "given": given,
        }

    def _told_secrets(self) -> Iterator[tuple[str, dict[str, str]]]:
        """What each variable has to hold, and the variable that the settings take it from."""
        sources = self.session.settings.sources
        given = {name for user in self.session.crowd if self._signs_in(user) for name in self._given(user)}
        for value, name in self.secrets.items():
            if name in given:
                continue
            told = {"what": self._what(value)}
            if value in sources:
                told["environment"] = sources[value]
            yield name, told

    def _what(self, value: str) -> str:
        """What a secret is, as the settings call it."""
        for user in self.session.crowd:
            for scheme, credential in user.credentials.items():
                if credential == value:
                    return f"the credential of {user.name} for {scheme}"
            for key, known in user.account.login.items():
                if known == value:
                    return f"the {key} of {user.name}"
        for scheme, key in self.session.settings.signing.items():
            if key == value:
                return f"the secret that signs tokens of {scheme}"
        return "the value of a header field"


def _marked(pieces: Iterable[str | dict[str, Any]], marks: Mapping[str, Any]) -> list[str | dict[str, Any]]:
    """The pieces with a variable, or what is made of one, in the place of each marked text, the longest first."""
    found = list(pieces)
    for text, mark in sorted(marks.items(), key=lambda one: -len(one[0])):
        told = mark if isinstance(mark, list) else [{"variable": mark} if isinstance(mark, str) else mark]
        quoted = ['"', *told, '"'] if text.startswith('"') and text.endswith('"') else told
        found = list(_split(found, text, quoted))
    return found


def _split(pieces: Iterable[str | dict[str, Any]], text: str, mark: list[Any]) -> Iterator[str | dict[str, Any]]:
    for piece in pieces:
        if isinstance(piece, dict) or not text or text not in piece:
            yield piece
            continue
        for number, part in enumerate(piece.split(text)):
            if number:
                yield from mark
            yield part


def _joined(pieces: Iterable[str | dict[str, Any]]) -> Pieces:
    """The pieces without empty ones, neighbouring texts as one; a text alone as itself."""
    joined: list[str | dict[str, Any]] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    if not joined:
        return ""
    return joined[0] if len(joined) == 1 and isinstance(joined[0], str) else joined


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value[:50]):
            yield from _leaves(item, (*path, index))
    elif isinstance(value, str | int) and value is not ...:
        yield value, path


def _was_sent(step: Exchange, name: Any, value: Any) -> bool:
    """Whether the request itself has sent the value by that name: then its answer only repeats it."""
    held = step.call.body if isinstance(step.call.body, dict | list) else {}
    return any(one == value and path[-1:] == (name,) for one, path in _leaves(held))


def _sent_texts(step: Exchange) -> Iterator[str]:
    """Every text that a request is made of: its parameters, and the values of its body."""
    yield from (str(value) for value in (*step.call.path.values(), *step.call.query.values()))
    if not step.call.path and not step.call.query:
        yield from (part for part in step.url.replace("?", "/").replace("=", "/").replace("&", "/").split("/") if part)
    if step.sent:
        try:
            yield from (str(value) for value, _ in _leaves(json.loads(step.sent)))
        except (ValueError, RecursionError):
            return
