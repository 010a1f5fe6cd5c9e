"""What the contract lets a client do to the documents of one collection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from specdouble.contract import Action, CollectionRule, Contract, Operation, Parameter, PropertyRule, Resource
from specdouble.contract.identity import singular
from specdouble.verify.attack import Attack, State, attack_of
from specdouble.verify.equality import same
from specdouble.verify.exchange import Call
from specdouble.verify.normal_form import is_normal_form
from specdouble.verify.paging import chooses_page
from specdouble.verify.preconditions import tells_a_version
from specdouble.verify.privilege import grants, is_powerful
from specdouble.verify.values import kind, merged, takes_few
from specdouble.verify.wrapper import (
    document_schema,
    named_in_path,
    own_names,
    properties_sent,
    unwrapped,
    wrapped,
)


@dataclass(frozen=True)
class Updater:
    """An operation that changes a document.

    Args:
        operation: the operation.
        action: what it does.
        id_in_body: the property of the body that names the document, where no parameter does.
    """

    operation: Operation
    action: Action
    id_in_body: str | None = None

    @property
    def partial(self) -> bool:
        """Whether what is not sent stays."""
        return self.action.does == "update" and self.id_in_body is None


FEW = 1000  # values of a key, which a run may well come to twice


@dataclass(frozen=True)
class Subject:
    """The documents of one collection, and the operations on them."""

    contract: Contract
    resource: Resource
    creators: tuple[Operation, ...]
    readers: tuple[Operation, ...]
    listers: tuple[Operation, ...]
    updaters: tuple[Updater, ...]
    deleters: tuple[Operation, ...]
    _learned: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    _requested: dict[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)  # by operation

    @property
    def collection(self) -> str:
        """The collection's name."""
        return self.resource.collection

    @property
    def id_sent(self) -> str:
        """The property of a request that holds the document's id, or that has it inside: `metadata`."""
        return self.resource.id_path[0] if self.resource.id_path else self.resource.id

    def named(self, shown: dict[str, Any]) -> dict[str, Any]:
        """A document as it is shown, its id at hand where it stands deeper inside."""
        inside: Any = shown
        for name in self.resource.id_path:
            inside = inside.get(name) if isinstance(inside, dict) else None
        return {**shown, self.resource.id: inside} if self.resource.id_path and inside is not None else shown

    @property
    def observable(self) -> bool:
        """Whether an operation shows a document after it was written."""
        return bool(self.readers or self.listers)

    @property
    def key(self) -> str:
        """The property that paths name a document by: its id, unless the server has shown another."""
        return str(self._learned.get("key", self.resource.id))

    @property
    def is_known_by_id(self) -> bool:
        """Whether the server has shown a document where a path named it by its id."""
        return "by id" in self._learned

    def found(self) -> None:
        """Note that a path that named a document by its key led to it."""
        if self.key == self.resource.id:
            self._learned["by id"] = True

    def known_by(self, name: str) -> None:
        """Note that paths name a document by another property than its id."""
        self._learned["key"] = name

    @cached_property
    def acts(self) -> tuple[Operation, ...]:
        """The operations that change a document as their name says."""
        known = self.contract.actions_of.get(self.collection, ())
        return tuple(self.contract.operations[key] for key, action in known if action.does == "act")

    def action(self, operation: Operation) -> Action:
        """What the operation does to the collection."""
        return self.contract.actions[operation.id]

    def requested(self, operation: Operation) -> Mapping[str, dict[str, Any]]:
        """The properties that a client may send in the operation's body, by name: not those that are read-only."""
        if operation.id not in self._requested:
            named = properties_sent(self.contract, operation)
            hidden = {name for name, schema in named.items() if schema.get("readOnly") is True}
            if self.names_in_path(operation):
                hidden.add(self.resource.id)
            self._requested[operation.id] = {name: schema for name, schema in named.items() if name not in hidden}
        return self._requested[operation.id]

    def taken(self, operation: Operation) -> Mapping[str, dict[str, Any]]:
        """The properties that a client may send: in the body, or in the path of a create that names what it makes."""
        parameter, name = named_in_path(self.contract, operation) or ("", "")
        named = (one for one in operation.parameters if one.location == "path" and one.name == parameter)
        sent = dict(self.requested(operation))
        for one in named:
            sent[name] = one.schema
        return sent

    def required(self, operation: Operation) -> list[str]:
        """The properties that the operation's body must hold."""
        called, named = own_names(self.contract, operation), properties_sent(self.contract, operation)
        needed = [called.get(one, one) for one in required(self.contract, document_schema(self.contract, operation))]
        # What is read-only is required in answers alone (OpenAPI 3.0, "readOnly").
        return [name for name in needed if name not in named or name in self.requested(operation)]

    def repeats_id(self, operation: Operation) -> bool:
        """Whether the operation's body may hold the id that its path names, too."""
        schema = properties_sent(self.contract, operation).get(self.resource.id)
        return self.names_in_path(operation) and schema is not None and schema.get("readOnly") is not True

    def needs_id(self, operation: Operation) -> bool:
        """Whether the operation's body must hold the id that its path names, too."""
        needed = required(self.contract, document_schema(self.contract, operation))
        return self.repeats_id(operation) and self.resource.id in needed

    @cached_property
    def named_by_client(self) -> bool:
        """Whether who creates a document chooses its id: in the body, or in the path."""
        return any(self.id_sent in self.required(one) or self.names_in_path(one) for one in self.creators)

    def narrowing(self, operation: Operation) -> list[Parameter]:
        """The parameters that leave documents out of a list though a client says nothing, or because it must."""
        found = []
        for one in operation.parameters:
            if one.location != "query" or chooses_page(operation, one.name):
                continue
            filters = self.narrowed(one) is not None and "default" in merged(one.schema, self.contract.resolve)
            if one.required or filters:
                found.append(one)
        return found

    def narrowing_states(self, operation: Operation) -> dict[str, str]:
        """The properties of few values by which a client may narrow a list, and the parameter of each."""
        found = {}
        for one in operation.parameters:
            name = self.narrowed(one) if one.location == "query" else None
            if name is not None and "enum" in merged(one.schema, self.contract.resolve):
                found[name] = one.name
        return found

    def narrowed(self, parameter: Parameter) -> str | None:
        """The property that a parameter of a list speaks of, by its name: `generation`, or `generations` of it."""
        names = (parameter.name, singular(parameter.name))
        return next((name for name in names if name in self.resource.properties), None)

    def names_in_path(self, operation: Operation) -> bool:
        """Whether the path of the operation names the document that it creates, or may create."""
        return self.puts(operation) or named_in_path(self.contract, operation) is not None

    def puts(self, operation: Operation) -> bool:
        """Whether the operation creates the document that its path names (RFC 9110, 9.3.4)."""
        action = self.contract.actions.get(operation.id)  # none, where nobody keeps what is sent
        return action is not None and action.does in ("replace", "update") and operation.method == "put"

    @cached_property
    def attacks(self) -> list[tuple[PropertyRule, Attack]]:
        """Each rule about a property of the documents, and how its kind is attacked."""
        return [(rule, attack_of(rule)) for rule in self.resource.of(PropertyRule)]

    @cached_property
    def reachable(self) -> list[State]:
        """The states that requests bring a document to."""
        found: list[State] = []
        for rule, attack in self.attacks:
            if attack.states is not None and attack.bring is not None:
                found += [State(rule, value) for value in attack.states(rule)]
        return found

    @cached_property
    def bounding(self) -> list[tuple[CollectionRule, Attack]]:
        """Each rule that leaves no room for some documents, and how its kind is attacked."""
        known = [(rule, attack_of(rule)) for rule in self.resource.rules]
        return [(rule, attack) for rule, attack in known if attack.room]

    @cached_property
    def bound_together(self) -> frozenset[str] | None:
        """The properties of which rules speak together: one alone may break them. None where a rule may mean any."""
        found: set[str] = set()
        for _, rules in self.keeping:
            for rule in rules:
                names = getattr(rule, "names", None)
                if names is None:
                    return None
                found.update(names)
        return frozenset(found)

    @cached_property
    def has_keys(self) -> bool:
        """Whether a rule says what no two documents have alike, be it of one property or of several together."""
        return any(attack_of(rule).once for rule in self.resource.rules)

    @cached_property
    def has_few_keys(self) -> bool:
        """Whether two documents may well be given the same key: there are few, as of a port, or it is of several parts.

        What is sent of each part is new where rules speak of that part alone.
        """
        schemas = [self.resource.properties.get(name, {}) for name in self.once]
        is_narrow = any(takes_few(merged(one, self.contract.resolve), FEW) for one in schemas)
        return is_narrow or any(
            attack_of(rule).once for rule in self.resource.rules if not isinstance(rule, PropertyRule)
        )

    def at_most(self, wanted: int) -> int:
        """That many documents, or as many as rules leave room for at once."""
        return min([wanted, *(attack.most(rule) for rule, attack in self.bounding if attack.most is not None)])

    @cached_property
    def keeping(self) -> list[tuple[Callable[..., dict[str, Any]], list[CollectionRule]]]:
        """What makes bodies that keep rules about several properties at once, with the rules."""
        found: dict[Callable[..., dict[str, Any]], list[CollectionRule]] = {}
        for rule in self.resource.rules:
            keep = attack_of(rule).keep
            if keep is not None and not isinstance(rule, PropertyRule):
                found.setdefault(keep, []).append(rule)
        return list(found.items())

    @cached_property
    def chosen(self) -> Mapping[str, PropertyRule]:
        """The properties for which not any value that fits the schema is taken, and the rule that chooses one."""
        choosing = [(rule, attack) for rule, attack in self.attacks if attack.value]
        choosing.sort(key=lambda one: not one[1].once)  # a value that is new must still be one that another rule takes
        return {rule.name: rule for rule, _ in choosing}

    @cached_property
    def once(self) -> frozenset[str]:
        """The properties of which two documents cannot have the same value."""
        named = {self.id_sent} if self.named_by_client else set()
        return frozenset(named | {rule.name for rule, attack in self.attacks if attack.once})

    @cached_property
    def referring(self) -> frozenset[str]:
        """The properties that hold what other documents have: they tell no document apart."""
        return frozenset(rule.name for rule, _ in self.attacks if rule.refers_to)

    @cached_property
    def scarce(self) -> frozenset[str]:
        """The properties that no two may share, and that name what no operation makes: all there is may be named."""
        makes = {action.collection for action in self.contract.actions.values() if action.does == "create"}
        named = {rule.name for rule, _ in self.attacks if rule.refers_to and rule.refers_to not in makes}
        return self.once & named

    @cached_property
    def bound_on_update(self) -> frozenset[str]:
        """The properties that an update cannot set to any value: what is fixed, and states with moves of their own."""
        named = {self.id_sent} if self.named_by_client else set()
        ruled = {rule.name for rule, attack in self.attacks if attack.bound_on_update}
        return frozenset(named | ruled | self.versions)

    def may_begin(self, name: str, value: object) -> bool:
        """Whether a new document may have a value of a property, as far as it fits the schema."""
        ruled = [(rule, attack.begins) for rule, attack in self.attacks if rule.name == name and attack.begins]
        return all(begins(rule, value) for rule, begins in ruled)

    @cached_property
    def filled_in(self) -> Mapping[str, Any]:
        """What a create fills in where it is not sent, by property."""
        sent = self.requested(self.creators[0]) if self.creators else {}
        schemas = {name: merged(schema, self.contract.resolve) for name, schema in sent.items()}
        return {name: schema["default"] for name, schema in schemas.items() if "default" in schema}

    @cached_property
    def versions(self) -> frozenset[str]:
        """The properties that tell one state of a document from another: each change sets them anew.

        By their names, where no client sets them when it creates a document; and those that an update must hold where
        a conflict is told.
        """
        if not self.creators:
            return frozenset()
        chosen = set[str]().union(*(self.requested(one) for one in self.creators)) - self.server_set
        named = {name for name in self.resource.properties if tells_a_version(name) and name not in chosen}
        return frozenset(named.union(*(self.naming_a_state(one.operation) for one in self.updaters)))

    def naming_a_state(self, operation: Operation) -> frozenset[str]:
        """The properties by which an update names the state that it changes: it must hold them, no create takes them.

        Where a conflict is told (RFC 9110, 15.5.10 and 15.5.13), another value than the one that was shown is none.
        """
        if not operation.statuses & {"409", "412"} or any(self.names_in_path(one) for one in self.creators):
            return frozenset()
        needed = self.resource.properties.keys() & {*self.required(operation)}
        return frozenset(needed.difference(*(self.requested(one) for one in self.creators)))

    @cached_property
    def server_set(self) -> frozenset[str]:
        """The properties that a client cannot set."""
        ruled = {rule.name for rule, _ in self.attacks if rule.server_sets}
        read_only = {name for name, schema in self.resource.properties.items() if schema.get("readOnly") is True}
        held = {self.resource.owner, self.resource.tenant, None if self.named_by_client else self.resource.id}
        return frozenset(ruled | read_only | {name for name in held if name is not None})

    @cached_property
    def stamps(self) -> Mapping[str, str]:
        """The properties that the server's clock sets, and the event whose time each tells."""
        return {rule.name: attack.stamp(rule) for rule, attack in self.attacks if attack.stamp}

    @cached_property
    def following(self) -> frozenset[str]:
        """The properties that change with others of their document.

        The server may compute a number that it sets, and whether something is so (`isOverdue`).
        """
        schemas = {name: merged(schema, self.contract.resolve) for name, schema in self.resource.properties.items()}
        computed = {name for name in self._unruled if kind(schemas.get(name, {})) in ("integer", "number", "boolean")}
        return frozenset(rule.name for rule, _ in self.attacks if rule.follows) | computed

    @cached_property
    def _unruled(self) -> frozenset[str]:
        """The properties that the server sets, and of which no rule says to what."""
        ruled = {rule.name for rule, attack in self.attacks if attack.shows != "setting"}
        return frozenset(self.server_set) - ruled - {self.key}

    def may_be_made_of(self, name: str, value: object, sent: Mapping[str, Any]) -> bool:
        """Whether the server may have made a property of what was sent, as the slug of a title or an excerpt is."""
        if name not in self._unruled or not isinstance(value, str):
            return False
        texts = [one for one in sent.values() if isinstance(one, str)]
        return any(_is_made_of(value, text) for text in texts)

    @cached_property
    def keeps_taken(self) -> bool:
        """Whether what was unique to a document that was deleted stays taken."""
        return any(rule.keeps_taken for rule in self.resource.rules)

    @property
    def updated_stamps(self) -> list[str]:
        """The properties that tell when a document last changed."""
        return [name for name, event in self.stamps.items() if event == "updated"]

    def states(self, operation: Operation) -> Iterator[tuple[str, Any]]:
        """Each value of each property of a document that has few of them, as the operation takes them."""
        for name, schema in self.requested(operation).items():
            if name in self.resource.properties and name not in self.server_set | self.chosen.keys():
                schema = merged(schema, self.contract.resolve)
                for value in schema.get("enum") or ([True, False] if kind(schema) == "boolean" else []):
                    if not (grants(name) and is_powerful(value)):  # whom nobody may be able to delete
                        yield name, value

    def keeps(self, name: str, sent: object, seen: object) -> bool:
        """Whether what is seen of a property is what was sent, or what a rule or the contract's words leave open."""
        if same(sent, seen):
            return True
        if any(attack.same(rule, sent, seen) for rule, attack in self.attacks if rule.name == name and attack.same):
            return True
        schemas = (self.resource.properties.get(name), *(self.requested(one).get(name) for one in self.creators))
        return any(is_normal_form(seen, sent, schema, self.contract.resolve) for schema in schemas if schema)

    def shows(self, name: str, value: object) -> bool:
        """Whether answers may show the value in the property, by its schema."""
        schemas = self.contract.schemas
        return schemas.is_valid(schemas.slot(self.resource.properties[name], "response"), value)

    def may_come_of(self, name: str, before: object, sent: object) -> bool:
        """Whether answers may show what comes of a change: a part of an object may lack what the whole needs.

        Args:
            name: the property.
            before: what it held.
            sent: what the change says of it.
        """
        if not isinstance(sent, dict):
            return True
        return self.shows(name, {**(before if isinstance(before, dict) else {}), **sent})

    def is_open(self, operation: Operation) -> bool:
        """Whether the operation's body may hold properties that its schema does not name."""
        return not _is_closed(self.contract, document_schema(self.contract, operation))

    def seen_in(self, operation: Operation) -> Subject:
        """The same documents as one of their lists shows them; as they are where the operation is none of their lists.

        Documents may be listed below two parents: `/courses/{id}/enrolments` and `/students/{id}/enrolments`.
        """
        return replace(self, listers=(operation,)) if operation in self.listers[1:] else self

    def wrapped(self, operation: Operation, document: Mapping[str, Any]) -> Any:
        """The body of a request for a document."""
        return wrapped(self.contract, operation, dict(document))

    def unwrapped(self, call: Call) -> dict[str, Any]:
        """The document in the body of a request, with what its path holds of it."""
        document = unwrapped(self.contract, call.operation, call.body)
        parameter, name = named_in_path(self.contract, call.operation) or ("", "")
        held = {name: call.path[parameter]} if parameter in call.path else {}
        return {**(document if isinstance(document, dict) else {}), **held}


