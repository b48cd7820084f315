"""Processes that are killed at a chosen moment of a call.

    python -m tests.backup.mortal    reads one line of JSON for each, and answers with one

A moment is a call or a return of a function of aistore.backup: the first, the second … Asked for none, it says how
many there are.
"""

import json
import os
import signal
import sys
from types import FrameType

import django


def main() -> None:
    django.setup()
    from aistore import backup  # noqa: F401  (loaded once; each child has it)

    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201


def answer(order: dict) -> dict:
    """A child, which has no connection and no thread yet, does it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            count = do(**order)
            os.write(writing, json.dumps({"moments": count}).encode())
        finally:
            os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    return json.loads(said) if said else {"signal": os.WTERMSIG(status)}


def do(call: str, settings: dict, database: dict, media: str, arguments: dict, moment: int | None) -> int:
    from django.conf import settings as django_settings
    from django.db import connections

    from aistore import backup
    from aistore.backup import planning

    django_settings.AISTORE = settings
    django_settings.MEDIA_ROOT = media
    connections.settings["backed_up"] = {**connections.settings["default"], **database}
    if arguments.pop("way", "swap") == "transaction":
        planning.databases.may_create = lambda server, database: False
    moments = Moments(moment)
    sys.setprofile(moments)
    getattr(backup, call)(**arguments)
    sys.setprofile(None)
    return moments.count


class Moments:
    def __init__(self, last: int | None) -> None:
        self.last = last
        self.count = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "return") and "/aistore/backup/" in frame.f_code.co_filename:
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
