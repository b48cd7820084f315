"""Figures in words, for text and pages."""

import datetime as dt
import re

SINCE = re.compile(r"([0-9]{1,6})([mhd]?)")
UNITS = {"m": dt.timedelta(minutes=1), "h": dt.timedelta(hours=1), "d": dt.timedelta(days=1)}
LONGEST = dt.timedelta(days=1)  # what the recorder keeps


def duration(seconds: float) -> str:
    """12 µs, 3.4 ms, 1.23 s."""
    if seconds < 0.001:
        return f"{seconds * 1e6:,.0f} µs"
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def size(count: float) -> str:
    """Bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} TB"


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def moment(at: dt.datetime | None) -> str:
    return "never" if at is None else at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(text: str) -> dt.timedelta:
    """What "15m", "1h" and "1d" mean, up to a day. Raises ValueError."""
    found = SINCE.fullmatch(text.strip())
    length = int(found[1]) * UNITS[found[2] or "m"] if found else dt.timedelta()
    if not dt.timedelta() < length <= LONGEST:
        raise ValueError(f"{text!r} is no time from 1m to 1d: write 15m, 1h or 1d")
    return length


def ago(length: dt.timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    for name, unit in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes % unit == 0:
            count = minutes // unit
            return f"last {name}" if count == 1 else f"last {count} {name}s"
    return f"last {minutes} minutes"
