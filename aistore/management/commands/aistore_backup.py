from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ... import backup
from ..backups import add_directory, add_json, as_json, count_from, in_one_line, mebibytes
from ..progress import bytes_read


class Command(BaseCommand):
    help = "Back up the database and the files of uploads, verify that, copy it elsewhere, then rotate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--keep", type=count_from(1), metavar="N", help="verified backups to keep: the newest N,"
        )
        for period in ("daily", "weekly", "monthly"):
            words = f"and the newest of each of the last N {period.replace('dai', 'day').removesuffix('ly')}s"
            parser.add_argument(f"--keep-{period}", type=count_from(0), default=0, metavar="N", help=words)
        parser.add_argument("--no-verify", action="store_true", help="and so rotate nothing away")
        add_directory(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line(), bytes_read("Backing up", self.stderr) as on_progress:
            done = backup.back_up(
                keep=options["keep"],
                keep_daily=options["keep_daily"],
                keep_weekly=options["keep_weekly"],
                keep_monthly=options["keep_monthly"],
                verify=not options["no_verify"],
                directory=options["directory"],
                on_progress=on_progress,
            )
        self._print(done, is_json=options["json"])

    def _print(self, done: backup.BackedUp, *, is_json: bool) -> None:
        if is_json:
            self.stdout.write(as_json(done))
            return
        made = done.backup
        proof = f"verified ({made.verified})" if made.verified else "not verified"
        copied = ", copied elsewhere" if made.is_offsite else ""
        self.stdout.write(
            f"{made.name}: {mebibytes(made.size)}, {made.ratio} : 1, {made.seconds:.1f} s, {proof}{copied}"
        )
        for name in done.removed:
            self.stdout.write(f"  {name} removed")
        if made.missing_files or made.changed_files:
            lost = f"{made.missing_files:,} files of uploads are not in their storage"
            other = f"{made.changed_files:,} are not what was uploaded"
            self.stderr.write(self.style.WARNING(f"{lost}, {other}; see aistore_check --data"))
