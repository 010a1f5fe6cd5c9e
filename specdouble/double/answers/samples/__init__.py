"""Samples: values that conform to a schema, read like the real thing, and are the same each time."""
