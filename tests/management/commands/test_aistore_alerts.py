import json

import pytest
from django.core.management import CommandError, call_command

from aistore.cache.counters import counters
from aistore.performance import alerting
from aistore.performance.readings import Reading
from aistore.performance.recorder import recorder
from aistore.performance.rules import RULES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def read(monkeypatch):
    """These readings, one after the other; nothing is known of the others."""

    def read(*turns):
        turns = iter(turns)
        unknown = {rule.name: Reading(None, note="not asked") for rule in RULES}

        def readings():
            return unknown | {name: Reading(value) for name, value in next(turns).items()}

        monkeypatch.setattr(alerting, "readings", readings)

    return read


def test_nothing_is_wrong(capsys):
    """Every threshold with its number, and exit status 0."""
    recorder.forget()
    counters.all("nowhere")  # what earlier tests have counted, and not told yet
    call_command("aistore_alerts")
    printed = capsys.readouterr().out
    assert "fine     database that does not answer: 0 (limit 0)" in printed
    assert len(printed.splitlines()) == len(RULES)


@pytest.mark.parametrize(("values", "status"), [({"pool_in_use": 0.9}, 1), ({"slow_queries": 11.0}, 2)])
def test_exit_status(read, capsys, values, status):
    """1 a warning, 2 an alert; with the remedy below."""
    read(values)
    with pytest.raises(SystemExit) as ended:
        call_command("aistore_alerts")
    assert ended.value.code == status
    [rule] = [rule for rule in RULES if rule.name in values]
    assert rule.remedy in capsys.readouterr().out


def test_as_json(capsys):
    """On one line."""
    call_command("aistore_alerts", json=True)
    [line] = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["level"] == "fine"
    assert [check["name"] for check in found["checks"]] == [rule.name for rule in RULES]


def test_watch(read, monkeypatch, capsys):
    """Again and again until Ctrl-C; the status is that of the last look."""
    read({"slow_queries": 11.0}, {"slow_queries": 1.0})
    waits = iter([None, KeyboardInterrupt])

    def sleep(seconds):
        if ending := next(waits):
            raise ending

    monkeypatch.setattr(alerting.time, "sleep", sleep)
    call_command("aistore_alerts", "--watch", "5", "--json")
    assert [json.loads(line)["level"] for line in capsys.readouterr().out.splitlines()] == ["alert", "fine"]


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "nan", "inf"])
def test_no_time_to_watch(seconds):
    with pytest.raises(CommandError, match="is no number of seconds above 0"):
        call_command("aistore_alerts", f"--watch={seconds}")


def test_rules_for_prometheus(capsys):
    call_command("aistore_alerts", prometheus=True)
    assert capsys.readouterr().out.startswith("groups:\n- name: aistore\n")
