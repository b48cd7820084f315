"""How full the pool is."""

from .figures import PoolStats


def pool_stats(using: str = "default") -> PoolStats | None:
    """The pool of a database; None: it has none."""
    return None
