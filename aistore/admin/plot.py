"""A small plot of bars, drawn on the server: no script, no style, colours by class from our stylesheet."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, GAP = 600, 96, 2  # units of the picture, which grows with its place
LEAST = 1.5  # of a bar that is not nothing


@dataclass(frozen=True)
class Bar:
    """``label``: what it stands for. ``values``: from the bottom upwards, one for each series."""

    label: str
    values: Sequence[float]


def bars(data: Sequence[Bar], *, series: Sequence[str], title: str) -> SafeString:
    """Each bar tells its numbers on hover; to a screen reader the whole is one picture with this title, so put the
    numbers into a table beside it."""
    highest = max((sum(bar.values) for bar in data), default=0) or 1
    step = WIDTH / max(len(data), 1)
    drawn = format_html_join(
        "", "<g><title>{}</title>{}</g>",
        ((_told(bar, series), _bar(bar, index * step, step - GAP, highest)) for index, bar in enumerate(data)),
    )  # fmt: skip
    return format_html(
        '<svg class="aistore-plot" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        WIDTH, HEIGHT, title, drawn,
    )  # fmt: skip


def _bar(bar: Bar, left: float, width: float, highest: float) -> SafeString:
    """The ground makes the whole column answer the mouse."""
    parts = [format_html('<rect class="aistore-ground" x="{}" y="0" width="{}" height="{}"/>',
                         _short(left), _short(width), HEIGHT)]  # fmt: skip
    top = float(HEIGHT)
    for number, value in enumerate(bar.values):
        height = max(value / highest * HEIGHT, LEAST) if value else 0
        top -= height
        parts.append(
            format_html(
                '<rect class="aistore-bar-{}" x="{}" y="{}" width="{}" height="{}"/>',
                number,
                _short(left),
                _short(max(top, 0)),
                _short(width),
                _short(height),
            )
        )
    return SafeString("".join(parts))


def _told(bar: Bar, series: Sequence[str]) -> str:
    """10 March: 5 messages, 2 conversations."""
    numbers = (f"{localize(value)} {name}" for value, name in zip(bar.values, series, strict=True))
    return f"{bar.label}: {', '.join(numbers)}"


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
