"""A report in which everything is there to be shown."""

import dataclasses
import datetime as dt

from aistore.performance.alerting import check
from aistore.performance.cache_use import CacheMoment, QueryUse
from aistore.performance.figures import Figures, Moment, PoolStats, SlowQuery, Statistics
from aistore.performance.readings import Reading
from aistore.performance.reporting import Advice, report
from aistore.performance.rules import BY_NAME
from aistore.performance.server_statements import ServerStatement
from aistore.performance.tables import Index, MissingIndex

SHAPE = 'SELECT "content" FROM aistore_message WHERE conversation_id = ?'
POOL = PoolStats("default", 4, True, 4, 20, 12, 9, 3, 2, 10_000, 20, 1, 0.0002, 0.01, 0.4, 30, 0, 3.2)


def figures(name="", factor=1.0):
    return Figures(
        name, int(1234 * factor), 3, 2, 5000, 45.67 * factor, 0.037, 0.002 * factor, 0.011, 0.2, 1.5
    )


def full():
    found = report(dt.timedelta(hours=1))
    windows = [found.at - dt.timedelta(minutes=5 * number) for number in range(12, 0, -1)]
    timeline = tuple(Moment(at, 300, figures(factor=1 + number)) for number, at in enumerate(windows))
    statistics = Statistics(
        windows[0], 3600, 4, True, figures(), (figures(SHAPE), figures("SELECT ?", 0.5)), timeline
    )
    requests = dataclasses.replace(statistics, each=(figures("GET chats/<uuid:pk>/"),))
    cache = dataclasses.replace(
        found.cache,
        queries=(QueryUse("get", 500, 300, 100, 3), QueryUse("last", 50, 30, 100, 0)),
        timeline=tuple(CacheMoment(at, 1000, 900 - number) for number, at in enumerate(windows)),
    )
    raised = (
        check(BY_NAME["slow_queries"], Reading(12.0)),
        check(BY_NAME["pool_in_use"], Reading(0.93, note="2 waiting")),
    )
    return dataclasses.replace(
        found,
        status="UNHEALTHY",
        alerts=dataclasses.replace(found.alerts, level="alert", checks=raised),
        advice=(Advice("aistore_message has 20,000 dead rows (29%)", "VACUUM (ANALYZE) it."),),
        pools=(POOL,),
        checkouts=dataclasses.replace(statistics, each=(figures("default"),)),
        queries=statistics,
        slow=(SlowQuery(found.at, 1.23, SHAPE, "chats/views.py:42", "GET chats/<uuid:pk>/", "default"),),
        requests=requests,
        timers=dataclasses.replace(statistics, each=(figures("fetch_users"),)),
        cache=cache,
        unused=(Index("aistore_message", "message_old", 5 * 1024**2, 0, False, True),),
        missing=(MissingIndex("aistore_upload", "", "has a foreign key without an index: twin"),),
        server=(ServerStatement(SHAPE, 99, 990, 3.3, 0.033, 0.2),),
    )
