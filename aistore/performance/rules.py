"""The one table of thresholds: what is watched, from where on it is a warning or an alert, and what to do then.

Report, alerts, health checks and the rules for Prometheus are all made from it. A reading that is exactly the limit is
fine. A share of few events says nothing, so each share has a least number of them: for errors it is the one below
which a single failure would be an alert.
"""

from dataclasses import dataclass
from enum import IntEnum

WINDOW_MINUTES = 5  # over which rates and shares are taken
HOUR = 3600.0


class Level(IntEnum):
    """Also the exit status of aistore_alerts."""

    FINE = 0
    WARNING = 1
    ALERT = 2


@dataclass(frozen=True)
class Rule:
    name: str
    what: str
    unit: str  # percent (a share from 0 to 1), count, "a minute", seconds, hours (in seconds, said in hours)
    warning: float | None
    alert: float | None
    remedy: str
    expression: str  # PromQL of the same number, over the metrics below
    is_floor: bool = False  # too little is what is bad
    least: int = 0  # events, below which the number is not judged;
    events: str = ""  # PromQL of how many there were
    lasts: str = "0m"  # how long Prometheus waits before it believes it

    def limit(self, level: Level) -> float | None:
        return {Level.WARNING: self.warning, Level.ALERT: self.alert}.get(level)

    def level(self, value: float) -> Level:
        """What this number is. The number of events is not looked at here."""
        for level in (Level.ALERT, Level.WARNING):
            limit = self.limit(level)
            if limit is not None and (value < limit if self.is_floor else value > limit):
                return level
        return Level.FINE


# The names under which the numbers are published, each with its unit. Of one host: Prometheus adds hosts up.
METRICS = {
    "aistore_database_up": "1: PostgreSQL answers; 0: it does not",
    "aistore_pool_size_connections": "connections that the pools of this host hold",
    "aistore_pool_in_use_ratio": "of the connections that the fullest pool may hold; 0 to 1",
    "aistore_pool_wait_seconds_total": "time that callers have waited for a connection",
    "aistore_pool_timeouts_total": "callers that got no connection in time",
    "aistore_queries_total": "statements",
    "aistore_query_errors_total": "statements that failed",
    "aistore_slow_queries_total": "statements above SLOW_QUERY_SECONDS",
    "aistore_query_duration_seconds": "histogram of statements",
    "aistore_requests_total": "requests",
    "aistore_request_errors_total": "requests answered with 500 and above",
    "aistore_request_duration_seconds": "histogram of requests",
    "aistore_cache_reads_total": "cached reads, by query and outcome (kept, hit, miss, error)",
    "aistore_cache_memory_used_bytes": "memory that the cache uses",
    "aistore_cache_memory_limit_bytes": "its maxmemory; 0: none",
    "aistore_disk_used_ratio": "of the fullest disk that this host sees; 0 to 1",
    "aistore_backup_last_verified_timestamp_seconds": "when the newest verified backup was made",
}

