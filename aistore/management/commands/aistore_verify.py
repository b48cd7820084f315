from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ... import backup
from ..backups import add_directory, add_identity, add_json, as_json, in_one_line, rows_in_words
from ..progress import bytes_read

PROOFS = {
    "checksum": "every byte is what was written; with --identity it could also be read",
    "archive": "every byte is what was written, and the archive can be read to its end",
    "deep": "restored into a scratch database: migrations, rows and the invariants of conversations are right",
}


class Command(BaseCommand):
    help = "Prove that a backup is what was written and can be read, or restored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("name", nargs="?", help="of the list of aistore_backups, or the path of a backup")
        which.add_argument("--latest", action="store_true", help="the newest one")
        parser.add_argument(
            "--deep", action="store_true", help="restore it into a scratch database and compare"
        )
        add_identity(parser)
        add_directory(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line(), bytes_read("Verifying", self.stderr) as on_progress:
            verified = backup.verify(
                options["name"],
                deep=options["deep"],
                identity=options["identity"],
                directory=options["directory"],
                on_progress=on_progress,
            )
        if options["json"]:
            self.stdout.write(as_json(verified))
            return
        self.stdout.write(f"{verified.name}: {PROOFS[verified.how]} ({verified.seconds:.1f} s)")
        self.stdout.write(f"  {rows_in_words(verified.rows)}; {verified.files:,} files")
        if not verified.is_recorded:
            self.stderr.write(self.style.WARNING("Its manifest cannot be written, so this is not on record."))
