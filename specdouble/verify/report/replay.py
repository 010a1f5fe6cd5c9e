"""Plays the requests of one failure again, and says whether the failure shows.

The script of a failure is this file, with what it takes of the package in it and the failure as data below it: so
all of it needs the standard library alone.
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
from specdouble.verify.report.recurrence import Answer, shows

GONE, SHOWS, WRONG_USE, COULD_NOT_PLAY = 0, 1, 2, 3
TIMEOUT = 30  # seconds
ROUNDS = 5  # of what chance decides

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
        value = self._held(piece["variable"])
        if "as" in piece:
            value = SPELLINGS[piece["as"]](value)
        return quote(value, safe="") if quoted else value

    def _held(self, name: str) -> str:
        if name not in self.values:
            raise NotPlayed(f"no answer so far has given {name}, which a request is made of")
        return self.values[name]

    def _forged(self, token: Mapping[str, Any]) -> str:
        """A JSON Web Token that the server should not take, with its times moved to now."""
        claims = dict(token["claims"])
        for name, seconds in token["times"].items():
            claims[name] = int(time.time()) + seconds
        text = ".".join(_encoded(one) for one in (token["header"], claims))
        signer = token["signed"]
        if signer.get("like"):
            return text + "." + self._held(signer["like"]).rpartition(".")[2]
        key = self._held(signer["variable"]) if "variable" in signer else signer.get("secret")
        if key is None:
            return text + "."
        digest = _signature(token["header"].get("alg"), key, text.encode())
        return text + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _shown(self, step: Mapping[str, Any]) -> str:
        pieces = [step["path"]] if isinstance(step["path"], str) else step["path"]
        hidden = self.plan["secrets"]
        known = [
            one if isinstance(one, str) else "..." if one["variable"] in hidden else self._held(one["variable"])
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


def _parts(url: str) -> SplitResult:
    """The parts of a URL; none of what is no URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


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
