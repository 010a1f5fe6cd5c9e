"""Prove: seeds one fault at a time into the double, and counts which of them the verifier kills.

A project's own mutants need few names: `mutant`, `equivalent`, and what `specdouble.prove.change` offers to make a change of.
"""

from specdouble.prove.project import equivalent, mutant

__all__ = ["equivalent", "mutant"]
