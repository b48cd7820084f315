"""How large a pool should be: 100 threads of one process, on pools of several sizes.

python -m benchmarks.pool [--seconds N]

Each thread takes a connection, reads a conversation and 50 messages, gives the connection back and thinks. With 0.5 s
of thinking a process has less to do than it can, with 0.05 s more. The second round of each pool is shown.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from . import server

SIZES = [(4, 4), (8, 8), (20, 20), (20, 50), (50, 50)]
THINKING = (0.5, 0.05)  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4.0, metavar="N", help="of one round")
    seconds = parser.parse_args().seconds
    server.set_up()
    with server.databases("default"):
        measure(seconds)
    return 0


def measure(seconds: float) -> None:
    from aistore.performance.bench import filling, pooling

    data = filling.fill("default", filling.QUICK, lambda: None)
    print("thinking   pool   wait, mean      p99   request, p50     p99   requests/s   refused")
    for thinking in THINKING:
        for least, most in SIZES:
            with_pool(least, most)
            try:
                for _ in range(2):
                    found = pooling.under_load(data, "default", most, pause=thinking, seconds=seconds)
            finally:
                without_pool()
            show(thinking, least, most, found)


def show(thinking: float, least: int, most: int, found: Any) -> None:
    size = f"{least}" if least == most else f"{least}-{most}"
    waits = f"{found.checkout_mean / 1000:>9.2f} ms {found.checkout.p99 / 1000:>5.1f} ms"
    requests = f"{found.request.p50 / 1000:>11.1f} ms {found.request.p99 / 1000:>4.0f} ms"
    counts = f"{found.requests_per_second:>12.0f} {found.rejected:>9}"
    print(f"{thinking:>6} s {size:>6} {waits} {requests} {counts}", flush=True)


def with_pool(least: int, most: int) -> None:
    from django.db import connection

    from aistore.performance.watched_pool import watch_pools

    connection.close()
    connection.settings_dict["OPTIONS"]["pool"] = {"min_size": least, "max_size": most, "timeout": 30}
    watch_pools()


def without_pool() -> None:
    from django.db import connection

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    del connection.settings_dict["OPTIONS"]["pool"]


if __name__ == "__main__":
    sys.exit(main())
