"""What an operation does not do, and why."""


class RefusedError(Exception):
    """A request is refused.

    Args:
        status: of the answer.
        title: why, for people.
        headers: of the answer.
    """

    def __init__(self, status: int, title: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.headers = status, title, headers or {}


def missing(what: str) -> RefusedError:
    """What there is not, as far as the caller may know."""
    return RefusedError(404, f"There is no such {what}")
