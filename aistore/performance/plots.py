"""Plots drawn on the server as SVG: no script, no style, colours by class from the stylesheet.

A picture is stretched to its place, so no text stands in it: the labels of its axes are HTML beside it. Lines keep
their width, and each column answers the mouse with its numbers.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 600, 160  # units of the picture, which grows with its place
BAR_HEIGHT = 10
SMALLEST = 1e-9  # for a logarithm


@dataclass(frozen=True)
class Point:
    """``at``: 0 to 1 from the left. ``values``: one for each series; None: nothing was measured. ``told``: on hover."""

    at: float
    values: Sequence[float | None]
    told: str


@dataclass(frozen=True)
class Scale:
    """``labels``: from the top down, at even distances."""

    low: float
    high: float
    labels: tuple[str, ...]
    is_logarithmic: bool = False

    def height(self, value: float) -> float:
        """0 to 1 from the bottom."""
        low, high, place = self.low, self.high, value
        if self.is_logarithmic:
            low, high, place = (math.log10(max(number, SMALLEST)) for number in (low, high, value))
        return min(max((place - low) / (high - low), 0.0), 1.0)


def lines(points: Sequence[Point], scale: Scale, *, gap: float, title: str) -> SafeString:
    """``gap``: two points further apart than this have nothing measured between them. Put the numbers into a table
    beside it: to a screen reader the whole is one picture with this title."""
    count = max((len(point.values) for point in points), default=0)
    drawn = [_line(points, scale, number, gap) for number in range(count)]
    return format_html(
        '<svg class="aistore-lines" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        "{}{}{}</svg>",
        WIDTH, HEIGHT, title, _grid(len(scale.labels)), SafeString("".join(drawn)), _columns(points, gap),
    )  # fmt: skip


def _grid(count: int) -> SafeString:
    heights = (HEIGHT * number / (count - 1) for number in range(1, count - 1))
    return format_html_join(
        "", '<path class="aistore-grid" d="M0 {}H{}"/>', ((_short(y), WIDTH) for y in heights)
    )


def _line(points: Sequence[Point], scale: Scale, number: int, gap: float) -> SafeString:
    return format_html(
        '<path class="aistore-line-{}" vector-effect="non-scaling-stroke" d="{}"/>',
        number,
        " ".join(_steps(points, scale, number, gap)),
    )


def _steps(points: Sequence[Point], scale: Scale, number: int, gap: float) -> Iterator[str]:
    """A new stroke after each gap; H moves nowhere, so that a lonely point is a dot."""
    before: float | None = None
    for point in points:
        value = point.values[number]
        if value is None:
            before = None
            continue
        x, y = _short(point.at * WIDTH), _short((1 - scale.height(value)) * HEIGHT)
        yield f"L{x} {y}" if before is not None and point.at - before <= gap * 1.5 else f"M{x} {y}H{x}"
        before = point.at


def _columns(points: Sequence[Point], width: float) -> SafeString:
    return format_html_join(
        "",
        '<rect class="aistore-ground" x="{}" y="0" width="{}" height="{}"><title>{}</title></rect>',
        (
            (_short((point.at - width / 2) * WIDTH), _short(max(width, 0.005) * WIDTH), HEIGHT, point.told)
            for point in points
        ),
    )


def bar(*parts: float) -> SafeString:
    """A share of a whole, or several one after the other; each 0 to 1. The number stands beside it."""
    left, drawn = 0.0, []
    for number, part in enumerate(parts):
        width = min(max(part, 0.0), 1.0 - left)
        drawn.append(
            format_html(
                '<rect class="aistore-part-{}" x="{}" width="{}" height="{}"/>',
                number,
                _short(left * WIDTH),
                _short(width * WIDTH),
                BAR_HEIGHT,
            )
        )
        left += width
    return format_html(
        '<svg class="aistore-bar" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        WIDTH,
        BAR_HEIGHT,
        SafeString("".join(drawn)),
    )


def decades(values: Sequence[float]) -> Scale:
    """Seconds, each step ten times the one below, around these values."""
    positive = [value for value in values if value > 0] or [0.001]
    low = math.floor(math.log10(min(positive)))
    high = max(math.ceil(math.log10(max(positive))), low + 1)
    return Scale(10.0**low, 10.0**high, tuple(_seconds(power) for power in range(high, low - 1, -1)), True)


def _seconds(power: int) -> str:
    """Of 10 to this power."""
    if power >= 0:
        return f"{10**power} s"
    return f"{10 ** (power + 3)} ms" if power >= -3 else f"{10 ** (power + 6)} µs"


SHARE = Scale(0.0, 1.0, ("100 %", "50 %", "0 %"))


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
