"""``query_timer``: how long a block or function takes, under a name."""

from contextlib import ContextDecorator


class query_timer(ContextDecorator):  # noqa: N801  (it is used like a function)
    """``with query_timer("name", threshold=1.0):``, ``async with …`` and ``@query_timer("name")``."""

    def __init__(self, name: str, *, threshold: float = 1.0) -> None:
        self.name, self.threshold = name, threshold

    def __enter__(self) -> "query_timer":
        return self

    def __exit__(self, *exception: object) -> None: ...
