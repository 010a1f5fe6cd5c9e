"""What a provider tells of itself (OpenID Connect Discovery 1.0, 3; RFC 8414, 2)."""

from __future__ import annotations

from collections.abc import Sequence

from specdouble.contract.json_type import JSON
from specdouble.double.provider.information import CLAIMS, SCOPES
from specdouble.double.provider.response_mode import MODES

_GRANTS = ("authorization_code", "implicit", "client_credentials", "password", "refresh_token",
           "urn:ietf:params:oauth:grant-type:device_code")  # fmt: skip
_METHODS = ["client_secret_basic", "client_secret_post", "none"]


def metadata(issuer: str, endpoints: str, scopes: Sequence[str]) -> dict[str, JSON]:
    """The document.

    Args:
        issuer: the URL that names the provider.
        endpoints: the URL below which its endpoints stand.
        scopes: those of the contract.
    """
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{endpoints}/authorize",
        "token_endpoint": f"{endpoints}/token",
        "userinfo_endpoint": f"{endpoints}/userinfo",
        "jwks_uri": f"{endpoints}/jwks",
        "end_session_endpoint": f"{endpoints}/logout",
        "revocation_endpoint": f"{endpoints}/revoke",
        "introspection_endpoint": f"{endpoints}/introspect",
        "device_authorization_endpoint": f"{endpoints}/device_authorization",
        "scopes_supported": list(dict.fromkeys([*SCOPES, *scopes])),
        "response_types_supported": ["code", "token"],
        "response_modes_supported": list(MODES),
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "grant_types_supported": list(_GRANTS),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": _METHODS,
        "revocation_endpoint_auth_methods_supported": _METHODS,
        "introspection_endpoint_auth_methods_supported": _METHODS,
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", *CLAIMS],
        "prompt_values_supported": ["none", "login", "select_account"],
    }
