import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import router

from ... import embedding, integrity
from ...exceptions import AistoreError
from ...models import Memory


class Command(BaseCommand):
    help = (
        "Prove on the live database that numbers, counters, heads, branches and files are what they must be."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", action="store_true", required=True, help="prove the invariants of the rows"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = integrity.check_data()
        except AistoreError as error:
            raise CommandError(str(error)) from error
        remarks = list(embedding.remarks(router.db_for_write(Memory)))
        if options["json"]:
            more = {"is_sound": report.is_sound, "remarks": remarks}
            self.stdout.write(json.dumps(dataclasses.asdict(report) | more))
        else:
            self._print(report)
            for remark in remarks:
                self.stdout.write(self.style.WARNING(remark))
        if not report.is_sound:
            total = sum(report.found.values())
            broken = "1 rule is" if total == 1 else f"{total:,} rules are"
            raise CommandError(f"{broken} broken. Nothing was changed; keep a backup before mending.")

    def _print(self, report: integrity.DataReport) -> None:
        counts = {name: getattr(report, name) for name in ("conversations", "messages", "uploads")}
        self.stdout.write(", ".join(f"{count:,} {name}" for name, count in counts.items()))
        for finding in report.findings:
            self.stdout.write(f"  {finding.rule}  {finding.conversation}  {finding.detail}")
        hidden = sum(report.found.values()) - len(report.findings)
        if hidden:
            self.stdout.write(f"  and {hidden:,} more")
        if report.is_sound:
            self.stdout.write(
                self.style.SUCCESS("numbers, counters, heads, parents, open tool calls and files are right")
            )
