"""A third shape: named by the client through PUT, numbers below, pages by Link, a version instead of a tag."""
