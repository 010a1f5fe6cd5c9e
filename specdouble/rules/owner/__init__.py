"""A document is its creator's."""
