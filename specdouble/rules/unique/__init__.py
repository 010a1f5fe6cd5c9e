"""No two documents share a value."""
