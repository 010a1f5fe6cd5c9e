"""Keeps credentials out of what is shown: passwords, tokens, keys, cookies.

A credential is known by its name. The contract says some: properties and parameters with `format: password` or
`writeOnly`, API keys, what an `x-identity` takes as a credential. Others everybody calls the same. Once known, its
value is left out wherever else it stands in the exchange: in an echo, in a message that quotes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote_plus

import orjson

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON

MASK = "[Filtered]"
_SHORTEST = 4  # characters: a shorter value stands everywhere, and is masked only where its name is

_REMEMBERED = 4096
_LONGEST = 200  # characters of a name

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# By the words of a name, in lower case: `X-API-Key` is `x api key`, `accessToken` is `access token`.
_CREDENTIALS = re.compile(
    r"\b(?:\w*(?:password|passwd|passphrase|passcode|secret|apikey|privatekey|accesskey)s?"
    r"|pwd|passkey|credentials?|jwt|otp|cvv|cvc|authorization|(?:set )?cookies?"
    r"|(?:api|access|private|secret|signing|encryption) keys?|session ?id)\b"
    r"|\b\w*tokens?$|^(?:pass|pw)$"
)
_JSON_WEB_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")

# A name and its value in what is JSON no longer (cut, or broken), in a form, in a multipart body, in XML. Where the
# value is an object or an array, all that follows is left out. Each is linear: a search begins at few places, or ends
# soon.
_JSON_PAIR = re.compile(
    r'(?<!\\)"((?:[^"\\]|\\.){1,200})"\s*:\s*("(?:[^"\\]|\\.)*(?:"|\\?\Z)|[-+.\w]+|[\[{].*)',
    re.DOTALL,
)
_FORM_PAIR = re.compile(r"(?:^|(?<=[&?\s]))([^=&\s]+)=([^&\s]+)")
_PART = re.compile(
    r'\bname="([^"\n]{1,200})"[^\n]{0,1000}\n(?:[^\r\n]{1,1000}\r?\n){0,8}\r?\n(.+?)(?=\r?\n--|\Z)', re.DOTALL
)
_ELEMENT = re.compile(r"<(?:[\w-]{1,200}:)?([\w.-]{1,200})(?:\s[^<>]*)?>([^<]+|<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_ATTRIBUTE = re.compile(r"\s([\w.:-]{1,200})\s*=\s*(\"[^\"]*\"?|'[^']*'?)")
_PAIRS = (_JSON_PAIR, _FORM_PAIR, _PART, _ELEMENT, _ATTRIBUTE)

# In JSON a name and its value may be two properties: of a violation, of a step of a JSON Patch.
_NAMES_IT = ("pointer", "field", "path", "name", "key")
_QUOTES_IT = frozenset({"message", "detail", "value"})


class Masking:
    """Knows the names of a contract's credentials.

    Args:
        contract: the contract.
    """

    def __init__(self, contract: Contract) -> None:
        self._names = {_plain(name) for name in _told_by(contract)}
        self._paths = {operation.id: operation.path.split("/") for operation in contract.operations.values()}
        self._known: dict[str, bool] = {}

    def exchange(self) -> Exchanged:
        """For the parts of one exchange: what one of them shows to be a credential is masked in those that follow."""
        return Exchanged(self.is_credential, self._paths)

    def is_credential(self, name: str) -> bool:
        """Whether the value of that name is a credential; of `user[password]` or `/user/password` the last word."""
        last = re.split(r"[\[\]./]", name[-_LONGEST:].rstrip("]/"))[-1]
        found = self._known.get(last)
        if found is None:
            found = _plain(last) in self._names or names_credential(last)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[last] = found
        return found


class Exchanged:
    """Masks the parts of one exchange, in the order in which they are given.

    Args:
        is_credential: whether a name is that of a credential.
        paths: the segments of each operation's path.
    """

    def __init__(self, is_credential: Callable[[str], bool], paths: Mapping[str, list[str]]) -> None:
        self._is_credential = is_credential
        self._paths = paths
        self._values: set[str] = set()
        self._beginnings: set[str] = set()

    def target(self, path: str, query: str, operation: str | None) -> str:
        """A path and a query string."""
        template = self._paths.get(operation or "", [])
        segments = path.split("/")
        # A template begins behind the server's base path.
        for at, name in enumerate(reversed(template), 1):
            if "{" in name and at <= len(segments) and self._is_credential(name.strip("{}")):
                segments[-at] = self._hidden(segments[-at])
        return self._unquoted("/".join(segments)) + (f"?{self.text(query)}" if query else "")

    def body(self, text: str) -> str:
        """A body in whatever representation it has, whole or cut."""
        if text.lstrip()[:1] not in ("{", "["):
            return self.text(text)
        try:
            value = orjson.loads(text)
            masked = self.value(value)
            # What has nothing to be masked is shown as it was sent.
            shown = text if masked == value else orjson.dumps(masked).decode()
        except (ValueError, TypeError, RecursionError):  # no JSON, or too deep for one of the two
            return self.text(text)
        return self._unquoted(shown)

    def value(self, value: JSON) -> JSON:
        """A JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.value(one) for one in value]
        if not isinstance(value, dict):
            return value
        is_about_one = self._is_about_one(value)
        masked = {}
        for name, one in value.items():
            if self._is_credential(str(name)) or (is_about_one and name in _QUOTES_IT):
                masked[name] = self._hidden_leaves(one)
            else:
                masked[name] = self.value(one)
        return masked

    def _is_about_one(self, value: Mapping[str, JSON]) -> bool:
        """Whether an object says of itself that it is about a credential: `{"field": "password", "value": ...}`."""
        for name in _NAMES_IT:
            named = value.get(name)
            if isinstance(named, str) and self._is_credential(named):
                return True
        return False

    def text(self, text: str) -> str:
        """A text in which names and values may stand."""
        for pairs in _PAIRS:
            text = pairs.sub(self._masked_pair, text)
        return self._unquoted(text)

    def _masked_pair(self, match: re.Match[str]) -> str:
        name, value = match.groups()
        if not self._is_credential(_unescaped(name, match.re)) or value in ("true", "false", "null"):
            return match.group()
        before = match.group()[: match.start(2) - match.start()]
        if match.end() == len(match.string):
            self._beginnings.add(value.strip("\"'"))  # where a body is cut, its last value may be
        if value[0] not in "\"'":
            return before + self._hidden(unquote_plus(value) if match.re is _FORM_PAIR else value)
        quote = value[0]
        return before + quote + self._hidden(value[1:].removesuffix(quote)) + quote

    def _hidden_leaves(self, value: JSON) -> JSON:
        if isinstance(value, dict):
            return {name: self._hidden_leaves(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._hidden_leaves(one) for one in value]
        return value if value is None or isinstance(value, bool) else self._hidden(str(value))

    def _hidden(self, value: str) -> str:
        if len(value) >= _SHORTEST and MASK not in value:
            self._values.add(value)
        return MASK if value else value

    def _unquoted(self, text: str) -> str:
        """The text without the credentials that are known by now, wherever they are quoted."""
        for value in sorted(self._values, key=len, reverse=True):
            rest = r"[^\"&<\s]*" if value in self._beginnings else ""
            for written in {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}:
                if written in text:
                    text = re.sub(re.escape(written) + rest, MASK, text)
            text = _without_beginning(text, value)
        return _JSON_WEB_TOKEN.sub(MASK, text)


def _without_beginning(text: str, value: str) -> str:
    """The text without the part of a value that is its end: it was cut there."""
    for length in range(min(len(value), len(text)), _SHORTEST - 1, -1):
        if text.endswith(value[:length]):
            return text[:-length] + MASK
    return text


def names_credential(name: str) -> bool:
    """Whether everybody calls credentials so: `apiKey`, `access_token`, `X-Auth-Token`."""
    return _CREDENTIALS.search(" ".join(_WORD.findall(name)).lower()) is not None


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _unescaped(name: str, kind: re.Pattern[str]) -> str:
    if kind is _FORM_PAIR:
        return unquote_plus(name)
    if kind is not _JSON_PAIR or "\\" not in name:
        return name
    try:
        return str(orjson.loads(f'"{name}"'))
    except ValueError:
        return name


def _told_by(contract: Contract) -> Iterator[str]:
    """The names that the contract itself says to be those of credentials."""
    for scheme in contract.security_schemes.values():
        if scheme.get("type") == "apiKey":
            yield str(scheme.get("name", ""))
    for identity in contract.identities.values():
        if identity.credential is not None:
            yield identity.credential
    for operation in contract.operations.values():
        for parameter in operation.parameters:
            if _is_secret(contract, parameter.schema):
                yield parameter.name
    yield from _secret_properties(contract)


def _secret_properties(contract: Contract) -> Iterator[str]:
    """Of every schema, wherever it stands."""
    seen: set[int] = set()
    waiting: list[JSON] = [contract.data]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        waiting.extend(value if isinstance(value, list) else value.values())
        properties = value.get("properties") if isinstance(value, dict) else None
        if isinstance(properties, dict):
            yield from (str(name) for name, schema in properties.items() if _is_secret(contract, schema))


def _is_secret(contract: Contract, schema: JSON) -> bool:
    try:
        resolved = contract.resolve(schema)
    except LookupError:  # an example that only looks like a schema
        return False
    return isinstance(resolved, dict) and (resolved.get("format") == "password" or resolved.get("writeOnly") is True)
