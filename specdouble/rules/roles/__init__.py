"""An operation is for callers of certain roles."""
