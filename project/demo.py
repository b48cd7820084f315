"""`manage.py demo`: the servers, the tables, the demo data, a web server on the loopback."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import CommandError, call_command
from django.core.servers import basehttp
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from project import services

if TYPE_CHECKING:
    from aistore.demo import Demo

FIRST_PORT = 8000
PORTS = 100  # how many are tried


def run(*, export: str | None, port: int | None, serve: bool) -> None:
    """Prepare the demo and serve it until Ctrl-C, after which the servers stop, too."""
    console = Console(highlight=False)
    try:
        loaded = prepare(console)
        if export:
            import_own(console, export)
        if serve:
            serve_on(port, lambda number: console.print(panel(loaded, f"http://127.0.0.1:{number}/")))
        else:
            console.print(panel(loaded, None))
    except KeyboardInterrupt:
        console.print("\nStopped. The data stay in .services; [bold]manage.py demo[/] shows them again.")


def prepare(console: Console) -> Demo:
    # Not before now: the models cannot be imported while the commands are being looked for.
    from aistore import demo

    with console.status("Starting PostgreSQL and Valkey"):
        services.ensure(linger=0)
    with console.status("Making the tables"):
        call_command("migrate", verbosity=0, interactive=False)
    with console.status("Loading the demo conversations"):
        loaded = demo.load()
    for line in loaded.refused:
        console.print(escape(line))
    return loaded


def import_own(console: Console, export: str) -> None:
    # What could be imported is worth looking at; the command has said what could not.
    try:
        call_command("aistore_import", export, owner="admin")
    except CommandError as error:
        console.print(f"[red]{escape(str(error))}[/]")
    except SystemExit:
        pass


def serve_on(port: int | None, on_bind: Callable[[str], None]) -> None:
    handler = StaticFilesHandler(basehttp.get_internal_wsgi_application())
    # The address stays in sight; what goes wrong is still shown. After the line above, which sets up logging.
    logging.getLogger("django.server").setLevel(logging.WARNING)
    for number in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            basehttp.run("127.0.0.1", number, handler, threading=True, on_bind=on_bind)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    if port is not None:
        raise CommandError(f"Port {port} is taken. Leave --port out to get a free one.")
    raise CommandError(f"Port {FIRST_PORT} and the next {PORTS - 1} are taken. Choose one with --port.")


def panel(loaded: Demo, address: str | None) -> Panel:
    password = f"[bold]{escape(loaded.password)}[/]" if loaded.password else "printed at the first start"
    lines = [
        f"[bold]{address}[/]" if address else "Ready: [bold]manage.py demo[/] serves it",
        "",
        f"user      [bold]{escape(loaded.owner)}[/]",
        f"password  {password}",
        "",
        f"{loaded.conversations.total:,} conversations, {loaded.messages.total:,} messages",
    ]
    if not loaded.password:
        lines[4:4] = [f"          [dim]a new one: manage.py changepassword {escape(loaded.owner)}[/]"]
    if address:
        lines.append("Ctrl-C stops everything.")
    return Panel.fit("\n".join(lines), title="aistore", padding=(1, 3))
