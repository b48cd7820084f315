import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from ...performance.alerting import Alerts, watch
from ...performance.plain import plain
from ...performance.prometheus import prometheus_rules


class Command(BaseCommand):
    help = (
        "Say what is beyond its threshold, and what to do. Exit status: 0 nothing, 1 a warning, 2 an alert."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON, on one line")
        parser.add_argument(
            "--watch", type=_seconds, metavar="SECONDS", help="look again and again until Ctrl-C"
        )
        parser.add_argument(
            "--prometheus", action="store_true", help="print the thresholds as alerting rules of Prometheus"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prometheus"]:
            self.stdout.write(prometheus_rules(), ending="")
            return
        status = 0
        for found in watch(options["watch"]):
            status = found.exit_status
            self.stdout.write(json.dumps(plain(found)) if options["json"] else self._text(found))
            self.stdout.flush()
        if status:
            sys.exit(status)

    def _text(self, found: Alerts) -> str:
        style = {"fine": self.style.SUCCESS, "warning": self.style.WARNING, "alert": self.style.ERROR}
        lines = [f"{style[one.level](f'{one.level:<8}')} {one.text}" for one in found.checks]
        return "\n".join([*lines, *(f"\n{one.what}:\n  {one.remedy}" for one in found.raised)])


def _seconds(text: str) -> float:
    try:
        if 0 < (seconds := float(text)) < float("inf"):
            return seconds
    except ValueError:
        pass
    raise ArgumentTypeError(f"{text!r} is no number of seconds above 0")
