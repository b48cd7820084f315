from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aistore.models import reindexing

from ...exceptions import AistoreError


class Command(BaseCommand):
    help = "Makes the words that search looks for anew, in AISTORE['SEARCH_CONFIG']. Writers wait meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="even if they are made so already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            is_made = reindexing.reindex(force=options["force"])
        except AistoreError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The words are made anew." if is_made else "The words are made so already.")
