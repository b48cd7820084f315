"""Search: what it finds, how long it takes, and what it costs an insert.

python -m benchmarks.search [--messages 1000000] [--conversations FILE] [--json FILE] [--quick]

FILE has one conversation a line, {"messages": [{"role", "content"}, …]}, and may be compressed by gzip; without it the
recall is not measured. The limit of a time is the same search in raw psycopg, on the same indexes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import Any

from . import server, table


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    server.set_up()
    rows = measure(options)
    if options.json:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        table.save(options.json, at=now, messages=options.messages, rows=rows)
    return 0 if all(row.met for row in rows) else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.search", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many the database has")
    parser.add_argument("--conversations", type=Path, help="real conversations, for the recall")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--quick", action="store_true", help="a fifth of the calls: for a first look")
    return parser


def measure(options: Any) -> list[table.Row]:
    from . import recall, search_price, search_times  # after set_up(): they import models

    rows: list[table.Row] = []
    if options.conversations:
        with server.databases("default"):
            rows += table.show(recall.rows(options.conversations), title="hits in the first ten")
    with server.databases("default", "bare"):
        rows += table.show(
            search_price.rows(quick=options.quick), title="an insert; limit: without words and their index"
        )
    with server.databases("default"):
        rows += table.show(
            search_times.rows(options.messages, quick=options.quick), title=f"{options.messages:,} messages"
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
