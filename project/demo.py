"""`manage.py demo`: the servers, the tables, the demo data, a web server on the loopback."""

import errno
import logging
from collections.abc import Callable

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import CommandError, call_command
from django.core.servers import basehttp
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from project import services

FIRST_PORT = 8000
PORTS = 100  # how many are tried


def run(*, export: str | None, port: int | None, serve: bool) -> None:
    """Prepare the demo and serve it until Ctrl-C, after which the servers stop, too."""
    console = Console(highlight=False)
    try:
        password = prepare(console, export)
        if serve:
            serve_on(port, lambda number: console.print(banner(number, password)))
    except KeyboardInterrupt:
        console.print("\nStopped. Your data stays in .services; [bold]manage.py demo[/] shows it again.")


def prepare(console: Console, export: str | None) -> str | None:
    """Returns the password of `admin` if it has just been made."""
    from aistore import demo

    with console.status("Starting PostgreSQL and Valkey"):
        services.ensure(linger=0)
    with console.status("Making the tables"):
        call_command("migrate", verbosity=0, interactive=False)
    with console.status("Loading the demo conversations"):
        password = demo.load().password
    if export:
        call_command("aistore_import", export, owner="admin")
    return password


def serve_on(port: int | None, on_bind: Callable[[str], None]) -> None:
    # The banner stays in sight; what goes wrong is still shown.
    logging.getLogger("django.server").setLevel(logging.WARNING)
    handler = StaticFilesHandler(basehttp.get_internal_wsgi_application())
    for number in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS):
        try:
            basehttp.run("127.0.0.1", number, handler, threading=True, on_bind=on_bind)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise CommandError(
        f"Port {port} is taken. Leave --port out to get a free one."
        if port is not None
        else f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free. Choose one with --port."
    )


def banner(port: str, password: str | None) -> Panel:
    old = "as printed at the first start; a new one: manage.py changepassword admin"
    return Panel.fit(
        f"[bold]http://127.0.0.1:{port}/[/]\n\n"
        f"user      [bold]admin[/]\n"
        f"password  {f'[bold]{escape(password)}[/]' if password else old}\n\n"
        f"Ctrl-C stops everything.",
        title="aistore",
        padding=(1, 3),
    )
