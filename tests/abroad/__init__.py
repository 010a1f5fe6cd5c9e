"""Contracts and servers that are not this project's own: the verifier does no harm there, and cries no wolf."""
