"""The application: who calls, which operation it is, and what is refused before any of them."""

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import comments, projects, tasks
from .bodies import Bodies, read
from .refusal import RefusedError
from .service import Call, Service
from .store import KEYS

JSON, PATCH = "application/json", "application/merge-patch+json"
LARGEST = 1024 * 1024
Handler = Callable[[Service, Call], Any]

P, T, C = "/v1/projects", "/v1/projects/<project>/tasks", "/v1/projects/<project>/tasks/<task>/comments"
HANDLERS: dict[tuple[str, str], tuple[Handler, str]] = {
    ("GET", P): (projects.listed, ""),
    ("POST", P): (projects.create, "ProjectInput"),
    ("GET", P + "/<project>"): (projects.read, ""),
    ("PUT", P + "/<project>"): (projects.replace, "ProjectInput"),
    ("PATCH", P + "/<project>"): (projects.change, "ProjectPatch"),
    ("DELETE", P + "/<project>"): (projects.delete, ""),
    ("GET", T): (tasks.listed, ""),
    ("POST", T): (tasks.create, "TaskInput"),
    ("GET", T + "/<task>"): (tasks.read, ""),
    ("PUT", T + "/<task>"): (tasks.replace, "TaskInput"),
    ("PATCH", T + "/<task>"): (tasks.change, "TaskPatch"),
    ("DELETE", T + "/<task>"): (tasks.delete, ""),
    ("GET", C): (comments.listed, ""),
    ("POST", C): (comments.create, "CommentInput"),
    ("GET", C + "/<comment>"): (comments.read, ""),
    ("PUT", C + "/<comment>"): (comments.replace, "CommentInput"),
    ("DELETE", C + "/<comment>"): (comments.delete, ""),
}
OPEN = {("GET", C): "comments_open", ("DELETE", T + "/<task>"): "task_deleted_without_key"}


class Tracker:
    """A WSGI application with some of the faults.

    Args:
        faults: their names.
    """

    def __init__(self, faults: Collection[str] = ()) -> None:
        self.routes = Map(
            [Rule(path, methods=[method], endpoint=(method, path)) for method, path in HANDLERS], strict_slashes=False
        )
        self.switch(faults)

    def switch(self, faults: Collection[str] = ()) -> None:
        """Exchange the faults and start again from the seed."""
        self.service = Service(frozenset(faults))
        self.bodies = Bodies(self.service.faults)

    def __call__(self, environ: Any, start: Any) -> Any:
        """Answer one request (WSGI, PEP 3333)."""
        request = Request(environ)
        try:
            response = self.answer(request)
        except RefusedError as refusal:
            response = self.problem(refusal)
        except HTTPException as error:
            allow = {"Allow": ", ".join(getattr(error, "valid_methods", None) or ())} if error.code == 405 else {}
            response = self.problem(RefusedError(error.code or 500, error.name, headers=allow))
        return response(environ, start)

    def answer(self, request: Request) -> Response:
        """The answer of the operation."""
        endpoint, path = self.routes.bind_to_environ(request.environ).match()
        if endpoint[0] == "GET" and request.method == "HEAD" and "head_differs" in self.service.faults:
            raise RefusedError(404, "There is no such document")
        if "accept_fails" in self.service.faults and request.accept_mimetypes.quality(JSON) == 0:
            raise RefusedError(500, "KeyError")
        handler, schema = HANDLERS[endpoint]
        user = self._user(request, OPEN.get(endpoint, ""))
        body = self._body(request, schema) if schema else None
        call = Call(user, path, request.args.to_dict(), body, dict(request.headers.items()))
        status, content, headers = handler(self.service, call)
        if status in (204, 304):
            return Response(status=status, headers=headers)
        text = json.dumps(content, ensure_ascii=False)
        return Response(text, status, {**headers}, content_type=JSON)

    def _user(self, request: Request, opened: str) -> str:
        faults, key = self.service.faults, request.headers.get("X-Api-Key", "")
        found = next((name for name, known in KEYS.items() if self._is(key, known)), None)
        if found is None and opened in faults:
            return self.service.owner_on_the_path(request.path)
        if found is None:
            raise RefusedError(401, "The key is nobody's", headers={"WWW-Authenticate": 'ApiKey realm="tracker"'})
        return found

    def _is(self, key: str, known: str) -> bool:
        faults = self.service.faults
        if "key_case_ignored" in faults and key.lower() == known.lower():
            return True
        if "key_prefix_enough" in faults and len(key) >= len(known) // 2 and known.startswith(key):
            return True
        if "key_longer_taken" in faults and key.startswith(known):
            return True
        if "key_like_pattern" in faults and key:
            pattern = "".join(".*" if one in "%*" else re.escape(one) for one in key)
            return re.fullmatch(pattern, known) is not None
        return key == known

    def _body(self, request: Request, schema: str) -> Any:
        media = request.mimetype
        wanted = PATCH if schema.endswith("Patch") else JSON
        if media != wanted and not ("patch_takes_json" in self.service.faults and media == JSON):
            raise RefusedError(415, f"The body must be {wanted}")
        content = request.get_data()
        if len(content) > LARGEST:
            raise RefusedError(413, "The body is too large")
        try:
            body = read(content)
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, f"The body is no JSON: {error}") from None
        wrong = self.bodies.wrong(schema, body)
        if wrong is not None:
            return self.service.spoilt(wrong, body)
        return body

    def problem(self, refusal: RefusedError) -> Response:
        """A refusal as problem details (RFC 9457)."""
        faults = self.service.faults
        status = 400 if "problem_status_lies" in faults and refusal.status != 400 else refusal.status
        content = {"type": "about:blank", "title": refusal.title, "status": status}
        media = JSON if "problem_as_json" in faults else "application/problem+json"
        return Response(json.dumps(content), refusal.status, refusal.headers, content_type=media)
