"""A process that works with uploads, and stops in the midst of it, to be killed there.

python -m tests.faults.uploader claim
python -m tests.faults.uploader store OWNER FOLDER
"""

import sys

import django
from django.conf import settings
from django.db import connection

from .writers import say


def main(what: str, *arguments: str) -> None:
    django.setup()
    {"claim": claim, "store": store}[what](*arguments)


def claim() -> None:
    from aistore.models import Upload

    say(*[upload.pk for upload in Upload.objects.pending().claim()])
    sys.stdin.readline()


def store(owner_id: str, folder: str) -> None:
    """Comes to a stop between the file and its row."""
    from django.contrib.auth import get_user_model

    from aistore.models import Upload

    settings.MEDIA_ROOT = folder
    owner = get_user_model().objects.get(pk=owner_id)
    with connection.execute_wrapper(stop_before_the_row):
        Upload.objects.store(owner, b"Hue")


def stop_before_the_row(execute, sql, parameters, many, context):
    if sql.startswith('INSERT INTO "aistore_upload"'):
        say("written")
        sys.stdin.readline()
    return execute(sql, parameters, many, context)


if __name__ == "__main__":
    main(*sys.argv[1:])
