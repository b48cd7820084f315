"""The report as one page that needs nothing else: for the command, by mail, in a drawer."""

from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import SafeString

from .charts import cache_queries, charts, pools, top_shapes
from .figures import SlowQuery
from .reporting import Report
from .sections import sections, short
from .words import ago, duration, moment, share, size

HOME = Path(__file__).resolve().parent.parent
# Of our own: a host's settings may look for templates elsewhere.
ENGINE = Engine(dirs=[str(HOME / "templates")], libraries={"i18n": "django.templatetags.i18n"})
TONES = {"HEALTHY": "good", "DEGRADED": "note", "UNHEALTHY": "failed"}


def page(report: Report) -> str:
    sheet = SafeString((HOME / "static" / "aistore" / "performance.css").read_text(encoding="utf-8"))
    template = ENGINE.get_template("aistore/performance/page.html")
    return template.render(Context({"sheet": sheet, **shown(report)}))


def shown(report: Report) -> dict[str, Any]:
    """What the template of a report needs: figures in words."""
    return {
        "report": report,
        "tone": TONES[report.status],
        "at": moment(report.at),
        "period": ago(report.since),
        "facts": _facts(report),
        "warnings": report.alerts.raised,
        "checks": report.alerts.checks,
        "charts": charts(report),
        "pools": pools(report),
        "shapes": top_shapes(report),
        "cache_queries": cache_queries(report),
        "sections": sections(report),
        "slow": [_slow(one) for one in report.slow],
    }


def _slow(one: SlowQuery) -> tuple[Any, ...]:
    words = (short(one.shape), short(one.caller), short(one.origin))
    return (f"{one.seconds:.2f} s", moment(one.at), *words, one.is_failed)


def _facts(report: Report) -> list[tuple[str, str]]:
    total, cache, database = report.queries.total, report.cache, report.database
    facts = [
        ("Statements", f"{total.count:,}, {report.queries.rate:,.1f} a second"),
        ("Mean", duration(total.mean)),
        ("p95", duration(total.p95)),
        ("Slow", f"{total.slow:,}"),
        ("Failed", share(total.error_rate)),
        ("Processes", str(report.queries.processes)),
    ]
    if cache.is_answering:
        limit = f" of {size(cache.max_memory)}" if cache.max_memory else ""
        facts += [("Hit rate", share(cache.hit_rate)), ("Cache", f"{size(cache.used_memory or 0)}{limit}")]
    if database:
        facts += [
            ("PostgreSQL", f"{database.version}, {size(database.bytes)}"),
            ("Connections", f"{database.connections} of {database.max_connections}"),
        ]
    return facts
