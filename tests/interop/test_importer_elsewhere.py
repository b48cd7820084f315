"""On another database than the default one."""

import io

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from aistore import interop
from aistore.models import Conversation
from tests.interop.files import lines, several
from tests.scratch import scratch_database


@pytest.fixture
def elsewhere(db, django_db_blocker):
    with django_db_blocker.unblock(), scratch_database() as alias:
        call_command("migrate", database=alias, verbosity=0)
        yield alias


def test_import_and_export_with_a_database_named(elsewhere):
    owner = get_user_model().objects.using(elsewhere).create(username="an")
    for count in (2, 3):
        interop.import_file(io.BytesIO(lines(*several(count))), owner, using=elsewhere)
    assert Conversation.objects.count() == 0
    file = io.BytesIO()
    assert interop.write(Conversation.objects.using(elsewhere), file) == 3
    assert file.getvalue().count(b"\n") == 3
