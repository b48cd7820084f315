import datetime as dt
import json
from dataclasses import dataclass, field

from aistore.performance.plain import plain


@dataclass(frozen=True)
class Thing:
    at: dt.datetime
    lasts: dt.timedelta
    counts: dict[int, int]
    hidden: int = field(repr=False, default=1)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def test_as_json_has_it():
    """Times in ISO 8601, durations in seconds, properties too; what repr hides is left out."""
    thing = Thing(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.timedelta(minutes=1), {1: 2, 3: 4})
    assert plain((thing,)) == [
        {"at": "2026-01-01T00:00:00+00:00", "lasts": 60.0, "counts": {"1": 2, "3": 4}, "total": 6}
    ]
    json.dumps(plain(thing))
