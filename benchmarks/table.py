"""The figures as a table to read, and as JSON to keep."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Row:
    operation: str
    unit: str  # "µs", "/s" …
    limit: float | None
    ours: float
    goal: float
    at_least: bool = False  # of a rate; a time is "at most"
    processor: float | None = None  # the ratio of the processor time, client and server: noise is not in it

    @property
    def ratio(self) -> float:
        return self.ours / self.limit if self.limit else self.ours

    @property
    def met(self) -> bool:
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def show(rows: Iterable[Row], *, title: str) -> list[Row]:
    """Print each as it comes."""
    print(f"\n{title}\n")
    print(
        f"{'operation':<52} {'limit':>10} {'aistore':>10} {'unit':<5} {'ratio':>6} {'goal':>7}  {'met':<4} {'cpu':>5}"
    )
    return [_shown(row) for row in rows]


def _shown(row: Row) -> Row:
    limit = "" if row.limit is None else f"{row.limit:,.0f}"
    goal = f"{'≥' if row.at_least else '≤'} {row.goal:g}"
    cpu = "" if row.processor is None else f"{row.processor:.2f}"
    figures = f"{limit:>10} {row.ours:>10,.0f} {row.unit:<5} {row.ratio:>6.2f} {goal:>7}"
    print(f"{row.operation:<52} {figures}  {'yes' if row.met else 'NO':<4} {cpu:>5}".rstrip(), flush=True)
    return row


def save(path: Path, **found: object) -> None:
    path.write_text(json.dumps(found, indent=2, default=_plain, ensure_ascii=False) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, Row):
        return {**dataclasses.asdict(value), "ratio": round(value.ratio, 3), "met": value.met}
    raise TypeError(f"{value!r} is no figure")
