from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import backup
from ..backups import add_directory, add_identity, add_json, as_json, in_one_line, rows_in_words
from ..progress import bytes_read

WAYS = {
    "new": "It will be made; no database of this name is there.",
    "swap": "A new database will be made beside it and take its place; the old one stays under a dated name.",
    "transaction": "Its content will be replaced in one transaction: the role may not create databases.",
}


class Command(BaseCommand):
    help = "Restore a backup: all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of the list of aistore_backups, or the path of a backup")
        parser.add_argument("--target", metavar="DATABASE", help="another database than that of the app")
        parser.add_argument("--drop-old", action="store_true", help="do not keep the old database")
        parser.add_argument(
            "--any-application", action="store_true", help="also with apps that are not installed"
        )
        parser.add_argument("--no-input", action="store_false", dest="interactive", help="do not ask")
        add_identity(parser)
        add_directory(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        same = {name: options[name] for name in ("target", "any_application", "directory")}
        with in_one_line():
            if options["interactive"]:
                self._ask(backup.plan(options["name"], **same))
            with bytes_read("Verifying", self.stderr) as on_progress:
                restored = backup.restore(
                    options["name"],
                    identity=options["identity"],
                    keep_old=not options["drop_old"],
                    on_progress=on_progress,
                    **same,
                )
        self._print(restored, is_json=options["json"])

    def _ask(self, plan: backup.Plan) -> None:
        say = self.stderr.write
        say(f"Backup {plan.name} into the database {plan.database}. {WAYS[plan.way]}")
        if plan.rows_now:
            say(f"  now    {rows_in_words(plan.rows_now)}")
        say(f"  after  {rows_in_words(plan.rows_after)}")
        if plan.connections:
            say(f"  {plan.connections} connections will be told to leave.")
        if plan.pending:
            say(f"  It is older than this code: {len(plan.pending)} migrations are missing in it.")
        say(f"Type the name of the database, {plan.database}, to go on: ", ending="")
        self.stderr.flush()
        try:
            answer = input()
        except EOFError:
            answer = ""
        if answer.strip() != plan.database:
            raise CommandError(
                "Nothing was restored: that is not its name. Without anybody to ask, say --no-input."
            )

    def _print(self, restored: backup.Restored, *, is_json: bool) -> None:
        if is_json:
            self.stdout.write(as_json(restored))
            return
        self.stdout.write(f"{restored.name} is restored: {rows_in_words(restored.rows)}")
        self.stdout.write(f"  {restored.files:,} files of uploads came back")
        self.stdout.write(f"  {restored.audit_entries:,} audit entries newer than the backup were kept")
        if restored.replayed:
            self.stdout.write(f"  {restored.replayed:,} erasures since the backup were done again")
        if restored.kept_as:
            self.stdout.write(
                f"  the old database is kept as {restored.kept_as}; drop it when you need it no more"
            )
        if restored.pending:
            self.stderr.write(self.style.WARNING("The backup is older than this code: run migrate now."))
