"""A property is computed by the server."""
