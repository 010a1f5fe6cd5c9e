"""The server's clock writes a property."""
