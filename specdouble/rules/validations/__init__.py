"""What CEL says of a document."""
