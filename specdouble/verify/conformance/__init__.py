"""Conformance: Schemathesis' engine and checks, with the knowledge of the contract's rules."""
