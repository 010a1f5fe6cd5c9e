"""Each version of a document has a tag, by which requests are conditional (RFC 9110, 13)."""
