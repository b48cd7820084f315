"""Hit rates on the traffic of a chat, with the real code, a real Valkey and compressed time.

200 users with 20 conversations each; users by Zipf, conversations near the newest (Zipf 2); 9 reads to 1 append; reads
20 % user, 25 % conversation, 30 % last messages, 15 % list (the 10 % that search are not built yet). One process serves
all, as a small service does; with more of them, a writer completes only what his own process keeps.
Nothing waits: a second of the traffic is as long as its requests take, and the lease is scaled by the same factor,
so it is measured anew as the requests go. The lifetimes are not: they would end after the run.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from typing import Any

USERS, EACH = 200, 20
REQUESTS, QUICK, WARM = 10_000, 2_000, 0.5  # the share that is not counted
LEASES, RATES = (3, 30, 300), (10, 100, 1000)  # seconds, requests a second
SHARES = {"user": 20, "get": 25, "last": 30, "newest": 15}
GOALS = {"user": 95, "get": 84, "last": 85, "newest": 95}  # % at 10 a second and a lease of 300 s


def show(*, quick: bool) -> list[dict[str, Any]]:
    print(
        "\nhits in %, one round trip and no SQL (goal at 10/s and 300 s); behind the stroke what the lease allows\n"
    )
    print(f"{'requests/s':>10} {'lease, s':>9}  " + "  ".join(f"{name:>14}" for name in GOALS))
    world, found = World(), []
    for rate in RATES:
        for lease in LEASES:
            rates = world.run(rate, lease, QUICK if quick else REQUESTS)
            goals = GOALS if (rate, lease) == (10, 300) else {}
            shown = (
                f"{rates[name]:.0f} / {rates[f'{name} at most']:.0f}"
                + (f" (≥ {goals[name]})" if goals else "")
                for name in GOALS
            )
            print(f"{rate:>10} {lease:>9}  " + "  ".join(f"{text:>14}" for text in shown), flush=True)
            found.append({"requests": rate, "lease": lease, **rates})
    return found


class World:
    def __init__(self) -> None:
        from django.contrib.auth import get_user_model

        from aistore.models import Conversation

        self.dice = random.Random(7)
        users = get_user_model().objects.bulk_create(
            get_user_model()(username=f"user {number}") for number in range(USERS)
        )
        self.rows = {
            user.pk: [Conversation.objects.create(owner=user) for _ in range(EACH)] for user in users
        }
        for rows in self.rows.values():
            for row in rows:
                row.extend([{"role": "user", "content": "What shall I see?"}] * 6)
        self.users = list(self.rows)
        self.by_zipf = [1 / (rank + 1) for rank in range(USERS)]
        self.near_the_newest = [1 / (rank + 1) ** 2 for rank in range(EACH)]

    def run(self, rate: int, lease: int, requests: int) -> dict[str, float]:
        from django.conf import settings as django_settings

        from aistore import cache
        from aistore.cache.link import link

        way = link()
        assert way is not None
        way.call(("FLUSHDB",))
        forget_kept()
        ideal = Ideal(lease * rate)
        with Lease(django_settings, rate, lease) as clock:
            for number in range(requests):
                if number == int(requests * WARM):
                    before = cache.stats().queries
                    ideal.counts.clear()
                clock.tick(number)
                ideal.note(number, *self.request())
            after = cache.stats().queries
        rates = {name: hit_rate(before.get(name, {}), after[name]) for name in GOALS}
        return rates | {f"{name} at most": ideal.hit_rate(name) for name in GOALS}

    def request(self) -> tuple[str, Any]:
        """Which query of which unit it was."""
        from aistore import cache
        from aistore.models import Conversation, Message

        [user] = self.dice.choices(self.users, self.by_zipf)
        rows = self.rows[user]
        [row] = self.dice.choices(rows, self.near_the_newest)
        if self.dice.random() < 0.1:
            rows.remove(row)
            rows.insert(0, row)
            row.append("user", "And then?")
            return "append", row.pk
        reads: dict[str, tuple[Callable[[], Any], Any]] = {
            "user": (lambda: cache.user(user), ("user", user)),
            "get": (lambda: Conversation.objects.cached.get(row.pk), row.pk),
            "last": (lambda: Message.objects.cached.last(row.pk, 50), row.pk),
            "newest": (lambda: Conversation.objects.cached.newest(user), ("list", user)),
        }
        [name] = self.dice.choices(list(SHARES), list(SHARES.values()))
        read, unit = reads[name]
        read()
        return name, unit


class Ideal:
    """A cache in which an append costs no hit, and everything of a unit is there once its stamp is: all that it misses
    is the first read of a unit in each lease."""

    def __init__(self, lease: float) -> None:
        self.lease = lease  # requests
        self.claimed: dict[Any, int] = {}
        self.counts: dict[str, list[bool]] = {}

    def note(self, number: int, query: str, unit: Any) -> None:
        if query == "append":
            return
        is_hit = number - self.claimed.get(unit, -math.inf) < self.lease
        if not is_hit:
            self.claimed[unit] = number
        self.counts.setdefault(query, []).append(is_hit)

    def hit_rate(self, query: str) -> float:
        hits = self.counts[query]
        return 100 * sum(hits) / len(hits)


class Lease:
    """The lease in the time that the requests really take."""

    def __init__(self, settings: Any, rate: int, lease: int) -> None:
        self.settings, self.rate, self.lease = settings, rate, lease

    def __enter__(self) -> Lease:
        self.before = getattr(self.settings, "AISTORE", {})
        self.began, self.at = time.perf_counter(), 0
        self.seconds = 0.001
        self._set()
        return self

    def tick(self, number: int) -> None:
        if number and number % 200 == 0:
            now = time.perf_counter()
            self.seconds, self.began = (now - self.began) / 200, now  # what one request takes
            self._set()

    def _set(self) -> None:
        scaled = self.lease * self.rate * self.seconds
        self.settings.AISTORE = {**self.before, "CACHE_LEASE": scaled, "CACHE_KEPT_BYTES": 256 * 1024**2}

    def __exit__(self, *_: object) -> None:
        self.settings.AISTORE = self.before


def hit_rate(before: dict[str, int], after: dict[str, int]) -> float:
    new = {outcome: count - before.get(outcome, 0) for outcome, count in after.items()}
    return 100 * (new["kept"] + new["hit"]) / sum(new.values())


def forget_kept() -> None:
    from aistore.cache import maintenance

    maintenance.forget_kept()
