"""The same request with the same key is done once."""
