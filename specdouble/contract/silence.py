"""Findings that the authors of a contract have seen and do not want told again.

`x-specdouble-ignore: [id, ...]` silences those about what it stands in; `ignore = [id, ...]` under
`[tool.specdouble.lint]` in the project's `pyproject.toml` those of the whole contract.
"""

from __future__ import annotations

from specdouble.contract.annotation import SILENCING as KEYWORD
from specdouble.contract.annotation import extensions
from specdouble.contract.document import Document
from specdouble.contract.finding import IDS, Finding
from specdouble.contract.pointer import look_up
from specdouble.contract.settings import near_id


def without_silenced(document: Document, everywhere: frozenset[str]) -> list[Finding]:
    """The findings of the document but for those that are silenced, and those about the silencing itself.

    Args:
        document: the document.
        everywhere: the ids that are silenced wherever they stand.
    """
    places = _places(document)

    def is_silenced(finding: Finding) -> bool:
        at = document.places.get(finding.place, "")
        while at and finding.id not in places.get(at, ()):
            at = at.rpartition("/")[0]
        return finding.id in everywhere or finding.id in places.get(at, ())

    return [finding for finding in document.findings if not is_silenced(finding)]


def _places(document: Document) -> dict[str, set[str]]:
    """The ids that are silenced at each pointer of the document."""
    found: dict[str, set[str]] = {}
    ignoring = [at.rpartition("/")[0] for at, key in extensions(document) if key == KEYWORD]
    for at in ignoring:
        value = look_up(document.data, f"{at}/{KEYWORD}")
        ids = value if isinstance(value, list) else [value]
        known = {one for one in ids if isinstance(one, str) and one in IDS}
        for one in ids:
            if one not in known:
                document.find(f"{at}/{KEYWORD}", f"`{one}` is no id of a finding", near_id(one), id="ignore")
        found[at] = known
    return found
