"""Discover: the rules of a running server, guessed from a contract's words and shape, and proved by experiment."""
