"""Writes data as YAML that is read again as the same data."""

from __future__ import annotations

import yaml

from specdouble.contract.composer import implicit_tag

_BREAKS = frozenset("\x85\u2028\u2029")  # YAML 1.1 ends a line with them, YAML 1.2 does not


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        return True

    def text(self, value: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", value, _style(value))


def _style(value: str) -> str | None:
    if not _BREAKS.isdisjoint(value):
        return '"'  # between other quotes PyYAML folds them
    if implicit_tag(value):
        return "'"  # PyYAML writes YAML 1.1, where `1e3` is a text; in YAML 1.2 it is a number
    return "|" if "\n" in value else None


_Dumper.add_representer(str, _Dumper.text)


def in_yaml(data: object) -> str:
    """The data in YAML: small mappings and lists in brackets, on one line."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
