"""A failure's requests as lines for a shell: they may be pasted, with whatever spaces stand before them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

# Each on one line: what is pasted from a screen has spaces before every line.
PICK = (
    "pick() { python3 -c 'import functools, json, sys; "
    "print(functools.reduce(lambda value, name: value[int(name) if isinstance(value, list) else name], "
    "sys.argv[1:], json.load(sys.stdin)))'"
    ' "$@"; }'
)
FORGE = (
    "forge() { python3 -c 'import base64, hashlib, hmac, json, sys, time; "
    'spell = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode(); '
    "head, claims, times, key = sys.argv[1:]; claims = json.loads(claims); "
    "claims.update((name, int(time.time()) + away) for name, away in json.loads(times).items()); "
    'text = spell(head.encode()) + "." + spell(json.dumps(claims).encode()); '
    'print(text + "." + (spell(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()) if key else ""))\''
    ' "$@"; }'
)
# A cookie, a header field, or a part of the body, of an answer with its head.
GIVEN = (
    "given() { python3 -c 'import functools, json, sys; "
    'kind, *names = sys.argv[1:]; head, _, body = sys.stdin.read().replace(chr(13), "").partition(chr(10) * 2); '
    'lines = [line.partition(":")[::2] for line in head.split(chr(10))]; '
    "fields = [(name.lower(), value.strip()) for name, value in lines]; "
    'cookies = [value.partition(";")[0].partition("=")[::2] for name, value in fields if name == "set-cookie"]; '
    'found = json.loads(body) if kind == "path" else dict(cookies if kind == "cookie" else fields); '
    "print(functools.reduce(lambda value, name: value[int(name) if isinstance(value, list) else name], names, found))'"
    ' "$@"; }'
)
SIGN = (
    'sign() { printf %s "$1."; printf %s "$1" | openssl dgst -sha256 -sign <(printf \'%s\\n\' "$2") '
    "| base64 | tr -d '\\n=' | tr '+/' '-_'; }"
)
_AS_JSON = "python3 -c 'import json, sys; print(json.dumps(sys.stdin.read())[1:-1])'"
_DULL = ("accept",)  # header fields that no failure is about, where they say what every client says
_SPECIAL = set('"$`\\!')  # what means something within quotation marks
_MOST_WORD = 100_000  # bytes of an argument of a command
_LONG_PAUSE = 0.1  # seconds: as much passes anyway from one command to the next


def curl_lines(replay: Mapping[str, Any]) -> str:
    """The lines of a shell script that sends the requests and prints each answer with its status."""
    return "\n".join(_Lines(replay).all())


class _Lines:
    def __init__(self, replay: Mapping[str, Any]) -> None:
        self.replay, self.steps = replay, replay["steps"]
        self.forged: list[str] = []

    def all(self) -> Iterator[str]:
        """Every line."""
        calls = list(self._calls())
        logins = [line for login in self.replay["logins"] for line in self._login(login)]
        yield f"URL=${{URL:-{self.replay['url']}}}"
        if self.replay["run"]:  # what new names share: other ones each time, for the last ones may be taken
            yield "RUN=${RUN:-$(printf %04x $RANDOM)}"
        yield from (self._secret(name, told) for name, told in self.replay["secrets"].items())
        if any("| pick " in line for line in (*logins, *calls)):
            yield PICK
        if any("| given " in line for line in logins):
            yield GIVEN
        yield from logins
        yield from (
            [FORGE, *([SIGN] if any("$(sign " in one for one in self.forged) else []), *self.forged]
            if self.forged
            else []
        )
        yield from calls

    def _secret(self, name: str, told: Mapping[str, str]) -> str:
        """What ends the script, or complains at a prompt, where a secret is not set."""
        other = told.get("environment", name)
        ask = f"set it to {told['what']}"
        if other == name:
            return f': "${{{name}:?{_told(ask)}}}"'
        return f'{name}="${{{name}:-${{{other}:?{_told(ask)}}}}}"'

    def _login(self, login: Mapping[str, Any]) -> Iterator[str]:
        """What a login gives; what a second answer does not give again stays as it is."""
        method = "" if login["method"] in ("GET", "POST") else f" -X {login['method']}"
        name, source = next(iter(login["given"].items()))
        if len(login["given"]) == 1 and "path" in source:
            yield f"{name}=$(curl -s{method} {self._spoken(login)} | pick {_keys(source['path'])})"
            return
        yield f"ANSWER=$(curl -si{method} {self._spoken(login)})"
        for name, source in login["given"].items():
            kind, place = next(iter(source.items()))
            words = _keys(place if isinstance(place, list) else [place])
            yield f'FOUND=$(echo "$ANSWER" | given {kind} {words} 2> /dev/null) && {name}=$FOUND'

    def _calls(self) -> Iterator[str]:
        number = 0
        while number < len(self.steps):
            volley = self.steps[number].get("together")
            if volley is None:
                yield from self._single(number)
                number += 1
                continue
            last = number
            while last + 1 < len(self.steps) and self.steps[last + 1].get("together") == volley:
                last += 1
            yield from self._volley(range(number, last + 1))
            number = last + 1

    def _volley(self, numbers: range) -> Iterator[str]:
        """Requests at the same moment; a later request takes what it needs from one that was accepted."""
        yield "T=$(mktemp -d)"
        for number in numbers:
            step = self.steps[number]
            yield f'{self._line(step)} > "$T/{number}" &  # {step["answer"]["status"]}'
        yield "wait"
        yield 'cat "$T"/*'
        for number in numbers:
            step = self.steps[number]
            for name, path in step.get("captures", {}).items():
                accepted = f"grep -l '^{step['answer']['status']}$' \"$T\"/* | head -1"
                yield f"{name}=$(sed '$d' \"$({accepted})\" | pick {_keys(path)})"

    def _single(self, number: int) -> Iterator[str]:
        step = self.steps[number]
        line, status = self._line(step), step["answer"]["status"]
        if step.get("pause", 0) >= _LONG_PAUSE:
            yield f"sleep {step['pause']:g}  # the server's moments are told apart by no less"
        if step.get("proof", {}).keys() & {"target", "nonce"}:
            yield "# curl proves a password as it should be; what was wrong with this proof, the script sends."
        captures = step.get("captures", {})
        if not captures:
            last = number == len(self.steps) - 1
            # The head of the last answer is shown too: what is wrong may be in there.
            yield f"{line.replace('curl -s ', 'curl -si ', 1) if last else line}  # {status}"
            return
        yield f"ANSWER=$({line})  # {status}"
        yield 'echo "$ANSWER"'
        for name, path in captures.items():
            yield f"{name}=$(echo \"$ANSWER\" | sed '$d' | pick {_keys(path)})"

    def _line(self, step: Mapping[str, Any]) -> str:
        method = "" if step["method"] == "GET" and step["body"] is None else f" -X {step['method']}"
        return f"curl -s -w '\\n%{{http_code}}\\n'{method} {self._spoken(step)}"

    def _spoken(self, step: Mapping[str, Any]) -> str:
        path = step["path"]
        plain = isinstance(path, str) and not set(path) & _SPECIAL
        parts = [f'"$URL{path}"' if plain else '"$URL"' + self._word(path)]
        if "[" in parts[0] or "{" in parts[0].replace("${", ""):
            parts.insert(0, "-g")  # else curl takes brackets for a pattern
        for name, value in step["headers"].items():
            if name.lower() in _DULL and value in ("application/json", "*/*"):
                continue
            parts.append(f"-H {self._word([f'{name}: ', *([value] if isinstance(value, str) else value)])}")
        if "proof" in step:
            parts.append(f"--digest -u {self._word(step['proof']['credential'])}")
        return " ".join([*parts, *self._data(step["body"])])

    def _data(self, body: Any) -> Iterator[str]:
        if body is None:
            return
        if isinstance(body, dict):
            yield f"--data-binary @<(echo {body['base64']} | base64 -d)"
        elif isinstance(body, str) and (body.startswith("@") or len(body) > _MOST_WORD):
            yield f"--data-binary @<(printf %s {shlex.quote(body)})"
        else:
            yield f"--data-binary {self._word(body)}"

    def _word(self, pieces: Any) -> str:
        """A text as one word of the shell."""
        if isinstance(pieces, str):
            return shlex.quote(pieces)
        return "".join(self._part(piece) for piece in pieces) or "''"

    def _part(self, piece: Any) -> str:
        if isinstance(piece, str):
            return shlex.quote(piece)
        if "token" in piece:
            return f'"${{{self._forged(piece["token"])}}}"'
        if "base64" in piece:
            return f"\"$(printf %s {self._word(piece['base64'])} | base64 | tr -d '\\n')\""
        name = piece["variable"]
        spelled = {
            "base64": f"$(printf %s \"${{{name}}}\" | base64 | tr -d '\\n')",
            "json": f'$(printf %s "${{{name}}}" | {_AS_JSON})',
            "upper": f'$(printf %s "${{{name}}}" | tr a-f A-F)',
            "half": f"${{{name}:0:$((${{#{name}}} / 2))}}",
            "rest": f"${{{name}:$((${{#{name}}} / 2 + 1))}}",
            "three quarters": f"${{{name}:0:$((3 * ${{#{name}}} / 4))}}",
            "other case": f'$(printf %s "${{{name}}}" | tr A-Za-z a-zA-Z)',
            "reversed": f'$(printf %s "${{{name}}}" | rev)',
        }
        return f'"{spelled.get(piece.get("as", ""), f"${{{name}}}")}"'

    def _forged(self, token: Mapping[str, Any]) -> str:
        """The variable of a token that is made by the script."""
        name, signed = f"FORGED{len(self.forged) + 1}", token["signed"]
        texts = [json.dumps(token[part], separators=(",", ":")) for part in ("header", "claims", "times")]
        key = f'"${{{signed["variable"]}}}"' if "variable" in signed else shlex.quote(signed.get("secret", ""))
        if str(token["header"].get("alg")).startswith("RS") and "variable" in signed:
            unsigned = f"$(forge {' '.join(shlex.quote(text) for text in texts)} '')"
            self.forged += [f"TEXT={unsigned}", f'{name}=$(sign "${{TEXT%.}}" {key})']
            return name
        made = f"$(forge {' '.join(shlex.quote(text) for text in texts)} {key})"
        self.forged.append(f"{name}={made}" + (f'"${{{signed["like"]}##*.}}"' if "like" in signed else ""))
        return name


def _keys(path: list[Any]) -> str:
    return " ".join(shlex.quote(str(key)) for key in path)


def _told(text: str) -> str:
    """A text that may stand in `${NAME:?...}` within quotation marks."""
    return "".join(char for char in text if char not in "\"'`$\\}!")
