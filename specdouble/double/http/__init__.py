"""What speaks HTTP: from bytes to a validated request, and from a result to bytes."""
