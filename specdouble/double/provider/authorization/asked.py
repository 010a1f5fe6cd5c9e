"""A request to the provider, and the client that sends it, as Authlib reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request

from specdouble.contract.json_type import JSON
from specdouble.double.provider.authorization.setting import Setting

NOBODY = "public"  # the client that says no name
METHODS = ["client_secret_basic", "client_secret_post", "none"]


class Payload(OAuth2Payload):
    """The parameters of a request, each with all its values; an empty one is none (RFC 6749, 3.1)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            if value:
                self._lists[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        """The last of each, as a form has it."""
        return {name: values[-1] for name, values in self._lists.items()}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Asked(OAuth2Request):
    """A request as Authlib reads it.

    Args:
        method: its method.
        headers: its header fields.
        pairs: its parameters.
    """

    def __init__(self, method: str, headers: Mapping[str, str], pairs: Sequence[tuple[str, str]]) -> None:
        # A mock is asked without TLS, under whatever name it has: what Authlib would hold that to is not told to it.
        super().__init__(method, "https://double.invalid/", headers=headers)
        self.payload = Payload(pairs)

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class Client:
    """A client: any is known, with or without a secret, and may do everything.

    Args:
        id: what it calls itself.
        setting: where it may have users sent, and for what it may ask.
    """

    def __init__(self, id: str, setting: Setting) -> None:
        self.id = id
        self._setting = setting
        self.client_metadata: dict[str, JSON] = {}

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        asked = scope.split() if scope else self._setting.scopes()
        return " ".join(dict.fromkeys(asked))

    def check_redirect_uri(self, uri: str) -> bool:
        return self._setting.redirects.allows(uri)

    def check_client_secret(self, _secret: str) -> bool:
        return True

    def check_endpoint_auth_method(self, _method: str, _endpoint: str) -> bool:
        return True

    def check_response_type(self, _response_type: str) -> bool:
        return True

    def check_grant_type(self, _grant_type: str) -> bool:
        return True


def public_client(query_client: Any, request: Asked) -> Client | None:
    """A client without a secret; one without a name is taken too, and none that proves itself in another way."""
    if request.payload.data.get("client_secret") or request.payload.data.get("client_assertion"):
        return None
    named = request.payload.client_id or _basic_name(request.headers.get("Authorization"))
    client: Client | None = query_client(named or NOBODY)
    return client


def _basic_name(authorization: str | None) -> str | None:
    """The name in Basic credentials that have an empty password, as public clients of some libraries send it."""
    from authlib.oauth2.rfc6749.util import extract_basic_authorization

    name, password = extract_basic_authorization({"Authorization": authorization})
    return unquote(name) if name and not password else None
