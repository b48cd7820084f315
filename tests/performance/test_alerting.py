import pytest

from aistore.performance import alerting
from aistore.performance.alerting import alerts, check
from aistore.performance.readings import Reading
from aistore.performance.rules import BY_NAME, RULES

pytestmark = pytest.mark.django_db


def judged(name, *reading, **options):
    return check(BY_NAME[name], Reading(*reading, **options))


@pytest.fixture
def read(monkeypatch):
    """These readings, and nothing known of the others."""

    def read(**values):
        unknown = {rule.name: Reading(None, note="not asked") for rule in RULES}
        monkeypatch.setattr(
            alerting, "readings", lambda: unknown | {name: Reading(v) for name, v in values.items()}
        )
        return alerts()

    return read


def test_names_the_number_the_limit_and_the_remedy():
    found = judged("pool_in_use", 0.93, note="pool of 'default', 3 waiting")
    assert found.level == "warning"
    assert found.text == "connection pool in use: 93.0% (more than 80.0%); pool of 'default', 3 waiting"
    assert "POOL_PRESET" in found.remedy


def test_fine_needs_no_remedy():
    found = judged("pool_in_use", 0.5)
    assert (found.level, found.remedy) == ("fine", "")
    assert found.text == "connection pool in use: 50.0% (limit 80.0%)"


def test_two_limits():
    """The one that was passed is named."""
    assert judged("disk", 0.9).text == "disk in use: 90.0% (more than 85.0%)"
    assert judged("disk", 0.96).text == "disk in use: 96.0% (more than 95.0%)"
    assert judged("backup_age", 51 * 3600.0).text.endswith("51.0 h (more than 50.0 h)")


def test_too_few_to_judge():
    """One failure of ten requests is no alert, and the text says why."""
    found = judged("request_errors", 0.1, 10)
    assert found.level == "fine"
    assert found.text == "requests that failed: 10.0% of 10 (limit 0.5%, too few to judge)"
    assert judged("request_errors", 0.1, 1000).level == "alert"


def test_what_is_not_known_is_no_alert():
    found = judged("backup_age", None, note="no backups are configured")
    assert found.level == "fine"
    assert found.text == "age of the newest verified backup: not known, no backups are configured"


@pytest.mark.parametrize(
    ("values", "level", "status"),
    [
        ({}, "fine", 0),
        ({"pool_in_use": 0.9}, "warning", 1),
        ({"pool_in_use": 0.9, "cache_errors": 1.0}, "alert", 2),
    ],
)
def test_exit_status(read, values, level, status):
    """That of the worst."""
    found = read(**values)
    assert (found.level, found.exit_status) == (level, status)


def test_the_worst_first(read):
    raised = read(pool_in_use=0.9, cache_errors=3.0).raised
    assert [one.name for one in raised] == ["cache_errors", "pool_in_use"]


def test_of_this_system():
    """Every rule is read, whatever is there to be read."""
    found = alerts()
    assert [one.name for one in found.checks] == [rule.name for rule in RULES]
    assert all(one.value is not None or one.note for one in found.checks)


def test_watch_ends_by_itself_without_a_time():
    assert len(list(alerting.watch(None))) == 1
