"""Uploads: a file under a name that no user gives, and what was read from it."""

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from aistore.exceptions import MissingOwner
from aistore.models import Upload

from .edge_texts import every_text
from .plans import nodes, plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@every_text
def test_exact_text(owner, text):
    upload = Upload.objects.create(
        owner=owner, name=text, text=text, error=text, content_type=text, metadata={text: text}
    )
    upload.refresh_from_db()
    assert (upload.name, upload.text, upload.error, upload.content_type) == (text, text, text, text)
    assert upload.metadata == {text: text}


@pytest.mark.parametrize("name", ["a.txt", "../../etc/passwd", "a/b", "\x00", "x" * 5000, "C:\\a"])
def test_where_the_bytes_lie(owner, media, name):
    """Under owner and id, whatever the file was called."""
    upload = Upload(owner=owner, name=name)
    upload.file.save("given.txt", ContentFile(b"bytes"))
    assert upload.file.name == f"aistore/{owner.pk}/{upload.pk}"
    assert (media / upload.file.name).read_bytes() == b"bytes"


def test_owned_by(owner, other_owner):
    mine = Upload.objects.create(owner=owner)
    Upload.objects.create(owner=other_owner)
    assert list(Upload.objects.owned_by(owner)) == [mine]


def test_pending(owner):
    pending = Upload.objects.create(owner=owner)
    Upload.objects.create(owner=owner, status="processed")
    assert list(Upload.objects.owned_by(owner).pending()) == [pending]


def test_pending_by_an_index(owner):
    """The few that wait are found without the many that do not."""
    Upload.objects.bulk_create(Upload(owner=owner, status="processed") for _ in range(2000))
    names = {node.get("Index Name") for node in nodes(plan(Upload.objects.pending().order_by("created_at")))}
    assert "upload_pending" in names


def test_who_else_has_a_file_by_an_index(owner):
    """Asked at each deletion."""
    Upload.objects.bulk_create(Upload(owner=owner, file=f"{number}") for number in range(2000))
    assert "upload_file" in {node.get("Index Name") for node in nodes(plan(Upload.objects.filter(file="7")))}


def test_a_conversation_takes_its_uploads_along(conversation, owner):
    message = conversation.append("user")
    Upload.objects.create(owner=owner, conversation=conversation, message=message)
    conversation.delete()
    assert not Upload.objects.exists()


def test_of_its_conversations_owner(conversation, other_owner):
    """Whoever writes it: nobody's file lies in another's conversation."""
    with pytest.raises(IntegrityError, match="upload_conversation"), transaction.atomic():
        Upload.objects.create(owner=other_owner, conversation=conversation)


def test_a_conversation_that_gets_another_owner(owner, other_owner, conversation):
    """Takes its uploads along, though both had the same bytes; each still has the file."""
    mine = [Upload.objects.store(owner, b"Hue", conversation=place) for place in (conversation, None)]
    theirs = Upload.objects.store(other_owner, b"Hue")
    conversation.owner = other_owner
    conversation.save()
    assert set(Upload.objects.owned_by(other_owner)) == {mine[0], theirs}
    assert Upload.objects.owned_by(owner).get().file.name == Upload.objects.get(pk=mine[0].pk).file.name


def test_search(owner, other_owner):
    """By what was extracted and by the name; those of one owner; with the words marked."""
    mine = Upload.objects.create(owner=owner, name="Hue.pdf", text="It lies on the Perfume River.")
    Upload.objects.create(owner=owner, name="a.txt", text="Something else")
    Upload.objects.create(owner=other_owner, name="Hue.pdf", text="Perfume")
    for words in ("perfume river", "hue", "perf", '"perfume river"'):
        assert list(Upload.objects.owned_by(owner).search(words)) == [mine]
    [hit] = Upload.objects.owned_by(owner).pending().search("perfume")
    assert "<mark>Perfume</mark>" in hit.snippet


def test_search_after_processed(owner):
    """In the same transaction."""
    upload = Upload.objects.create(owner=owner)
    assert not Upload.objects.owned_by(owner).search("顺化")
    upload.processed("香江流经顺化。")
    assert list(Upload.objects.owned_by(owner).search("顺化")) == [upload]


def test_search_in_everybodys(owner):
    """Only where that is said."""
    upload = Upload.objects.create(owner=owner, text="Perfume")
    with pytest.raises(MissingOwner):
        Upload.objects.search("perfume")
    assert list(Upload.objects.of_everyone().search("perfume")) == [upload]


@every_text
def test_search_for_any_text(owner, text):
    """Answers, whatever was typed and whatever was extracted."""
    Upload.objects.create(owner=owner, text=text)
    list(Upload.objects.owned_by(owner).search(text))


def test_safe_name():
    """By the type that the bytes have."""
    assert Upload(name="../map.exe", content_type="image/png").safe_name == "map.png"


def test_str(owner):
    assert str(Upload(owner=owner, name="a\x00b")) == "a␀b"
    assert str(Upload(owner=owner, pk="0" * 32)) == "0" * 32
