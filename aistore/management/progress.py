"""A bar for people: on a terminal, and nowhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


@contextmanager
def bytes_read(what: str, stream: IO[str] | Any) -> Iterator[Callable[[int, int | None], object]]:
    """Gives ``on_progress(bytes read, bytes in all or None)``."""
    if not stream.isatty():
        yield lambda done, total: None
        return
    rate = (TransferSpeedColumn(), TimeRemainingColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, *rate, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def counted(what: str, stream: IO[str] | Any) -> Iterator[Callable[[], object]]:
    """Gives ``on_progress()`` for each of nobody knows how many."""
    if not stream.isatty():
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda: progress.advance(task)


@contextmanager
def of_so_many(what: str, stream: IO[str] | Any) -> Iterator[Callable[[int, int], object]]:
    """Gives ``on_progress(done, in all)``."""
    if not stream.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def steps(what: str, stream: IO[str] | Any) -> Iterator[Callable[[str], object]]:
    """Gives ``on_progress(step)`` for work whose parts have names."""
    if not stream.isatty():
        yield lambda step: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[step]}"))
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(what, total=None, step="")
        yield lambda step: progress.update(task, step=step)
