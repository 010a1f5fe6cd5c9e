"""A server of another shape than the reference: nested, paged, patched by merging, with keys, tags and many faults."""

from .faults import FAULTS, KINDS
from .server import Server

__all__ = ["FAULTS", "KINDS", "Server"]
