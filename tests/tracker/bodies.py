"""Is a body what its schema asks for; the schemas are those of the contract, but for the faults in them."""

import copy
import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

CONTRACT = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8"))
SCHEMAS = CONTRACT["components"]["schemas"]
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
formats = FormatChecker(formats=())


@formats.checks("date-time")  # type: ignore[untyped-decorator]
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value.upper()))
    except ValueError:
        return False
    return True


@formats.checks("date")  # type: ignore[untyped-decorator]
def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and date.fromisoformat(value) is not None
    except ValueError:
        return False


class Bodies:
    """Holds bodies to their schemas."""

    def __init__(self, faults: frozenset[str]) -> None:
        self.faults = faults
        schemas = copy.deepcopy(SCHEMAS)
        for name in ("ProjectInput", "ProjectPatch"):
            self._spoil(schemas[name]["properties"], schemas[name])
        for name in ("TaskInput", "TaskPatch"):
            properties = schemas[name]["properties"]
            if "array_unbounded" in faults:
                del properties["labels"]["maxItems"]
        self.validators = {
            name: Draft202012Validator(
                {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}, format_checker=formats
            )
            for name in schemas
        }

    def _spoil(self, properties: Any, schema: Any) -> None:
        faults = self.faults
        if "array_unbounded" in faults:
            del properties["tags"]["maxItems"]
        if "array_duplicates_taken" in faults:
            del properties["tags"]["uniqueItems"]
        if "number_cut_at_bound" in faults:
            properties["budget"]["exclusiveMaximum"] = properties["budget"].pop("maximum")
        if "null_of_required_taken" in faults and "required" not in schema:
            properties["name"]["type"] = ["string", "null"]

    def wrong(self, name: str, body: Any) -> tuple[str, str] | None:
        """The first property that does not fit, and why; None where all fit."""
        error = min(self.validators[name].iter_errors(body), key=lambda one: str(list(one.path)), default=None)
        if error is not None:
            return str(next(iter(error.path), "")), error.message
        if isinstance(body, dict):
            return self._length(name, body)
        return None

    def _length(self, name: str, body: dict[str, Any]) -> tuple[str, str] | None:
        unit = "utf-8" if "length_in_bytes" in self.faults else "utf-16-le" if "length_in_utf16" in self.faults else ""
        size = 2 if unit == "utf-16-le" else 1
        for key, schema in SCHEMAS[name]["properties"].items() if unit else ():
            value = body.get(key)
            if isinstance(value, str) and len(value.encode(unit)) // size > schema.get("maxLength", 10**9):
                return key, f"{key} is too long"
        return None


def read(content: bytes) -> Any:
    """A body of JSON.

    Raises:
        ValueError: it is none, or holds what no document can.
    """
    found = json.loads(content.decode("utf-8"), parse_constant=_constant)
    json.dumps(found, ensure_ascii=False).encode("utf-8")  # a surrogate alone is no text
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
