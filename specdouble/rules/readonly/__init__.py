"""The server sets a property."""
