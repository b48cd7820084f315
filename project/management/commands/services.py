"""The embedded servers, by hand."""

import dataclasses
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat

from project import services
from project.services.status import Status, status


class Command(BaseCommand):
    help = "Start the embedded PostgreSQL and Valkey and keep them, stop them, or say what runs."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])
        parser.add_argument("--json", action="store_true", help="Print the status as JSON.")

    def handle(self, *, action: str, **options: Any) -> None:
        if action == "start":
            services.start()
        if action == "stop" and services.stop():
            self.stderr.write("The servers are stopped.")
        found = status()
        self.stdout.write(as_json(found) if options["json"] else as_text(found))


def as_json(found: Status) -> str:
    return json.dumps(dataclasses.asdict(found), default=str, indent=2)


def as_text(found: Status) -> str:
    lines = [
        f"{server.name:9} {server.version:7} pid {server.pid:<7} {server.connect}" for server in found.servers
    ]
    if found.started_at:
        until = "until `manage.py services stop`" if found.is_kept else "while somebody uses them"
        lines.append(f"since     {found.started_at:%Y-%m-%d %H:%M} UTC, {until}")
    else:
        lines.append("Nothing runs. The servers start with the first command that needs them.")
    lines.append(f"data      {found.folder} ({filesizeformat(found.size_bytes)})")
    return "\n".join(lines).replace("\xa0", " ")
