"""Conversations and messages against the same work in raw psycopg, and with the number of messages.

python -m benchmarks.messages [--messages 100000] [--json FILE] [--quick]
"""

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import Any

from . import server, table

SMALL = 10_000  # messages; what the growth is measured from


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    server.set_up()
    found = measure(options.messages, quick=options.quick)
    if options.json:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        table.save(options.json, at=now, messages=options.messages, **found)
    return 0 if all(row.met for row in found["rows"]) else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.messages", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000, help="how many the large database has")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--quick", action="store_true", help="a fifth of the calls: for a first look")
    return parser


def measure(messages: int, *, quick: bool) -> dict[str, Any]:
    from . import data, operations, peers  # after set_up(): they import models

    effort = operations.QUICK if quick else operations.FULL
    with server.databases("default", "small"):
        small, large = data.fill("small", SMALL), data.fill("default", messages)
        rows = table.show(
            operations.all_rows(large, effort),
            title=f"{messages:,} messages; limit: psycopg with prepared statements",
        )
        growth = table.show(
            operations.growth(small, large, effort),
            title=f"from {SMALL:,} messages (limit) to {messages:,}",
        )
        beside = peers.show(large, effort.calls)
    return {"rows": [*rows, *growth], "beside": beside}


if __name__ == "__main__":
    sys.exit(main())
