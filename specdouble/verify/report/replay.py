"""Plays the requests of one failure again, and says whether the failure shows.

The script of a failure is this file with the failure as data below it, so it needs the standard library alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import secrets
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from specdouble.verify.digest import Answers

GONE, SHOWS, WRONG_USE, COULD_NOT_PLAY = 0, 1, 2, 3
TIMEOUT = 30  # seconds
ROUNDS = 5  # of what chance decides
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:[\d.]+)?(Z|[+-]\d\d:?\d\d)?")
ID = re.compile(r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9A-HJKMNP-TV-Z]{26}")
OWN_ID = re.compile(r"_?id|uuid|key", re.IGNORECASE)

# How a variable may be spelled: in the places that want it so, and as what is nearly it and must not be taken.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "json": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "upper": lambda value: value.upper(),
    "half": lambda value: value[: len(value) // 2],
    "rest": lambda value: value[len(value) // 2 + 1 :],
    "three quarters": lambda value: value[: 3 * len(value) // 4],
    "other case": lambda value: value.swapcase(),
    "reversed": lambda value: value[::-1],
}


class NotPlayed(Exception):
    """The failure can be neither shown nor ruled out; `code` is the exit code."""

    def __init__(self, message: str, code: int = COULD_NOT_PLAY) -> None:
        super().__init__(message)
        self.code = code


class Answer:
    """An answer: its status, media type, header fields by lower-case name, and body."""

    def __init__(
        self, status: int, headers: Mapping[str, str], content: bytes, cookies: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.content, self.cookies = status, content, cookies or {}
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            self.json = json.loads(content)
        except (ValueError, RecursionError):
            self.json = None

    def given(self, source: Mapping[str, Any]) -> str | None:
        """What stands in a cookie, a header field, or at a path of the body."""
        if "cookie" in source:
            return self.cookies.get(source["cookie"])
        if "field" in source:
            return self.headers.get(source["field"])
        value = self.json
        try:
            for key in source["path"]:
                value = value[key]
        except (LookupError, TypeError):
            return None
        return value if isinstance(value, str) else None


class Replay:
    """One failure, played on one server.

    Args:
        failure: as the JSON report has it under `failures`.
        url: the server's address; the report's own where it is empty.
        environment: the secrets, by variable.
        say: prints a line.
    """

    def __init__(
        self, failure: Mapping[str, Any], url: str, environment: Mapping[str, str], say: Callable[[str], object] = print
    ) -> None:
        self.failure, self.plan, self.say = failure, failure["replay"], say
        self.url = (url or self.plan["url"]).rstrip("/")
        self.values: dict[str, str] = {}
        self.environment = environment
        parts = _parts(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotPlayed(f"{self.url} is no address: write http://host:port", WRONG_USE)

    def shows(self) -> bool:
        """Whether the failure shows; what chance decides is played several times.

        Raises:
            NotPlayed: a secret is missing, the server is down, or a request before the last goes another way.
        """
        chance = self.plan["symptom"]["kind"] == "volley"
        return any(self._played() for _ in range(ROUNDS if chance else 1))

    def _played(self) -> bool:
        self.values = dict(self._secrets())
        if self.plan.get("run"):
            self.values["RUN"] = secrets.token_hex(8)[: len(self.plan["run"])]
        for login in self.plan["logins"]:
            self._log_in(login)
        answers: list[Answer] = []
        steps = self.plan["steps"]
        while len(answers) < len(steps):
            number = len(answers)
            # A later moment has to differ, as it did when it was found.
            time.sleep(steps[number].get("pause", self.plan.get("pause", 0)))
            together = [step for step in steps[number:] if step.get("together") is not None]
            volley = steps[number].get("together")
            count = sum(1 for step in together if step["together"] == volley) if volley is not None else 1
            answers += self._volley(steps[number : number + count], number)
            if number > self.plan["deciding"]:
                break
        return self._judged(answers)

    def _secrets(self) -> Iterator[tuple[str, str]]:
        for name, told in self.plan["secrets"].items():
            other = told.get("environment") or name
            value = self.environment.get(name) or self.environment.get(other)
            if not value:
                both = name if other == name else f"{name} or {other}"
                raise NotPlayed(f"set the environment variable {both}: {told['what']}", WRONG_USE)
            yield name, value

    def _log_in(self, login: Mapping[str, Any]) -> None:
        answer = self._sent(login)
        if login["method"] != "GET" and not 200 <= answer.status < 400:
            raise NotPlayed(f"the sign-in {login['method']} {self._shown(login)} was answered {answer.status}")
        for name, source in login["given"].items():
            given = answer.given(source)
            if given is None and name not in self.values and login["method"] != "GET":
                raise NotPlayed(f"the answer of the sign-in has nothing at {' '.join(map(str, source.values()))}")
            self.values[name] = given if given is not None else self.values.get(name, "")

    def _volley(self, steps: list[Mapping[str, Any]], number: int) -> list[Answer]:
        """Send one request, or several at the same moment."""
        answers = self._answered(steps)
        captures = {name: path for step in steps for name, path in step.get("captures", {}).items()}
        for step, answer in zip(steps, answers):  # noqa: B905 - as older Pythons have it
            if isinstance(answer, NotPlayed):
                raise answer
            then = step["answer"]["status"]
            self.say(f"{step['method']} {self._shown(step)} -> {answer.status} (when it was found: {then})")
            if len(steps) == 1:
                self._before(number, step, answer)
            if captures and (len(steps) == 1 or answer.status < 300):
                self._capture(captures, answer, self._shown(step))
                captures = {}
        return answers

    def _answered(self, steps: list[Mapping[str, Any]]) -> list[Any]:
        """What came of each, all of them under way at once: an answer, or why there is none."""
        answers: list[Any] = [None] * len(steps)

        def send(index: int) -> None:
            try:
                answers[index] = self._sent(steps[index])
            except NotPlayed as error:
                answers[index] = error

        threads = [threading.Thread(target=send, args=(index,)) for index in range(len(steps))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _before(self, number: int, step: Mapping[str, Any], answer: Answer) -> None:
        """Hold that what leads to the failure goes as it went."""
        then = step["answer"]["status"]
        if number < self.plan["deciding"] and answer.status // 100 != then // 100:
            begins = " ".join(answer.content[:300].decode("utf-8", "replace").split())
            raise NotPlayed(
                f"{step['method']} {self._shown(step)}, on the way to the failure, was answered {answer.status} and "
                f"not {then}: {begins}"
            )

    def _capture(self, captures: Mapping[str, list[Any]], answer: Answer, where: str) -> None:
        for name, path in captures.items():
            value: Any = answer.json
            try:
                for key in path:
                    value = value[key]
            except (LookupError, TypeError):
                value = None
            if not isinstance(value, (str, int)):
                raise NotPlayed(f"the answer of {where} has nothing at /{'/'.join(map(str, path))}")
            self.values[name] = str(value)

    # Requests

    def _sent(self, step: Mapping[str, Any]) -> Answer:
        """The answer to a step; where a password is proved by Digest, to the step that answers the challenge."""
        answer = self._asked(step, {})
        if "proof" not in step or answer.status != 401:
            return answer
        answers, proof = Answers(), step["proof"]
        if not answers.take(answer.headers.get("www-authenticate", "")):
            return answer
        target = proof.get("target") or urlsplit(self.url).path + self._text(step["path"], quote_values=True)
        method, credential = proof.get("method") or step["method"], self._text(proof["credential"])
        told = answers.to(method, target, credential, proof.get("nonce"), miscounted=proof.get("miscounted", False))
        return self._asked(step, {"Authorization": told})

    def _asked(self, step: Mapping[str, Any], more: Mapping[str, str]) -> Answer:
        parts = _parts(self.url)
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            trusted = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT, context=trusted)
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
        path = parts.path + self._text(step["path"], quote_values=True)
        headers = {**{name: self._text(value) for name, value in step["headers"].items()}, **more}
        try:
            connection.request(step["method"], path or "/", self._body(step.get("body")), headers)
            response = connection.getresponse()
            pairs = [one.partition(";")[0].partition("=") for one in response.msg.get_all("Set-Cookie", [])]
            cookies = {name.strip(): value.strip() for name, _, value in pairs if value.strip()}
            lines: dict[str, str] = {}
            for name, value in response.getheaders():
                lines[name] = f"{lines[name]}, {value}" if name in lines else value
            return Answer(response.status, lines, response.read(), cookies)
        except (OSError, http.client.HTTPException) as error:
            raise NotPlayed(f"{self.url} does not answer: {error or type(error).__name__}") from None
        finally:
            connection.close()

    def _body(self, body: Any) -> bytes | None:
        if body is None:
            return None
        if isinstance(body, dict):
            return base64.b64decode(body["base64"])
        return self._text(body).encode("utf-8", "surrogatepass")

    def _text(self, pieces: Any, quote_values: bool = False) -> str:
        """A text with the values of its variables in it."""
        if isinstance(pieces, str):
            return pieces
        return "".join(one if isinstance(one, str) else self._value(one, quote_values) for one in pieces)

    def _value(self, piece: Mapping[str, Any], quoted: bool) -> str:
        if "token" in piece:
            return self._forged(piece["token"])
        if "base64" in piece:
            return SPELLINGS["base64"](self._text(piece["base64"]))
        value = self.values[piece["variable"]]
        if "as" in piece:
            value = SPELLINGS[piece["as"]](value)
        return quote(value, safe="") if quoted else value

    def _forged(self, token: Mapping[str, Any]) -> str:
        """A JSON Web Token that the server should not take, with its times moved to now."""
        claims = dict(token["claims"])
        for name, seconds in token["times"].items():
            claims[name] = int(time.time()) + seconds
        text = ".".join(_encoded(one) for one in (token["header"], claims))
        signer = token["signed"]
        if signer.get("like"):
            return text + "." + self.values[signer["like"]].rpartition(".")[2]
        key = self.values[signer["variable"]] if "variable" in signer else signer.get("secret")
        if key is None:
            return text + "."
        digest = _signature(token["header"].get("alg"), key, text.encode())
        return text + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _shown(self, step: Mapping[str, Any]) -> str:
        pieces = [step["path"]] if isinstance(step["path"], str) else step["path"]
        hidden = self.plan["secrets"]
        known = [
            one if isinstance(one, str) else "..." if one["variable"] in hidden else self.values[one["variable"]]
            for one in pieces
        ]
        return "".join(known).partition("?")[0]

    # Judgement

    def _judged(self, answers: list[Answer]) -> bool:
        symptom, number = self.plan["symptom"], self.plan["deciding"]
        then = [_recorded(step["answer"]) for step in self.plan["steps"]]
        if symptom["kind"] == "volley":
            played = zip(self.plan["steps"], answers)  # noqa: B905
            volley = [answer.status for step, answer in played if step.get("together") == symptom["together"]]
            won = [status for status in volley if 200 <= status < 300]
            return len(won) != 1 or any(status >= 500 for status in volley)
        now = [self._as_then(answer) for answer in answers[: number + 1]]
        symptom = {**symptom, "run": self.plan.get("run")}
        return shows(symptom, then[: number + 1], now, self._said())

    def _as_then(self, answer: Answer) -> Answer:
        """The answer with the names of the run in which the failure was found."""
        run, then = self.values.get("RUN"), self.plan.get("run")
        if not run:
            return answer
        spelled = re.compile(rb"(?i)%b(?=[-\d])|(?<=\d-)%b" % (run.encode(), run.encode()))

        def renamed(found: re.Match[bytes]) -> bytes:
            text: str = then.upper() if found[0] != found[0].lower() else then
            return text.encode()

        content: bytes = spelled.sub(renamed, answer.content)
        return Answer(answer.status, answer.headers, content)

    def _said(self) -> str:
        """What the requests said of their own: texts that are no chance of the server's."""
        run = self.plan.get("run") or ""
        parts: list[str] = []
        for step in self.plan["steps"]:
            for pieces in (step["path"], step.get("body") or ""):
                listed = pieces if isinstance(pieces, list) else [pieces]
                parts += ["\n", *(_own(piece, run) for piece in listed)]
        return "".join(parts)


