"""PostgreSQL and Valkey for development and tests, from wheels, in a folder of the checkout.

ensure()    start what is not running and keep it while this process lives
start()     the same, until stop()
stop()      stop both
running()   what runs now, by name
Places      the paths

`lifetime` says when they run, `launch` how they start, `identity` as whom, `binaries` which; `supervisor` is
the process that owns them, `leftovers` ends what a killed one left, `status` is for people.
A server that has an address in DATABASE_URL or CACHE_URL is none of ours, and not started.
"""

from project.services.errors import ServicesError
from project.services.lifetime import ensure, hold, running, start, stop
from project.services.places import Places

__all__ = ["Places", "ServicesError", "ensure", "hold", "running", "start", "stop"]
