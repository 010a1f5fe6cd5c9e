"""A document is its creator's organization's."""
