import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ... import privacy


class Command(BaseCommand):
    help = "Call streams failed that have given no sign of life; their text stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        purged = privacy.purge(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(purged)))
            return
        count = purged.dead_streams
        was = "would be" if options["dry_run"] else "was" if count == 1 else "were"
        self.stdout.write(f"{count:,} dead stream{'' if count == 1 else 's'} {was} marked failed")
