"""The figures as a picture: the median of each read, with and without the cache, on a scale of tens."""

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from . import Bench, Row
from .table import WAYS

WIDTH, LEFT, RIGHT, TOP = 760, 150, 90, 64  # units; to the right stands the last number
BAR, GAP = 14, 14
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222 }
.quiet { fill: #595959; font-size: 11px }
.ground { fill: #fff } .grid { stroke: #ddd }
.uncached { fill: #b85c00 } .cached { fill: #2f7fb5 } .kept { fill: #0b6f55 }
@media (prefers-color-scheme: dark) {
  text { fill: #dfe1e4 } .quiet { fill: #a3a8ae } .ground { fill: #16181b } .grid { stroke: #34393e }
  .uncached { fill: #ff9e5e } .cached { fill: #6cb6e8 } .kept { fill: #56cfa8 }
}"""


def plot(bench: Bench) -> str:
    """SVG of its own: one file, light and dark."""
    step = BAR * len(WAYS) + GAP
    height = TOP + step * len(bench.rows) + 24
    body = "\n".join([*_legend(), *_grid(bench, height), *_bars(bench, step)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Time of one read, with and without cache"><style>{STYLE}</style>'
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>\n{body}\n</svg>\n'
    )


def _legend() -> Iterator[str]:
    yield f'<text x="{LEFT}" y="20">One read, median of one caller, µs</text>'
    for number, (way, label) in enumerate(WAYS.items()):
        x = LEFT + number * 165
        yield f'<rect class="{way}" x="{x}" y="32" width="11" height="11"/><text x="{x + 17}" y="42">{label}</text>'


def _grid(bench: Bench, height: int) -> Iterator[str]:
    low, high = _range(bench)
    for power in range(low, high + 1):
        x = _short(_x(10.0**power, low, high))
        yield f'<path class="grid" d="M{x} {TOP - 6}V{height - 22}"/>'
        yield f'<text class="quiet" x="{x}" y="{height - 8}" text-anchor="middle">{10**power:,}</text>'


def _bars(bench: Bench, step: int) -> Iterator[str]:
    low, high = _range(bench)
    for number, row in enumerate(bench.rows):
        top = TOP + number * step
        yield f'<text x="{LEFT - 10}" y="{top + BAR * 2 - 3}" text-anchor="end">{escape(row.operation)}</text>'
        yield from _bars_of(row, top, low, high)


def _bars_of(row: Row, top: int, low: int, high: int) -> Iterator[str]:
    for number, way in enumerate(WAYS):
        p50, y = row.ways[way].times.p50, top + number * BAR
        end = _x(p50, low, high)
        width, label = _short(end - LEFT), _short(end + 6)
        yield f'<rect class="{way}" x="{LEFT}" y="{y}" width="{width}" height="{BAR - 2}"/>'
        yield f'<text class="quiet" x="{label}" y="{y + BAR - 4}">{p50:,.0f}</text>'


def _range(bench: Bench) -> tuple[int, int]:
    """Powers of ten around all medians."""
    medians = [way.times.p50 for row in bench.rows for way in row.ways.values()]
    low = math.floor(math.log10(min(medians)))
    return low, max(math.ceil(math.log10(max(medians))), low + 1)


def _x(value: float, low: int, high: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / (high - low)


def _short(number: float) -> str:
    return f"{number:.1f}"
