"""Specdouble: a stateful mock server and a verifier from one OpenAPI contract with its business rules."""

__version__ = "0.1.0"
