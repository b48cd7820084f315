import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...exceptions import AistoreError
from ...performance import bench
from ...performance.bench.plot import plot
from ...performance.bench.table import text
from ...performance.plain import plain
from ..progress import steps


class Command(BaseCommand):
    help = (
        "Measure the five most common reads here, with and without the cache, and the pool under 100 users."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--quick", action="store_true", help="less data and fewer calls: for a first look"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them as SVG, too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with steps("Measuring", self.stderr) as on_progress:
                found = bench.run(quick=options["quick"], on_progress=on_progress)
        except AistoreError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            gone = "The benchmark was ended by Ctrl-C; what it had made is gone."
            raise CommandError(gone, returncode=130) from None
        self.stdout.write(json.dumps(plain(found)) if options["json"] else text(found))
        if options["plot"]:
            self._draw(options["plot"], plot(found))

    def _draw(self, path: Path, picture: str) -> None:
        try:
            path.write_text(picture, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"The plot was not written to {path}: {error.strerror}. Name a file in a folder that you may write."
            ) from error
