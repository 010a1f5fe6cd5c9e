"""A property moves along given ways."""
