"""A property that is left out is filled in."""
