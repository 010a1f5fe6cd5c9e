"""What the console asks of a double beside the rest of the control plane: the page, the contract, users, documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from specdouble.console import STATIC
from specdouble.contract import Contract, Media, Operation, Parameter, Rule
from specdouble.contract.json_type import JSON
from specdouble.double.http.administration import json_object, json_response, whole_number
from specdouble.double.http.credentials import known_as
from specdouble.double.http.served import Served
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Broken, Problem, Refusal
from specdouble.double.state.storable import storable
from specdouble.double.state.world import World
from specdouble.double.state.worlds import DEFAULT_WORLD

# What stands in requests and documents is anybody's: the page runs its own modules and nothing else, asks nobody but
# this double, and is framed by nobody.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
_PAGE = 50  # documents
_LARGEST_PAGE = 500
_USERS = 200
_IDS = 20  # that a form offers
Written = TypeVar("Written")


class Console:
    """Answers the paths of the page.

    Args:
        double: the double.
        prefix: what stands before each path.
    """

    def __init__(self, double: Served, prefix: str) -> None:
        self._double = double
        documents = f"{prefix}/documents/{{collection:path}}"
        self.routes = [
            Route(f"{prefix}/", self._page, methods=["GET"]),
            Route(prefix, _to_page, methods=["GET"]),
            Route(f"{prefix}/contract", self._contract, methods=["GET"]),
            Route(f"{prefix}/operations/{{id:path}}", self._operation, methods=["GET"]),
            Route(f"{prefix}/users", self._users, methods=["GET"]),
            Route(documents, self._list, methods=["GET"]),
            Route(documents, self._create, methods=["POST"]),
            Route(documents, self._replace, methods=["PUT"]),
            Route(documents, self._delete, methods=["DELETE"]),
            Mount(f"{prefix}/console", StaticFiles(directory=STATIC)),
        ]

    async def _page(self, _request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"Content-Security-Policy": POLICY})

    # The contract

    async def _contract(self, _request: Request) -> Response:
        contract = self._double.contract
        return json_response(
            {
                "title": contract.title,
                "description": str((contract.data.get("info") or {}).get("description", "")),
                "operations": [self._told_operation(operation) for operation in contract.operations.values()],
                "rules": [_told_rule(rule) for rule in contract.rules.values()],
                "collections": sorted(contract.resources),
            }
        )

    def _told_operation(self, operation: Operation) -> dict[str, JSON]:
        resolution = self._double.resolutions[operation.id]
        return {
            "id": operation.id,
            "method": operation.method.upper(),
            "path": operation.path,
            "summary": operation.summary,
            "tags": list(operation.tags),
            "is_secured": any(operation.security),
            "answered": {"by": resolution.by, "why": resolution.why},
        }

    async def _operation(self, request: Request) -> Response:
        """An operation with all that a form for it needs."""
        contract, key = self._double.contract, request.path_params["id"]
        operation = contract.operations.get(key)
        if operation is None:
            raise Problem(404, detail=f"the contract has no operation `{key}`")
        file, line = contract.locate(operation.pointer)
        offered = self._offered(operation, self._world(request))
        parameters = [
            {**_told_parameter(contract, one), "offered": offered.get(one.name) or self._made(operation, one)}
            for one in operation.parameters
        ]
        return json_response(
            {
                **self._told_operation(operation),
                "file": file,
                "line": line,
                "rules": [_told_rule(rule) for rule in contract.rules_of(operation)],
                "statuses": {status: response.description for status, response in operation.responses.items()},
                "parameters": parameters,
                "bodies": [self._told_media(media, operation) for media in _medias(operation)],
            }
        )

    def _told_media(self, media: Media, operation: Operation) -> dict[str, JSON]:
        examples = dict(media.examples) or {"made": self._double.example(media, operation.id)}
        return {"type": media.type, "examples": [{"name": name, "value": one} for name, one in examples.items()]}

    def _offered(self, operation: Operation, world: World) -> dict[str, list[str]]:
        """The ids that there are for each parameter of the path; the first of each are those of one document."""
        contract = self._double.contract
        found: dict[str, list[str]] = {}
        for name in [one.name for one in operation.parameters if one.location == "path"]:
            named = contract.action_on(operation.path, name)
            if named is not None:
                found[name] = _values(_first(world, named.collection), contract.resources[named.collection].id)
        action = contract.actions.get(operation.id)
        if action is None:
            return found
        properties = dict(action.scope)
        # Of the documents that it speaks of, those whose parents are there.
        documents = [
            document
            for document in _first(world, action.collection)
            if all(name not in found or str(document.get(to)) in found[name] for name, to in action.scope)
        ]
        if action.id is not None:
            properties[action.id] = contract.resources[action.collection].id
        for name, to in properties.items():
            found[name] = list(dict.fromkeys([*_values(documents, to), *found.get(name, ())]))
        return found

    def _made(self, operation: Operation, parameter: Parameter) -> list[str]:
        """What a parameter that has to be there may be, where nothing is known of it: the path is none without it."""
        if not parameter.required or parameter.slot is None:
            return []
        examples = self._double.contract.examples(parameter).values()
        value = self._double.value(parameter.slot, f"{operation.id} {parameter.name}", examples)
        return [] if value is None else [_as_text(value)]

    # Users

    async def _users(self, request: Request) -> Response:
        """Who can sign in, by security scheme; of a scheme without users any name is a caller."""
        contract, world = self._double.contract, self._world(request)
        schemes = []
        for scheme, told in contract.security_schemes.items():
            identity = contract.identities.get(scheme)
            users: list[dict[str, JSON]] = []
            if identity is not None:
                resource = contract.resources[identity.collection]
                for user in world.collection(identity.collection, None).find(limit=_USERS):
                    claims = {claim: user.get(name) for claim, name in identity.claims.items()}
                    users.append({"name": known_as(resource, user), "claims": claims})
            schemes.append({"scheme": scheme, "type": told.get("type"), "any": identity is None, "users": users})
        return json_response(schemes)

    # Documents

    async def _list(self, request: Request) -> Response:
        name, world = self._known(request), self._world(request)
        query = request.query_params
        skip, limit = whole_number(query, "skip", 0), min(whole_number(query, "limit", _PAGE), _LARGEST_PAGE)
        entries = [{"key": key, "document": document} for key, document in world.entries(name, skip, limit)]
        count = world.collection(name, None).count_documents()
        return json_response({"collection": name, "count": count, "skip": skip, "documents": entries})

    async def _create(self, request: Request) -> Response:
        name = self._known(request)
        document, collection = await json_object(request), self._collection(request)
        self._hold(name, document, collection.draft(document))
        _explained(lambda: collection.insert_one(document))
        return json_response(document, 201)

    async def _replace(self, request: Request) -> Response:
        name = self._known(request)
        document, collection, key = await json_object(request), self._collection(request), _key(request)
        self._hold(name, document, document)
        found = _explained(lambda: collection.find_one_and_replace({"_id": key}, document, return_document=True))
        if found is None:
            raise Problem(404, detail=f"{name} has no such document any more")
        return json_response(found)

    async def _delete(self, request: Request) -> Response:
        name = self._known(request)
        if self._collection(request).find_one_and_delete({"_id": _key(request)}) is None:
            raise Problem(404, detail=f"{name} has no such document any more")
        return Response(status_code=204)

    def _hold(self, name: str, sent: JSON, completed: JSON) -> None:
        """Hold a document to its schema, as those of `mock_data/` are.

        Args:
            name: the collection.
            sent: the document.
            completed: the document with what the server sets.

        Raises:
            Problem: 400, no store can keep it; 422, it does not conform.
        """
        contract = self._double.contract
        storable(sent, contract.reserved)
        resource = contract.resources.get(name)
        if resource is None:  # a handler's own
            return
        slot = contract.schemas.slot(resource.schema, "response")
        violations = contract.schemas.violations(slot, completed, "body")
        if violations:
            told = "; ".join(f"{one.pointer or 'the document'} {one.message}" for one in violations)
            raise Problem(422, "The document breaks its schema", told)

    def _known(self, request: Request) -> str:
        name: str = request.path_params["collection"]
        if name not in self._double.contract.resources and name not in self._world(request).counts():
            raise Problem(404, detail=f"there is no collection `{name}`")
        return name

    def _collection(self, request: Request) -> Collection:
        return self._world(request).collection(self._known(request), None, frozenset({"409", "422"}))

    def _world(self, request: Request) -> World:
        return self._double.world(request.headers.get("x-specdouble-world", DEFAULT_WORLD))


def _explained(write: Callable[[], Written]) -> Written:
    """What a write gives.

    Raises:
        Problem: it breaks rules, with the sentence of each and the document in its way.
    """
    try:
        return write()
    except Refusal as refusal:
        told = "; ".join(_of_rule(one) for one in refusal.broken)
        raise Problem(refusal.status, "Rules refuse the document", told, rule=refusal.rule) from None


def _of_rule(broken: Broken) -> str:
    held = "" if broken.document is None else f" (held by {broken.document})"
    return f"{broken.rule.id}: {broken.sentence}{held}"


async def _to_page(_request: Request) -> Response:
    return RedirectResponse("_specdouble/")  # relative, for a proxy may have put a prefix before it


def _medias(operation: Operation) -> Iterator[Media]:
    if operation.body is not None:
        yield from operation.body.content.values()


def _told_rule(rule: Rule) -> dict[str, JSON]:
    return {
        "id": rule.id,
        "kind": rule.kind,
        "sentence": str(rule),
        "refuses": rule.refuses,
        "file": rule.file,
        "line": rule.line,
    }


def _first(world: World, collection: str) -> list[Document]:
    return [document for _, document in world.entries(collection, 0, _IDS)]


def _values(documents: Iterable[Document], name: str) -> list[str]:
    """What documents have in a property, each value once."""
    return list(dict.fromkeys(str(one[name]) for one in documents if one.get(name) is not None))


def _as_text(value: JSON) -> str:
    """The value as a query or a path has it; of an array, its parts with commas (`form`, `simple`)."""
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _told_parameter(contract: Contract, parameter: Parameter) -> dict[str, JSON]:
    schema = contract.described(parameter.schema) if parameter.schema is not None else {}
    told = {key: schema[key] for key in ("type", "enum", "default", "example", "format") if key in schema}
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
        "schema": told,
    }


def _key(request: Request) -> JSON:
    """The key of a document, as a list of them told it."""
    try:
        return orjson.loads(request.query_params.get("key", ""))
    except orjson.JSONDecodeError:
        raise Problem(400, detail="`key` is the key of a document, as the list of them tells it") from None
