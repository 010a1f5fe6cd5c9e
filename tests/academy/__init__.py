"""The academy, which was written apart from all checks: Node's HTTP server, documents below two parents, a bin."""
