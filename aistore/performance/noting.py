"""What measures says it here: nothing that goes wrong from here on reaches who was measured."""

import datetime as dt
import functools
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any

from ..conf import settings
from .figures import SlowQuery
from .flushing import flusher
from .origin import caller, origin, route_of
from .recorder import recorder
from .shape import shape_of

logger = logging.getLogger("aistore.performance")
slow_log = logging.getLogger("aistore.slow")


def watch_statements(sender: Any, connection: Any, **kwargs: Any) -> None:
    """A receiver of connection_created."""
    if watch_statement not in connection.execute_wrappers:
        # In front: execute_wrapper() of the host, which may surround this moment, takes the last one away again.
        connection.execute_wrappers.insert(0, watch_statement)


def watch_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """An execute wrapper of Django's."""
    began = time.perf_counter()
    try:
        result = execute(sql, params, many, context)
    except BaseException:
        note_statement(sql, time.perf_counter() - began, context, True)
        raise
    note_statement(sql, time.perf_counter() - began, context, False)
    return result


def harmless(function: Callable[..., None]) -> Callable[..., None]:
    """Whoever reads the database or answers a request must not fail because somebody counts."""

    @functools.wraps(function)
    def tried(*args: Any, **kwargs: Any) -> None:
        try:
            if settings.RECORDING:
                function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001
            _say_once(error)

    return tried


@harmless
def note_statement(sql: Any, seconds: float, context: dict[str, Any], is_failed: bool) -> None:
    shape, slow = shape_of(sql), None
    if seconds >= settings.SLOW_QUERY_SECONDS:
        alias = context["connection"].alias
        slow = SlowQuery(dt.datetime.now(dt.UTC), seconds, shape, caller(), origin(), alias, is_failed)
    rows = 0 if is_failed else max(context["cursor"].rowcount, 0)
    recorder.add("query", shape, seconds, is_failed=is_failed, rows=rows, is_slow=slow is not None, slow=slow)
    flusher.ensure()
    if slow is not None:
        say_slow("statement", shape, seconds, caller=slow.caller, origin=slow.origin, database=slow.database)


@harmless
def note_timed(name: str, seconds: float, *, threshold: float, is_failed: bool) -> None:
    is_slow = seconds >= threshold
    recorder.add("timer", name, seconds, is_failed=is_failed, is_slow=is_slow)
    flusher.ensure()
    if is_slow:
        say_slow("block", name, seconds, caller=caller(), origin=origin())


@harmless
def note_request(request: Any, seconds: float, *, is_failed: bool) -> None:
    recorder.add("request", route_of(request), seconds, is_failed=is_failed)
    flusher.ensure()


@harmless
def note_checkout(database: str, seconds: float, *, is_failed: bool) -> None:
    recorder.add("checkout", database, seconds, is_failed=is_failed)
    flusher.ensure()


def say_slow(what: str, name: str, seconds: float, **where: str) -> None:
    """To the log: in its text for people, in its attributes for machines."""
    slow_log.warning(
        "slow %s: %.3f s at %s in %s: %s",
        what, seconds, where["caller"] or "?", where["origin"], name,
        extra={"what": what, "shape": name, "seconds": seconds, **where},
    )  # fmt: skip


def _say_once(error: Exception) -> None:
    """Where, and not what: its text, or that of the error before it, may quote a value."""
    if not _said:
        _said.append(True)
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.warning(
            "something could not be measured (%s in %s, line %s); this is said once",
            type(error).__name__, place.name, place.lineno,
        )  # fmt: skip


_said: list[bool] = []
