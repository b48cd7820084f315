"""PostgreSQL and Valkey for development and tests, from wheels, in a folder of the checkout.

ensure()    start what is not running and keep it while this process lives
start()     the same, until stop()
stop()      stop both
status()    what runs, where, since when
Places      the paths

`lifetime` says when they run, `launch` how they start, `identity` as whom, `binaries` which; `supervisor` is
the process that owns them, `leftovers` ends what a killed one left. Without DATABASE_URL or CACHE_URL only.
"""

from project.services.errors import ServicesError
from project.services.lifetime import ensure, hold, running, start, stop
from project.services.places import Places

__all__ = ["Places", "ServicesError", "ensure", "hold", "running", "start", "stop"]
