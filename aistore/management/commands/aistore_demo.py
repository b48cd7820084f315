import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from ... import demo


class Command(BaseCommand):
    help = "Load the demo: conversations in many languages, an admin user, memories and uploads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--owner", default="admin", metavar="NAME", help="whose it becomes; made if there is none (admin)"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = self._load(options["owner"])
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(loaded)))
        else:
            self._print(loaded)

    def _load(self, owner: str) -> demo.Demo:
        try:
            return demo.load(owner_name=owner)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        except ProgrammingError as error:
            why = str(error).partition("\n")[0]
            raise CommandError(f"The demo was not loaded: {why}. Run manage.py migrate first.") from error

    def _print(self, loaded: demo.Demo) -> None:
        for line in loaded.refused:
            self.stderr.write(self.style.WARNING(line))
        counts = ("conversations", "messages", "memories", "uploads")
        rows = {name: getattr(loaded, name) for name in counts}
        new = [f"{row.new:,} {name}" for name, row in rows.items() if row.new]
        total = ", ".join(f"{row.total:,} {name}" for name, row in rows.items())
        self.stdout.write(f"The demo of {loaded.owner}: {total}.")
        self.stdout.write(f"New: {', '.join(new)}." if new else "All of it was there already.")
        if loaded.password:
            password = self.style.SUCCESS(loaded.password)
            self.stdout.write(f"Sign in as {loaded.owner} with the password {password} (not shown again).")
