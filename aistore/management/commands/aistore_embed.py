import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import router

from ... import embedding
from ...exceptions import BadEmbedding, NoVectors
from ...models import Memory
from ..numbers import whole_number
from ..progress import of_so_many

_LINES = 20  # of memories that failed


class Command(BaseCommand):
    help = "Embed the memories that have no vector yet. Interrupted, it goes on where it ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=whole_number, metavar="N", help="so many memories at most")
        parser.add_argument(
            "--remove-others", action="store_true", help="then remove the vectors of other models"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with of_so_many("Embedding", self.stderr) as on_progress:
                filled = embedding.fill(
                    router.db_for_write(Memory),
                    limit=options["limit"],
                    remove_others=options["remove_others"],
                    on_progress=on_progress,
                )
        except (BadEmbedding, NoVectors) as error:
            raise CommandError(str(error)) from error
        self._print(filled, as_json=options["json"])
        if filled.failed:
            raise CommandError(f"{len(filled.failed):,} memories could not be embedded; the others were.")

    def _print(self, filled: embedding.Filled, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(dataclasses.asdict(filled)))
            return
        for memory_id, why in list(filled.failed.items())[:_LINES]:
            self.stderr.write(self.style.ERROR(f"{memory_id}  {why}"))
        self.stdout.write(
            f"{filled.embedded:,} embedded with {filled.model}, {filled.missing:,} still without"
        )
        if filled.removed:
            self.stdout.write(f"{filled.removed:,} vectors of other models removed")
