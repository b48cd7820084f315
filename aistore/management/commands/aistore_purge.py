import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import privacy
from ...exceptions import AistoreError


class Command(BaseCommand):
    help = "Call streams failed that have given no sign of life, and remove files that no upload has."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            purged = privacy.purge(dry_run=options["dry_run"])
        except AistoreError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(purged)))
            return
        self._print(purged, is_dry_run=options["dry_run"])

    def _print(self, purged: privacy.Purged, *, is_dry_run: bool) -> None:
        streams = _counted(purged.dead_streams, "dead stream", is_dry_run=is_dry_run)
        self.stdout.write(f"{streams} marked failed")
        files = _counted(purged.files, "file", is_dry_run=is_dry_run)
        self.stdout.write(f"{files} removed that no upload has")
        if is_dry_run:
            for name in purged.file_names:
                self.stdout.write(f"  {name}")
            if purged.files > len(purged.file_names):
                self.stdout.write(f"  and {purged.files - len(purged.file_names):,} more")


def _counted(count: int, what: str, *, is_dry_run: bool) -> str:
    was = "would be" if is_dry_run else "was" if count == 1 else "were"
    return f"{count:,} {what}{'' if count == 1 else 's'} {was}"
