from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ... import backup
from ..backups import add_directory, add_json, as_json, in_one_line, in_words, mebibytes
from ..table import table

COLUMNS = ("name", "made (UTC)", "age", "size", "ratio", "verified", "encrypted", "where")


class Command(BaseCommand):
    help = "List the backups, the newest last."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_directory(parser)
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with in_one_line():
            found = backup.backups(directory=options["directory"])
        if options["json"]:
            self.stdout.write(as_json(found))
            return
        self.stdout.write(table(COLUMNS, map(_cells, found)) if found else "There is no backup yet.")
        for one in found:
            if one.problem:
                self.stderr.write(self.style.ERROR(one.problem))


def _cells(one: backup.Backup) -> tuple[str, ...]:
    if one.problem:
        return (one.name, "", "", "", "", "DAMAGED", "", _where(one))
    return (
        one.name,
        f"{one.created_at:%Y-%m-%d %H:%M:%S}",
        in_words(one.age),
        mebibytes(one.size),
        f"{one.ratio} : 1",
        f"{one.verified} {one.verified_at:%Y-%m-%d %H:%M}" if one.verified else "no",
        "yes" if one.is_encrypted else "no",
        _where(one),
    )


def _where(one: backup.Backup) -> str:
    return " + ".join(filter(None, ("here" if one.path else "", "elsewhere" if one.is_offsite else "")))
