"""Curl lines that show a failure again, from a fresh state."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User, variable
from specdouble.verify.verdict import Failure
from specdouble.verify.world import World

# On one line: it may be pasted with the spaces that stand before it on the screen.
PICK = (
    "pick() { python3 -c 'import functools, json, sys; "
    "print(functools.reduce(lambda value, name: value[int(name) if isinstance(value, list) else name], "
    "sys.argv[1:], json.load(sys.stdin)))'"
    ' "$@"; }'
)
SHORTEST_ID = 6


def reproduction(world: World, failure: Failure) -> str:
    """The lines of a shell script that sends the failure's requests and prints each answer with its status."""
    return _Script(world, failure).text()


class _Script:
    """One script: what stands for a secret or for an id of an earlier answer is a shell variable."""

    def __init__(self, world: World, failure: Failure) -> None:
        self.world, self.failure = world, failure
        self.steps = self._complete(failure.steps)
        self.captured: dict[str, str] = {}  # values of earlier answers, by the variable that holds them
        self.secrets = {secret: name for secret, name in world.crowd.secrets().items() if len(secret) >= 4}
        self.captures: dict[int, list[tuple[str, tuple[str | int, ...]]]] = {}

    def text(self) -> str:
        self._plan_captures()
        calls = list(self._calls())
        logins = list(self._logins())
        pick = [PICK] if any("| pick" in line for line in (*logins, *calls)) else []
        return "\n".join([f"URL=${{URL:-{self.world.client.url}}}", *pick, *logins, *calls])

    def _complete(self, steps: Iterable[Exchange]) -> list[Exchange]:
        """The steps, each after those of other cases that made what it refers to."""
        steps = list(steps)
        before: list[Exchange] = []
        known: set[str] = set()

        def add(step: Exchange) -> None:
            for text in _sent_texts(step):
                origin = self.world.origins.get(text)
                if origin is not None and text not in known and all(origin is not one for one in steps):
                    known.add(text)
                    add(origin)
                    before.append(origin)

        for step in steps:
            add(step)
        return [*before, *steps]

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
                if (own or is_id) and text in later and text not in self.captured and text not in self.secrets:
                    name = f"ID{len(self.captured) + 1}"
                    self.captured[text] = name
                    self.captures.setdefault(number, []).append((name, path))

    def _logins(self) -> list[str]:
        """How each user that takes part gets its token."""
        names = dict.fromkeys(step.call.user for step in self.steps if step.call.user)
        lines: list[str] = []
        for name in names:
            user = self.world.crowd.users.get(name)
            if user is not None:
                lines += self._login(user)
        return lines

    def _login(self, user: User) -> Iterator[str]:
        login, scheme = self.world.settings.login, self.world.crowd.login_scheme()
        spoken = " ".join(self._spoken(step) for step in self.steps)
        for other, credential in user.credentials.items():
            name = self.secrets.get(credential, "")
            if other != scheme and name and f"${{{name}}}" in spoken:
                yield f': "${{{name}:?credential of {user.name} for {other}}}"'
        token = variable(user.name, "token")
        if login is None or scheme is None or f"${{{token}}}" not in spoken or not user.account.login:
            return
        operation = self.world.contract.operations[login.operation]
        body = json.dumps(dict(user.account.login), ensure_ascii=False)
        for secret, name in self.secrets.items():
            if secret in body:
                yield f': "${{{name}:?{name.lower().replace("_", " ")}}}"'
        path = " ".join(shlex.quote(part) for part in login.token.strip("/").split("/"))
        url = f'"$URL{operation.path.removeprefix(self.world.client.base_path)}"'
        yield (
            f"{token}=$(curl -s {url} -H 'Content-Type: application/json' -d {self._quoted(body)} | pick {path})"
        )  # fmt: skip

    def _calls(self) -> Iterator[str]:
        number = 0
        while number < len(self.steps):
            step = self.steps[number]
            if step.call.together is None:
                yield from self._captured_line(number, self._line(step))
                number += 1
                continue
            last = number
            while last + 1 < len(self.steps) and self.steps[last + 1].call.together == step.call.together:
                last += 1
            yield from self._volley(range(number, last + 1))
            number = last + 1

    def _volley(self, numbers: range) -> Iterator[str]:
        """Requests at the same moment; a later request takes what it needs from one that was accepted."""
        yield "T=$(mktemp -d)"
        for number in numbers:
            yield f'{self._line(self.steps[number])} > "$T/{number}" &  # {self.steps[number].status}'
        yield 'wait\ncat "$T"/*'
        for number in numbers:
            for name, path in self.captures.get(number, []):
                keys = " ".join(shlex.quote(str(key)) for key in path)
                accepted = f"grep -l '^{self.steps[number].status}$' \"$T\"/* | head -1"
                yield f"{name}=$(sed '$d' \"$({accepted})\" | pick {keys})"

    def _captured_line(self, number: int, line: str) -> Iterator[str]:
        step = self.steps[number]
        captures = self.captures.get(number, [])
        if not captures:
            last = step is self.steps[-1]
            # The head of the last answer is shown too: what is wrong may be in there.
            yield f"{line.replace('curl -s ', 'curl -si ', 1) if last else line}  # {step.status}"
            return
        yield f"ANSWER=$({line})  # {step.status}"
        yield 'echo "$ANSWER"'
        for name, path in captures:
            keys = " ".join(shlex.quote(str(key)) for key in path)
            yield f"{name}=$(echo \"$ANSWER\" | sed '$d' | pick {keys})"

    def _line(self, step: Exchange) -> str:
        method = "" if step.method == "GET" and step.sent is None else f" -X {step.method}"
        return f"curl -s -w '\\n%{{http_code}}\\n'{method} {self._spoken(step)}"

    def _spoken(self, step: Exchange) -> str:
        parts = [self._quoted(step.url, url=True)]
        for name, value in step.sent_headers.items():
            if name.lower() in ("authorization", "content-type", "cookie", "x-api-key") or value in self.secrets:
                parts.append("-H " + self._quoted(f"{name}: {value}"))
        if step.sent is not None:
            parts.append("--data-binary " + self._quoted(step.sent.decode("utf-8", "replace")))
        return " ".join(parts)

    def _quoted(self, text: str, url: bool = False) -> str:
        """The text as a word of the shell, secrets and captured values in it as variables."""
        marks: dict[str, str] = {**self.secrets, **self.captured}
        pieces: list[tuple[bool, str]] = [(False, text)]
        if url and text.startswith(self.world.client.url):
            pieces = [(True, "URL"), (False, text[len(self.world.client.url) :])]
        for value, name in sorted(marks.items(), key=lambda one: -len(one[0])):
            pieces = list(_split(pieces, quote(value, safe="") if url else value, name))
        words = [f'"${{{word}}}"' if marked else shlex.quote(word) for marked, word in pieces if word]
        return "".join(words).replace('"${URL}"', '"$URL"') or "''"


def _split(pieces: Iterable[tuple[bool, str]], value: str, name: str) -> Iterator[tuple[bool, str]]:
    for marked, text in pieces:
        if marked or value not in text:
            yield marked, text
            continue
        for number, part in enumerate(text.split(value)):
            if number:
                yield True, name
            yield False, part


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value[:50]):
            yield from _leaves(item, (*path, index))
    elif isinstance(value, str | int) and value is not ...:
        yield value, path


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
