"""When people talk: office hours and evenings, quiet weekends, a little more every week."""

import datetime as dt
from itertools import accumulate
from random import Random

DAYS = 120  # how far back the small conversations go

# How busy an hour of the day (UTC) is, and a day of the week from Monday on. The unit does not matter.
HOURS = (2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 15, 11, 14, 17, 16, 14, 11, 9, 11, 13, 12, 8, 4)
WEEKDAYS = (10, 11, 11, 10, 8, 4, 5)
GROWTH = 1.6  # today against DAYS ago


class Rhythm:
    """Times before ``now``, drawn hour by hour."""

    def __init__(self, now: dt.datetime) -> None:
        self._hours = [now - dt.timedelta(hours=ago) for ago in range(DAYS * 24, 0, -1)]
        growth = (1 + (GROWTH - 1) * place / len(self._hours) for place in range(len(self._hours)))
        self._busy = list(
            accumulate(
                more * HOURS[hour.hour] * WEEKDAYS[hour.weekday()]
                for hour, more in zip(self._hours, growth, strict=True)
            )
        )

    def moment(self, random: Random) -> dt.datetime:
        [hour] = random.choices(self._hours, cum_weights=self._busy)
        return hour + dt.timedelta(seconds=random.uniform(0, 3599))
