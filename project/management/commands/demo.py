"""Everything up, with something to look at."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from project import demo


class Command(BaseCommand):
    help = "Start the servers, fill the database with the demo, and serve the admin on this machine."
    # Some checks read tables, which the command has yet to make.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--import", dest="export", metavar="PATH", help="Import an export of your own as well."
        )
        parser.add_argument(
            "--port", type=int, help="Serve on this port; by default 8000, or the next free one."
        )
        parser.add_argument("--no-serve", action="store_true", help="Prepare everything and stop there.")
        parser.add_argument(
            "--no-input", action="store_true", help="For scripts; it never asks anything anyway."
        )

    def handle(self, *, export: str | None, port: int | None, no_serve: bool, **options: Any) -> None:
        demo.run(export=export, port=port, serve=not no_serve)
