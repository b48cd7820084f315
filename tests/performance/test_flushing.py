"""The thread in the background: it starts when it is needed, and survives what it meets."""

import pytest

from aistore.performance import flushing
from aistore.performance.flushing import Flusher
from aistore.performance.recorder import recorder


@pytest.fixture
def flusher(monkeypatch):
    """One that may not leave anything for the end of the tests."""
    monkeypatch.setattr(flushing.atexit, "register", lambda end: None)
    made = Flusher()
    yield made
    made.pause()


def test_starts_once(flusher):
    """With the first thing that is measured."""
    assert flusher._thread is None
    flusher.ensure()
    first = flusher._thread
    flusher.ensure()
    assert (flusher._thread, first.daemon) == (first, True)


def test_paused(flusher):
    """Then never."""
    flusher.pause()
    flusher.ensure()
    assert flusher._thread is None


def test_no_more_threads(flusher, monkeypatch, caplog):
    """Who measures does not fail because the machine has no thread left."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(flushing.threading.Thread, "start", refuse)
    flusher.ensure()
    flusher.ensure()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_trouble_is_said_once(flusher, monkeypatch, caplog):
    """Without its text, which may quote anything; and once more when it comes again."""

    def fail(**kwargs):
        raise ValueError("marker-7f3a")

    monkeypatch.setattr(flushing, "PUBLISHERS", [fail])
    for _ in range(3):
        flusher._tell(is_over=False)
    monkeypatch.setattr(flushing, "PUBLISHERS", [])
    flusher._tell(is_over=False)
    monkeypatch.setattr(flushing, "PUBLISHERS", [fail])
    flusher._tell(is_over=False)
    assert [record.getMessage() for record in caplog.records] == [
        "what is measured cannot be shared (ValueError)"
    ] * 2


def test_nothing_to_tell(flusher):
    """A window that did not change is not told again."""
    assert recorder.unsaved() == []
    assert flusher.flush()