def subjects(contract: Contract) -> dict[str, Subject]:
    """The subjects of a contract, by collection."""
    return {name: _subject(contract, resource) for name, resource in contract.resources.items()}


def _subject(contract: Contract, resource: Resource) -> Subject:
    own = [(name, action) for name, action in contract.actions.items() if action.collection == resource.collection]
    # What is there before a run was not made by it.
    made = [] if resource.single else [(name, action) for name, action in own if not action.mine]

    def that(*does: str) -> tuple[Operation, ...]:
        return tuple(contract.operations[name] for name, action in made if action.does in does)

    # A JSON Patch (RFC 6902) says how to change a document; it is none itself, and holds no properties.
    changing = [one for one in that("update", "replace") if one.document_body is not None]
    updaters = [Updater(one, contract.actions[one.id]) for one in changing]
    ids = {contract.actions[one.id].id for one in that("read", "update", "replace", "delete")} - {None}
    for creator in that("create"):
        named = next((name for name in properties_sent(contract, creator) if name in ids), None)
        if named is not None and named not in (resource.id, *resource.properties):
            # A create that takes the id of a document changes that document instead.
            updaters.append(Updater(creator, contract.actions[creator.id], named))
    # What shows one new document tells more than what shows many.
    creators = tuple(sorted(that("create"), key=lambda one: contract.actions[one.id].in_array))
    # Where nothing else creates documents, a `PUT` to a new path may: it says so by declaring 201.
    puts = tuple(one for one in that("replace", "update") if one.method == "put" and "201" in one.statuses)
    # The list of all documents first, then those below others.
    listers = tuple(sorted(that("list"), key=lambda one: one.path.count("{")))
    return Subject(contract, resource, creators or puts, that("read"), listers, tuple(updaters), that("delete"))


def required(contract: Contract, schema: Any) -> list[str]:
    """The names of the properties that a schema asks for, through `$ref` and `allOf`."""
    schema = contract.resolve(schema)
    if not isinstance(schema, dict):
        return []
    names = list(schema.get("required") or []) if isinstance(schema.get("required"), list) else []
    for part in schema.get("allOf") or ():
        names += required(contract, part)
    return list(dict.fromkeys(names))


def _is_closed(contract: Contract, schema: Any) -> bool:
    schema = contract.resolve(schema)
    if not isinstance(schema, dict):
        return False
    if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
        return True
    return any(_is_closed(contract, part) for part in schema.get("allOf") or ())


def _is_made_of(made: str, text: str) -> bool:
    """Whether a text may be made of another one, by its letters; of one that has none, of what there is in it."""
    some, others = _letters(made), _letters(text)
    if not some or not others:
        return some == others and set(made) <= {*text, "-", "_"}
    return some in others or others in some


def _letters(text: str) -> str:
    """The letters and digits of a text, for what is compared without its spelling."""
    return "".join(one for one in text.casefold() if one.isalnum())
