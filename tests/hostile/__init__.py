"""Nothing from outside slows it, fills it, reads it or stops it."""
