"""Readings judged by the table of rules."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .readings import Reading, readings
from .rules import HOUR, RULES, Level, Rule

WORDS = {"percent": "{:.1%}", "count": "{:,.0f}", "a minute": "{:,.1f} a minute", "seconds": "{:,.2f} s"}


@dataclass(frozen=True)
class Check:
    """One rule and its number. ``limit``: the one that was passed, or the next that would be."""

    name: str
    what: str
    level: str  # fine, warning, alert
    value: float | None  # None: not judged
    limit: float
    text: str  # in words, with number and limit
    note: str
    remedy: str  # empty while fine


@dataclass(frozen=True)
class Alerts:
    at: dt.datetime
    level: str
    checks: tuple[Check, ...]  # all, in the order of the table

    @property
    def exit_status(self) -> int:
        return Level[self.level.upper()].value

    @property
    def raised(self) -> tuple[Check, ...]:
        """The worst first."""
        found = (check for check in self.checks if check.level != "fine")
        return tuple(sorted(found, key=lambda check: -Level[check.level.upper()]))


def alerts() -> Alerts:
    """What is wrong now, over the last minutes. Asks database, cache and recorder once each; raises for none."""
    found = readings()
    checks = tuple(check(rule, found[rule.name]) for rule in RULES)
    worst = max((Level[one.level.upper()] for one in checks), default=Level.FINE)
    return Alerts(dt.datetime.now(dt.UTC), worst.name.lower(), checks)


def watch(seconds: float | None) -> Iterator[Alerts]:
    """Once, or every so many seconds until Ctrl-C, which ends it without a word."""
    try:
        yield alerts()
        while seconds:
            time.sleep(seconds)
            yield alerts()
    except KeyboardInterrupt:
        return


def check(rule: Rule, reading: Reading) -> Check:
    level = _level(rule, reading)
    limit = rule.limit(level) if level else rule.warning if rule.warning is not None else rule.alert
    assert limit is not None  # noqa: S101  (each rule has one of the two; a test says so)
    return Check(
        rule.name,
        rule.what,
        level.name.lower(),
        reading.value,
        limit,
        _text(rule, reading, level, limit),
        reading.note,
        rule.remedy if level else "",
    )


def _level(rule: Rule, reading: Reading) -> Level:
    if reading.value is None or (reading.events is not None and reading.events < rule.least):
        return Level.FINE
    return rule.level(reading.value)


def _text(rule: Rule, reading: Reading, level: Level, limit: float) -> str:
    if reading.value is None:
        return f"{rule.what}: not known, {reading.note}"
    word = "less" if rule.is_floor else "more"
    than = f"{word} than {_said(rule, limit)}" if level else f"limit {_said(rule, limit)}"
    of = f" of {reading.events:,}" if reading.events is not None else ""
    few = (
        ", too few to judge"
        if not level and reading.events is not None and reading.events < rule.least
        else ""
    )
    note = f"; {reading.note}" if reading.note else ""
    return f"{rule.what}: {_said(rule, reading.value)}{of} ({than}{few}){note}"


def _said(rule: Rule, value: float) -> str:
    if rule.unit == "hours":
        return f"{value / HOUR:,.1f} h"
    return WORDS[rule.unit].format(value)
