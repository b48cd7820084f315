"""The files of the demo."""

from hashlib import sha256

import pytest

from aistore import demo
from aistore.demo import content
from aistore.models import Upload


@pytest.mark.parametrize("entry", content.uploads(), ids=lambda entry: entry["file"])
def test_stored(loaded, entry):
    """The bytes lie in the storage, and the row says what they are."""
    upload = Upload.objects.get(name=entry["name"])
    with upload.file as file:
        data = file.read()
    assert data == content.upload(entry["file"])
    assert (upload.size, upload.sha256) == (len(data), sha256(data).hexdigest())


def test_processed_after_it_was_sent(loaded):
    """Text and time of what was processed; neither of what still waits."""
    for upload in Upload.objects.all():
        is_done = upload.status == "processed"
        assert bool(upload.text) == is_done
        assert bool(upload.processed_at and upload.processed_at > upload.created_at) == is_done
    assert Upload.objects.pending().exists()


def test_comes_back(loaded):
    """A deleted upload is stored again, and only that."""
    Upload.objects.get(name="expenses.csv").delete()
    assert demo.load(small=0).uploads.new == 1
