"""What signing in makes good."""

from specdouble.prove import equivalent

equivalent(
    "request.format-unchecked:post_auth_login.email",
    "nobody signs in with a text that is no address: it is refused all the same, with 401, which is declared too",
)
