"""Bounds: what a server demands of single values, and no schema says; each by a minimal pair."""
