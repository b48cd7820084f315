import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import cache
from ..numbers import whole_number
from ..progress import counted


class Command(BaseCommand):
    help = "Fill the cache with the newest conversations, their last messages, and their owners with their lists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--limit", type=whole_number, default=1000, metavar="N", help="of each kind at most"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if cache.stats().used_memory is None:
            raise CommandError(
                "The cache was not warmed: it does not answer, or CACHE_ALIAS names none of django-redis."
                " Start it, or see to CACHES, and try again."
            )
        with counted("Warming", self.stderr) as on_progress:
            done = cache.warm(limit=options["limit"], on_progress=on_progress)
        self.stdout.write(json.dumps({"warmed": done}) if options["json"] else f"{done:,} warmed")
