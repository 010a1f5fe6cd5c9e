"""A value is the id of another document."""
