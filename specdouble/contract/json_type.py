"""The words that signatures have for what stands in JSON texts and in schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

# What a value is, a contract's schema says, at run time: no type checker can follow it there. Where code looks at a
# value by `isinstance` alone, the signature says `object`.
JSON: TypeAlias = Any

# A schema that is an object; `true` and `false`, which are schemas too, are left to who takes any `JSON`.
Schema: TypeAlias = Mapping[str, Any]
