import re

import pytest

from aistore.performance.rules import METRICS, RULES, Level, Rule

# What is promised to operators: rule, warning, alert.
PROMISED = [
    ("database_down", None, 0),
    ("pool_in_use", 0.8, None),
    ("pool_timeouts", None, 0),
    ("slow_queries", None, 10),
    ("query_errors", None, 0.01),
    ("disk", 0.85, 0.95),
    ("cache_hit_rate", 0.7, None),
    ("cache_memory", 0.8, None),
    ("cache_errors", None, 0),
    ("response_time", 2, None),
    ("request_errors", None, 0.005),
    ("backup_age", 26 * 3600, 50 * 3600),
]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def test_the_table():
    """The thresholds are these and no others."""
    assert [(rule.name, rule.warning, rule.alert) for rule in RULES] == PROMISED


@every_rule
def test_says_what_to_do(rule):
    """Each has a limit and a remedy of whole sentences."""
    assert rule.warning is not None or rule.alert is not None
    assert len(rule.remedy) > 60
    assert rule.remedy.endswith(".")


@every_rule
def test_is_over_metrics_with_names(rule):
    """What Prometheus is asked for is published under that name."""
    asked = set(re.findall(r"aistore_\w+", f"{rule.expression} {rule.events}"))
    assert asked
    assert {name.removesuffix("_bucket") for name in asked} <= set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_says_its_unit(name):
    """By its ending, as Prometheus wants it; up is a name of its own."""
    assert name.startswith("aistore_")
    assert name.endswith(("_total", "_ratio", "_seconds", "_bytes", "_connections", "_up"))


@pytest.mark.parametrize(
    ("value", "level"),
    [(0.80, Level.FINE), (0.81, Level.WARNING), (0.95, Level.WARNING), (0.96, Level.ALERT)],
)
def test_levels(value, level):
    """Beyond the limit, not at it; the worst one counts."""
    rule = Rule("x", "x", "percent", warning=0.8, alert=0.95, remedy="", expression="")
    assert rule.level(value) == level


def test_too_little():
    """Of a rate that should be high, the low one is bad."""
    rule = Rule("x", "x", "percent", warning=0.7, alert=None, remedy="", expression="", is_floor=True)
    assert (rule.level(0.7), rule.level(0.69)) == (Level.FINE, Level.WARNING)


def test_one_failure_is_never_an_alert():
    """The least number of events is where a single one would pass the limit."""
    for rule in RULES:
        if rule.alert and rule.unit == "percent" and rule.least:
            assert rule.level(1 / rule.least) == Level.FINE
