"""What Authlib decides of OAuth 2 and OpenID Connect, for any client, with the users of the double and its keys."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error

from specdouble.double.provider.authorization.asked import Asked
from specdouble.double.provider.authorization.server import Server
from specdouble.double.provider.authorization.setting import Setting

__all__ = ["Asked", "OAuth2Error", "Server", "Setting"]
