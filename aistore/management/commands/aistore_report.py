import datetime as dt
import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...performance.page import page
from ...performance.plain import plain
from ...performance.reporting import report
from ...performance.text import text
from ...performance.words import span


class Command(BaseCommand):
    help = "Report what the data layer does: pool, statements, cache, tables and indexes, warnings with remedies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=_span,
            default=dt.timedelta(hours=1),
            metavar="TIME",
            help="15m, 1h or 1d; 1h by default",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--html", type=Path, metavar="FILE", help="write it as one page with plots, instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = report(options["since"])
        if options["html"]:
            self._write(options["html"], page(found))
        if options["json"]:
            self.stdout.write(json.dumps(plain(found)))
        elif not options["html"]:
            self.stdout.write(text(found))

    def _write(self, path: Path, document: str) -> None:
        try:
            path.write_text(document, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"The report was not written to {path}: {error.strerror}. Name a file in a folder that you may write."
            ) from error


def _span(text: str) -> dt.timedelta:
    try:
        return span(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
