"""The codes of errors: which of the numbers and words that contracts have for an error mean a status."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.pattern import matches
from specdouble.contract.properties import plain
from specdouble.double.state.problem import PHRASES

# The plain names that public contracts have for codes; those of `STATUSES` are numbers too.
CODES = {"code", "errorcode", "type", "errortype", "status", "key", "slug"}
STATUSES = {"status", "statuscode", "code", "errorcode", "httpstatus", "httpcode", "httpstatuscode"}
SURELY_STATUSES = STATUSES - CODES
ABOUT_BLANK = "about:blank"  # a problem that says no more than its status (RFC 9457, section 4.2.1)

# What words mean a status; of several values, the one with the first of them is told.
_MEANING = {
    400: ("valid", "bad", "malformed", "invalid", "request"),
    401: ("unauth", "auth", "token"),
    403: ("forbidden", "permission", "denied", "access"),
    404: ("notfound", "missing", "unknown"),
    409: ("conflict", "exist", "duplicate"),
    410: ("gone",),
    413: ("large",),
    415: ("media", "unsupported"),
    422: ("unprocessable", "valid", "invalid", "request"),
    429: ("rate", "many", "throttl"),
    500: ("internal", "server", "api"),
    503: ("unavailable",),
}
_KIN = {400: 422, 422: 400}  # both say that what was sent is invalid
_EVERY_HINT = {hint for hints in _MEANING.values() for hint in hints}
_STYLES: dict[str, Callable[[str], str]] = {
    "snake": lambda phrase: phrase.lower().replace(" ", "_"),
    "capitals": lambda phrase: phrase.upper().replace(" ", "_"),
    "kebab": lambda phrase: phrase.lower().replace(" ", "-"),
    "pascal": lambda phrase: phrase.replace(" ", ""),
    "camel": lambda phrase: phrase[:1].lower() + phrase[1:].replace(" ", ""),
    "words": lambda phrase: phrase,
}


def meant(values: JSON, status: int, message: str = "") -> JSON:
    """The value of an `enum` that means the status, and what the message says; None where none does."""
    known = values if isinstance(values, list) else []
    for number in (status, str(status)):
        if number in known:
            return number
    hints = (*_hints(status), *_MEANING[400 if status < 500 else 500])
    if "required" in message:
        hints = ("missing", "required", *hints)
    for hint in hints:
        for value in known:
            if isinstance(value, str) and hint in plain(value):
                return value
    return None


def code_of(key: str, schema: Schema, status: int) -> JSON:
    """The value for a code of that plain name that means the status as well as its schema lets one; else None."""
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list):
        return _of_enum(schema["enum"], status)
    model = _model(schema)
    if isinstance(model, str) and not speaks_of_another(model, status):
        return model
    if str(schema.get("format", "")).startswith("uri") or (isinstance(model, str) and "://" in model):
        return ABOUT_BLANK
    if "format" in schema or isinstance(model, (int, float)):
        return None
    texts = _texts(key, model if isinstance(model, str) else None, status)
    return next((text for text in texts if _fits(text, schema)), None)


def speaks_of(value: JSON, status: int) -> bool:
    """Whether a code means the status."""
    number = _number(value)
    if number is not None or not isinstance(value, str):
        return number == status
    return any(hint in plain(value) for hint in _hints(status))


def speaks_of_another(value: JSON, status: int) -> bool:
    """Whether a code means another status; one that only its authors understand means none."""
    number = _number(value)
    if number is not None or not isinstance(value, str):
        return number not in (None, status)
    return not speaks_of(value, status) and any(hint in plain(value) for hint in _EVERY_HINT)


def tells(body: JSON, status: int) -> bool:
    """Whether a code in the body means the status, wherever in it."""
    return any(speaks_of(code, status) for code in _codes(body, through_lists=True))


def tells_another(body: JSON, status: int) -> bool:
    """Whether a body tells the number of another status, wherever in it."""
    return any(_number(code) not in (None, status) for code in _codes(body, through_lists=True))


def contradicts(body: JSON, status: int) -> bool:
    """Whether a code in the body means another status; those of violations are about values."""
    return any(speaks_of_another(code, status) for code in _codes(body, through_lists=False))


def _codes(body: JSON, *, through_lists: bool) -> Iterator[JSON]:
    if isinstance(body, list):
        for item in body if through_lists else ():
            yield from _codes(item, through_lists=through_lists)
    elif isinstance(body, dict):
        for name, value in body.items():
            if plain(name) in CODES | STATUSES:
                yield value
            yield from _codes(value, through_lists=through_lists)


def _number(value: JSON) -> int | None:
    """The status of a refusal that a value is; None for any other number or word."""
    if isinstance(value, str) and len(value) == 3 and value.isdecimal():
        value = int(value)
    is_one = isinstance(value, int) and value >= 400 and value in PHRASES
    return value if is_one and isinstance(value, int) else None


def _hints(status: int) -> tuple[str, ...]:
    phrase = PHRASES.get(status)
    return (*((plain(phrase),) if phrase else ()), *_MEANING.get(status, ()))


def _of_enum(values: list[JSON], status: int) -> JSON:
    """The value that means the status, else one of its class, else one that means no other."""
    found = meant(values, status) if any(isinstance(one, str) for one in values) else None
    if found is not None:
        return found
    same_class = [one for one in values if (_number(one) or 0) // 100 == status // 100]
    for number in (status, _KIN.get(status)):
        if number in same_class:
            return number
    if same_class:
        return same_class[0]
    return next((one for one in values if not speaks_of_another(one, status)), values[0] if values else None)


def _model(schema: Schema) -> JSON:
    """A value that the contract shows for a code."""
    shown = schema.get("examples")
    if "example" not in schema and isinstance(shown, list) and shown:
        return shown[0]
    return schema.get("default", schema.get("example"))


def _texts(key: str, model: str | None, status: int) -> list[str]:
    """How programs write the status, the way of the model first."""
    phrase = PHRASES.get(status, "Error").replace("-", " ")
    number, words = str(status), [style(phrase) for style in _STYLES.values()]
    if model is None:
        return [number, *words] if key in SURELY_STATUSES else [*words, number]
    return [number, *words] if model.isdigit() else [_STYLES[_style(model)](phrase), *words, number]


def _style(model: str) -> str:
    """The name of the way in which a code is written."""
    if " " in model:
        return "words"
    if model.isupper():
        return "capitals"
    if "-" in model:
        return "kebab"
    if model.islower():
        return "snake"
    return "pascal" if model[:1].isupper() else "camel"


def _fits(text: str, schema: Schema) -> bool:
    most = schema.get("maxLength")
    if isinstance(most, int) and len(text) > most:
        return False
    return matches(str(schema.get("pattern", "")), text)
