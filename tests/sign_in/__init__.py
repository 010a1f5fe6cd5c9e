"""Signing in to a double, by each scheme that a contract can declare."""