def shows(symptom: Mapping[str, Any], then: list[Answer], now: list[Answer], said: str) -> bool:
    """Whether the last answer has what was wrong with it then.

    Args:
        symptom: where to look, and for what.
        then: the answers when the failure was found.
        now: the answers to the same requests.
        said: the requests.
    """
    old, new, kind = then[-1], now[-1], symptom["kind"]
    if kind == "status":
        wanted = symptom.get("wanted")
        if wanted == "refused":
            return new.status < 400
        return new.status >= 400 if wanted == "accepted" else new.status == old.status
    if kind == "type":
        return (new.status // 100, new.type) == (old.status // 100, old.type)
    if kind == "header":
        return new.status == old.status and (symptom["name"] in new.headers) == (symptom["name"] in old.headers)
    if new.status // 100 != old.status // 100:
        return False
    if kind == "listed":
        return bool(_entries(_pruned(symptom, _plain(now, said)[-1], said)) < symptom["count"])
    part = {"value": _named, "spelling": _spelt, "at": _at, "body": _pruned}[kind]
    was = part(symptom, _plain(then, said)[-1], said)
    return bool(was == part(symptom, _plain(now, said)[-1], said))


def _parts(url: str) -> SplitResult:
    """The parts of a URL; none of what is no URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _named(symptom: Mapping[str, Any], document: Any, _said: str) -> Any:
    """The values of a property, wherever they stand."""
    found: list[Any] = []
    if isinstance(document, dict):
        found += [document[symptom["name"]]] if symptom["name"] in document else []
        document = list(document.values())
    for item in document if isinstance(document, list) else ():
        found += _named(symptom, item, _said)
    return found


def _spelt(symptom: Mapping[str, Any], document: Any, said: str) -> list[str]:
    """How the values of a property are written; of moments, whenever they were."""
    return [re.sub(r"^<moment \d+ ", "<moment ", str(value)) for value in _named(symptom, document, said)]


def _at(symptom: Mapping[str, Any], document: Any, _said: str) -> Any:
    """What stands at a pointer: of an object its names, of a list its length at most one."""
    for key in symptom["path"]:
        try:
            document = document[key]
        except (LookupError, TypeError):
            return None
    if isinstance(document, dict):
        return sorted(document)
    return len(document) > 0 if isinstance(document, list) else document


def _pruned(symptom: Mapping[str, Any], document: Any, said: str) -> Any:
    """A body without what other documents add to it: entries of lists that no request made or named, and counts."""
    run = symptom.get("run") or ""

    def is_ours(entry: Any) -> bool:
        if isinstance(entry, dict):
            own = [value for name, value in entry.items() if OWN_ID.fullmatch(name)]
            return any(str(value).startswith("<id ") for value in own) or any(map(is_ours, entry.values()))
        if isinstance(entry, list):
            return any(map(is_ours, entry))
        return isinstance(entry, str) and run != "" and run in entry and entry in said

    def pruned(value: Any) -> Any:
        if isinstance(value, dict):
            lists = any(isinstance(item, list) for item in value.values())
            kept = {name: item for name, item in value.items() if not (lists and isinstance(item, int))}
            return {name: pruned(item) for name, item in kept.items()}
        if isinstance(value, list):
            return [pruned(item) for item in value if not isinstance(item, (dict, list)) or is_ours(item)]
        return value

    return pruned(document)


def _entries(document: Any) -> int:
    """How many documents a list has, wherever its array stands."""
    if isinstance(document, list):
        return len(document)
    return max(map(_entries, document.values()), default=0) if isinstance(document, dict) else 0


def _plain(answers: list[Answer], said: str) -> list[Any]:
    """The bodies, ids by the order in which they came, moments by their order among those of the same document.

    Those of other documents say nothing: two that are made at once have one order today and another tomorrow.
    """
    plain = _Plain(answers, said)
    plains = [plain.value(answer.json) for answer in answers[:-1]]
    plain.is_last = True
    return [*plains, plain.value(answers[-1].json)]


class _Plain:
    def __init__(self, answers: list[Answer], said: str) -> None:
        found: dict[str, set[str]] = {}
        for answer in answers:
            for owner, moment in _moments(answer.json):
                found.setdefault(owner, set()).add(moment)
        self.moments = {owner: sorted(known) for owner, known in found.items()}
        self.said = said
        self.names: dict[str, str] = {}
        self.is_last = False  # what only the last answer has is new, whichever number it would get

    def value(self, value: Any, key: str = "", owner: str = "") -> Any:
        if isinstance(value, dict):
            own = _id_of(value) or owner
            return {name: self.value(item, name, own) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, key, owner) for item in value]
        if isinstance(value, str) and MOMENT.fullmatch(value) and value not in self.said:
            return f"<moment {self.moments[owner].index(value)} {re.sub('[0-9]', '0', value)}>"
        if isinstance(value, str) and ID.fullmatch(value):
            return value if value in self.said else self.named(value)
        is_id = type(value) is int and re.search(r"(^_?|[a-z_])id$", key, re.IGNORECASE)
        return self.named(str(value)) if is_id else value

    def named(self, id: str) -> str:
        if self.is_last:
            return self.names.get(id, "<new id>")
        return self.names.setdefault(id, f"<id {len(self.names)}>")


def _moments(value: Any, owner: str = "") -> Iterator[tuple[str, str]]:
    """Every moment, with the id of the document that it stands in."""
    if isinstance(value, (dict, list)):
        own = _id_of(value) or owner if isinstance(value, dict) else owner
        for item in value.values() if isinstance(value, dict) else value:
            yield from _moments(item, own)
    elif isinstance(value, str) and MOMENT.fullmatch(value):
        yield owner, value


def _id_of(document: Mapping[str, Any]) -> str:
    """The document's own id; nothing where it shows none."""
    ids = (value for name, value in document.items() if OWN_ID.fullmatch(name) and isinstance(value, (str, int)))
    return str(next(ids, ""))


def _recorded(answer: Mapping[str, Any]) -> Answer:
    return Answer(answer["status"], answer["headers"], answer["body"].encode("utf-8", "surrogatepass"))


def _own(piece: Any, run: str) -> str:
    """What a request says itself: a variable but that of the run's names is another's word."""
    if isinstance(piece, str):
        return piece
    return run if piece.get("variable") == "RUN" else "\n"


def _encoded(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _signature(algorithm: Any, key: str, text: bytes) -> bytes:
    """By HMAC with a secret, else by `openssl` with a private key: the standard library has no RSA (RFC 7518, 3.3)."""
    if not key.lstrip().startswith("-----BEGIN") or str(algorithm).startswith("HS"):
        return hmac.new(key.encode(), text, hashlib.sha256).digest()
    if not str(algorithm).startswith("RS"):
        raise NotPlayed(f"tokens of {algorithm} are signed by no tool that is known here")
    with tempfile.NamedTemporaryFile() as file:
        file.write(key.encode())
        file.flush()
        command = ["openssl", "dgst", f"-sha{str(algorithm)[2:]}", "-sign", file.name]
        try:
            return subprocess.run(command, input=text, capture_output=True, check=True).stdout  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotPlayed(f"a token is signed by `openssl`, which fails: {error}") from None


def sentence(failure: Mapping[str, Any]) -> str:
    """What was expected and seen; what was cut short ends there."""
    told = f"Expected {failure['expected']}; {failure['seen']}"
    return told if told.endswith("…") else f"{told}."


def played(failure: Mapping[str, Any], url: str, environment: Mapping[str, str]) -> int:
    """Play a failure, print what came of it, and give the exit code: 1 where it shows, 0 where it is gone."""
    print(f"{failure['rule']}: {failure['promise']}\n{sentence(failure)}\n")
    try:
        found = Replay(failure, url, environment).shows()
    except NotPlayed as error:
        print(f"\nNot played: {error}")
        return error.code
    print("\nThe failure shows." if found else "\nThe failure is gone.")
    return SHOWS if found else GONE
