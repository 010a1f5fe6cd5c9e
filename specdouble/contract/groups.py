"""The operations of a contract by the collection that their paths speak of: `/things` and `/things/{id}`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from specdouble.contract.bodies import Bodies
from specdouble.contract.identity import segment_of
from specdouble.contract.operation import Operation

_ITEM = re.compile(r"(?P<above>.*)/\{(?P<name>[^{}/]+)\}(?P<suffix>\.\w+)?/?$")


@dataclass
class Group:
    """The operations on `/things` and on `/things/{id}`.

    Args:
        path: that of all documents.
        parameter: the name of the parameter for one; operations may differ in it.
        on_all: those on all, by method.
        on_one: those on one, by method.
    """

    path: str
    parameter: str | None = None
    on_all: dict[str, Operation] = field(default_factory=dict)
    on_one: dict[str, Operation] = field(default_factory=dict)

    @property
    def segment(self) -> str:
        return segment_of(self.path)

    @property
    def operations(self) -> Iterator[Operation]:
        """All of them."""
        yield from self.on_all.values()
        yield from self.on_one.values()

    def key_of(self, operation: Operation) -> str:
        """The name of the parameter that names the document in the operation's own path."""
        match = _ITEM.match(operation.path)
        return match["name"] if match else self.parameter or ""


def groups_of(operations: list[Operation], bodies: Bodies) -> list[Group]:
    """The operations by collection, those with the shortest path first: `/things` names its documents."""
    groups: dict[str, Group] = {}
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    listing = {path for path, methods in by_path.items() if _lists_below(path, methods, by_path, bodies)}
    parents = {*_parent_paths(by_path), *listing}
    apart = dict(_items_apart(by_path, listing))
    # Of paths that differ in the parameter's name alone, the one that reads is met first.
    for path, methods in sorted(by_path.items(), key=lambda item: "get" not in item[1]):
        match = None if path in parents else _ITEM.match(path)
        above = apart.get(path) or re.sub(r"\.\w+$", "", match["above"] if match else path.rstrip("/"))
        group = groups.setdefault(above, Group(above))
        if match is None:
            group.on_all = {**methods, **group.on_all}
        else:
            group.parameter = group.parameter or match["name"]
            group.on_one = {**methods, **group.on_one}
    return sorted(groups.values(), key=lambda group: (group.path.count("{"), group.path.count("/")))


def _parent_paths(paths: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Of `/rules/{InstanceId}` and `/rules/{InstanceId}/{RuleId}` the first is all the rules of an instance.

    It is where there is no `/rules`, and where documents are created there and none is changed or deleted.
    """
    for path in paths:
        match = _ITEM.match(path)
        above = _ITEM.match(match["above"]) if match else None
        if match and above and match["above"] in paths:
            methods = {*paths[match["above"]]}
            if above["above"] not in paths or ("post" in methods and methods <= {"get", "post", "head"}):
                yield match["above"]


def _lists_below(path: str, methods: Mapping[str, Operation], paths: Collection[str], bodies: Bodies) -> bool:
    """Whether `/tasks/{projectId}` is all the tasks of a project: it lists and creates them, and nothing is above."""
    match = _ITEM.match(path)
    if match is None or match["above"] in paths or not {"get", "post"} <= methods.keys() <= {"get", "post", "head"}:
        return False
    made = {one.pointer for one in bodies.shown(methods["post"]) if not one.many}
    listed = [one for one in bodies.shown(methods["get"]) if one.many and (not one.envelope or one.pointer in made)]
    return bool(listed)


def _items_apart(paths: Mapping[str, Collection[str]], listing: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each path to one document that stands below its list by a word of its own: `/tasks/{projectId}/t/{taskId}`."""
    items: dict[str, list[str]] = defaultdict(list)
    for path, methods in paths.items():
        match = _ITEM.match(path)
        home = match["above"].rpartition("/")[0] if match else ""
        if match and home in listing and match["above"] not in paths and "get" in methods:
            items[home].append(path)
    for home, found in items.items():
        direct = any(one.startswith(home + "/{") for one in paths)
        if len(found) == 1 and not direct:
            yield found[0], home
