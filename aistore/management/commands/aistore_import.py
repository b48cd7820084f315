import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import interop
from ...exceptions import InteropError
from ..owners import owner_named
from ..progress import bytes_read

_LINES = 20  # of errors and of warnings


class Command(BaseCommand):
    help = "Import an export of ChatGPT, or our own JSONL. The same file again makes nothing twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", help="a .json, .jsonl, .gz or .zip, or the folder with them")
        parser.add_argument("--owner", required=True, metavar="NAME", help="the account that gets them")
        parser.add_argument("--format", default="auto", choices=["auto", *interop.readable()])
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owner_named(options["owner"])
        with bytes_read("Importing", self.stderr) as on_progress:
            try:
                report = interop.import_file(
                    options["path"],
                    owner,
                    format=options["format"],
                    dry_run=options["dry_run"],
                    on_progress=on_progress,
                )
            except InteropError as error:
                raise CommandError(str(error)) from error
        self._print(report, as_json=options["json"])
        if report.error_count:
            raise CommandError(f"{report.error_count:,} could not be imported; the rest was.")

    def _print(self, report: interop.ImportReport, *, as_json: bool) -> None:
        self._lines(report.warnings, report.warning_count, self.style.WARNING)
        self._lines(report.errors, report.error_count, self.style.ERROR)
        if as_json:
            self.stdout.write(json.dumps(dataclasses.asdict(report)))
            return
        done = "Would be imported" if report.is_dry_run else "Imported"
        self.stdout.write(
            f"{done} in {report.seconds:.1f} s: {report.new:,} conversations new, {report.extended:,} extended,"
            f" {report.unchanged:,} unchanged, {report.skipped:,} skipped; {report.messages:,} messages."
        )

    def _lines(self, lines: tuple[str, ...], count: int, style: Any) -> None:
        for line in lines[:_LINES]:
            self.stderr.write(style(line))
        if count > _LINES:
            self.stderr.write(style(f"and {count - _LINES:,} more"))
