"""Writes data as YAML that is read again as the same data."""

from __future__ import annotations

from typing import Any

import yaml

from specdouble.contract.composer import implicit_tag


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.Node:
        # PyYAML writes YAML 1.1, where `1e3` is a text; in YAML 1.2 it is a number.
        style = "'" if implicit_tag(value) else "|" if "\n" in value else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style)


_Dumper.add_representer(str, _Dumper.text)


def in_yaml(data: Any) -> str:
    """The data in YAML: small mappings and lists in brackets, on one line."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
