"""What the package's extras bring: libraries that the double alone does not need."""

from __future__ import annotations

# The extra of each library, by the name that it is imported by; `pyproject.toml` says the same of distributions.
EXTRAS = {
    "cel_expr_python": "cel",
    "hypothesis": "verify",
    "junitparser": "verify",
    "markdown_it": "verify",
    "mcp": "mcp",
    "rich": "verify",
    "schemathesis": "verify",
}


def remedy(library: str) -> str:
    """How to have a library of an extra: the command that installs it."""
    return f"pip install 'specdouble[{EXTRAS[library]}]'"