RULES = (
    Rule(
        "database_down",
        "database that does not answer",
        "count",
        warning=None,
        alert=0,
        expression="1 - min(aistore_database_up)",
        remedy="See whether PostgreSQL runs, and whether address, user and password in DATABASES are right: "
        "manage.py dbshell asks with the same ones. Restart the service once the server answers.",
        lasts="1m",
    ),
    Rule(
        "pool_in_use",
        "connection pool in use",
        "percent",
        warning=0.80,
        alert=None,
        expression="max(aistore_pool_in_use_ratio)",
        remedy="Look for requests that hold a connection while they wait for a model or another service, "
        "and end their transactions first. Then choose the next larger POOL_PRESET, if max_connections allows it.",
        lasts="5m",
    ),
    Rule(
        "pool_timeouts",
        "callers that got no connection in time",
        "count",
        warning=None,
        alert=0,
        expression="sum(increase(aistore_pool_timeouts_total[5m]))",
        remedy="Choose a larger POOL_PRESET or fewer threads, and look for what holds the connections: "
        "the slow queries below, or transactions that are open while something else is waited for.",
    ),
    Rule(
        "slow_queries",
        "slow queries",
        "a minute",
        warning=None,
        alert=10,
        expression="sum(rate(aistore_slow_queries_total[5m])) * 60",
        remedy="Read the recent slow queries in aistore_report: each names its place in the code. EXPLAIN it; "
        "add the index it lacks, ask for fewer rows, or page by keyset.",
    ),
    Rule(
        "query_errors",
        "statements that failed",
        "percent",
        warning=None,
        alert=0.01,
        least=100,
        events="sum(increase(aistore_queries_total[5m]))",
        expression="sum(rate(aistore_query_errors_total[5m])) / (sum(rate(aistore_queries_total[5m])) > 0)",
        remedy="Read the errors by shape in aistore_report and the log of PostgreSQL. After a deployment: see "
        "whether a migration is missing (manage.py migrate --check). Otherwise: lost connections, time-outs.",
        lasts="5m",
    ),
    Rule(
        "disk",
        "disk in use",
        "percent",
        warning=0.85,
        alert=0.95,
        expression="max(aistore_disk_used_ratio)",
        remedy="Make room before writes fail: keep fewer backups here, run aistore_purge, drop replication slots "
        "that nobody reads, or grow the disk. Never delete files in PostgreSQL's folder.",
        lasts="5m",
    ),
    Rule(
        "cache_hit_rate",
        "reads answered by the cache",
        "percent",
        warning=0.70,
        alert=None,
        is_floor=True,
        least=100,
        events="sum(increase(aistore_cache_reads_total[5m]))",
        expression='sum(rate(aistore_cache_reads_total{outcome=~"kept|hit"}[5m]))'
        " / (sum(rate(aistore_cache_reads_total[5m])) > 0)",
        remedy="After a restart of the cache: run aistore_warm. If it evicts, give it more memory. If entries end "
        "before they are read again, raise CACHE_LEASE or the TTL of that query. By query: aistore_report.",
        lasts="15m",
    ),
    Rule(
        "cache_memory",
        "memory of the cache in use",
        "percent",
        warning=0.80,
        alert=None,
        expression="max(aistore_cache_memory_used_bytes / (aistore_cache_memory_limit_bytes > 0))",
        remedy="Raise maxmemory, or shorten the TTLs. See that maxmemory-policy is one that evicts (allkeys-lru): "
        "with noeviction a full cache takes nothing new.",
        lasts="5m",
    ),
    Rule(
        "cache_errors",
        "calls that the cache did not answer",
        "count",
        warning=None,
        alert=0,
        expression='sum(increase(aistore_cache_reads_total{outcome="error"}[5m]))',
        remedy="See whether Valkey runs and answers within CACHE_TIMEOUT, and whether LOCATION, user and password in "
        "CACHES are right; its log and the log aistore.cache say more. Meanwhile reads go to the database.",
    ),
    Rule(
        "response_time",
        "response time, of 95 in 100 requests",
        "seconds",
        warning=2.0,
        alert=None,
        least=20,
        events="sum(increase(aistore_requests_total[5m]))",
        expression="histogram_quantile(0.95, sum by (le) (rate(aistore_request_duration_seconds_bucket[5m])))",
        remedy="See in aistore_report where the time goes: slow queries, waits for a connection, or a low hit rate. "
        "If none of them, it is the host's own code or a model that is waited for: answer by a stream.",
        lasts="5m",
    ),
    Rule(
        "request_errors",
        "requests that failed",
        "percent",
        warning=None,
        alert=0.005,
        least=200,
        events="sum(increase(aistore_requests_total[5m]))",
        expression="sum(rate(aistore_request_errors_total[5m])) / (sum(rate(aistore_requests_total[5m])) > 0)",
        remedy="Read the log django.request: each failure is there with its traceback. If they began with a "
        "deployment, go back to the one before.",
        lasts="5m",
    ),
    Rule(
        "backup_age",
        "age of the newest verified backup",
        "hours",
        warning=26 * HOUR,
        alert=50 * HOUR,
        expression="time() - max(aistore_backup_last_verified_timestamp_seconds)",
        remedy="Run the backup by hand and read its error. Usual causes: no space, no pg_dump or one older than the "
        "server, no right to write the folder, a time-out that is too short for the size.",
    ),
)

BY_NAME = {rule.name: rule for rule in RULES}
