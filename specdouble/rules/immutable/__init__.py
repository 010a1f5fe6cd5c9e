"""A property stays as it was created."""
