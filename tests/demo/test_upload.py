"""The files of the demo."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from aistore import demo
from aistore.demo import content
from aistore.models import Upload

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("entry", content.uploads(), ids=lambda entry: entry["file"])
def test_stored(loaded, entry):
    """The bytes lie in the storage, and the row says what they are."""
    upload = Upload.objects.get(name=entry["name"])
    with upload.file as file:
        data = file.read()
    assert data == content.upload(entry["file"])
    assert (upload.size, upload.sha256) == (len(data), sha256(data).hexdigest())
    assert (upload.content_type, upload.metadata["source"]) == (entry["content_type"], "demo")


def test_processed_after_it_was_sent(loaded):
    """Text and time of what was processed; neither of what still waits."""
    for upload in Upload.objects.all():
        is_done = upload.status == "processed"
        assert bool(upload.text) == is_done
        assert bool(upload.processed_at and upload.processed_at > upload.created_at) == is_done
    assert Upload.objects.pending().exists()


def test_what_the_owner_sent_himself(loaded):
    """The same bytes in the same place: it stays his."""
    Upload.objects.filter(name="assistant.json").update(name="mine", metadata={}, created_at=NOON)
    demo.load(small=0)
    assert (Upload.objects.get(name="mine").created_at, Upload.objects.count()) == (NOON, 5)


def test_comes_back(loaded):
    """A deleted upload is stored again, and only that."""
    Upload.objects.get(name="expenses.csv").delete()
    assert demo.load(small=0).uploads.new == 1
