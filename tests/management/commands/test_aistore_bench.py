import json

import pytest
from django.core.management import CommandError, call_command

from aistore.exceptions import NoScratch
from aistore.performance import bench
from aistore.performance.bench import Absent, Bench, PoolFigures, Row, Times, Way

TIMES = Times(100.0, 200.0, 300.0)
WAYS = {way: Way(TIMES, {1: 9.0, 16: 99.0, 100: 999.0}) for way in ("uncached", "cached", "kept")}
FOUND = Bench(
    rows=(Row("get user", WAYS),),
    absent=(Absent("search memories", "not yet"),),
    pool=(PoolFigures(100, 0.5, 20, 1000, 200.0, TIMES, 90.0, TIMES, 0.6, 8, 0),),
    place="DATABASE",
    machine={"python": "3.11", "django": "5.2", "postgresql": "18.6", "processors": "2"},
    data={"messages": 300},
    has_cache=True,
    late=("get user, cached, 100 threads",),
)


@pytest.fixture
def asked(monkeypatch):
    """What the benchmark was asked for; it is tried in tests/performance/bench."""
    asked = {}

    def run(**options):
        asked.update(options)
        return FOUND

    monkeypatch.setattr(bench, "run", run)
    return asked


def test_prints_a_table(asked, capsys):
    call_command("aistore_bench", quick=True)
    printed = capsys.readouterr().out
    assert asked["quick"]
    assert "get user                  100      200      300" in printed
    assert "search memories      left out: not yet" in printed
    assert "in use, at most             40%" in printed
    assert (
        "The cache came late, and some reads went to the database: get user, cached, 100 threads." in printed
    )


def test_as_json(asked, capsys):
    call_command("aistore_bench", json=True)
    assert json.loads(capsys.readouterr().out)["rows"][0]["gain"] == 1.0


def test_plot(asked, tmp_path, capsys):
    call_command("aistore_bench", "--plot", str(tmp_path / "bench.svg"))
    assert (tmp_path / "bench.svg").read_text().startswith("<svg")


def test_a_plot_that_cannot_be_written(asked, tmp_path, capsys):
    """The figures, which took two minutes, are printed all the same; the status says that something failed."""
    with pytest.raises(CommandError, match="The plot was not written"):
        call_command("aistore_bench", "--plot", str(tmp_path / "none" / "bench.svg"))
    assert "get user" in capsys.readouterr().out


def test_no_rights(monkeypatch):
    def run(**options):
        raise NoScratch(why="no right", remedy="Grant it CREATEDB.")

    monkeypatch.setattr(bench, "run", run)
    with pytest.raises(CommandError, match="Grant it CREATEDB"):
        call_command("aistore_bench")
