"""Who works on which upload, and whose result counts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from aistore.exceptions import ClaimLost
from aistore.models import Upload

from .edge_texts import every_text
from .plans import nodes, plan

pytestmark = pytest.mark.django_db


def make(owner, count=1, **fields):
    """The oldest first."""
    start = timezone.now() - timedelta(hours=1)
    rows = [
        Upload(owner=owner, name=f"{number}", created_at=start + timedelta(seconds=number), **fields)
        for number in range(count)
    ]
    return Upload.objects.bulk_create(rows)


def names(uploads):
    return [upload.name for upload in uploads]


def claim_one():
    [upload] = Upload.objects.claim()
    return upload


def time_passes():
    """All claims end."""
    Upload.objects.exclude(claim_ends_at=None).update(claim_ends_at=timezone.now() - timedelta(seconds=1))


def test_the_oldest_first(owner):
    make(owner, 3)
    assert [names(Upload.objects.pending().claim(limit=2)) for _ in range(3)] == [["0", "1"], ["2"], []]


def test_claimed_ones_are_pending(owner):
    """And pending() stays a queryset like any other."""
    make(owner, 2)
    Upload.objects.claim()
    assert Upload.objects.pending().count() == 2
    assert Upload.objects.pending().filter(claim_ends_at=None).count() == 1


def test_only_those_of_the_queryset(owner, other_owner):
    make(owner, 2)
    make(other_owner, 1)
    assert len(Upload.objects.owned_by(other_owner).claim(limit=9)) == 1
    assert names(Upload.objects.filter(conversation__title="x").claim(limit=9)) == []
    assert names(Upload.objects.order_by("-name")[:1].claim(limit=9)) == ["1"]


@pytest.mark.parametrize("status", ["processed", "failed"])
def test_only_pending_ones(owner, status):
    make(owner, status=status)
    assert Upload.objects.claim(limit=9) == []


def test_a_claim_ends(owner):
    """By itself: its worker need not be there to give it back."""
    make(owner)
    first = claim_one()
    assert Upload.objects.claim() == []
    time_passes()
    assert (claim_one(), Upload.objects.get().attempts) == (first, 2)


@pytest.mark.parametrize(("setting", "given", "seconds"), [(300.0, None, 300), (7.0, None, 7), (7.0, 60, 60)])
def test_how_long(owner, settings, setting, given, seconds):
    """By the clock of the database."""
    settings.AISTORE = {"UPLOAD_CLAIM_SECONDS": setting}
    make(owner)
    [upload] = Upload.objects.claim(seconds=given)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s - statement_timestamp()", [upload.claim_ends_at])
        left = cursor.fetchone()[0]
    assert timedelta(seconds=seconds - 5) < left <= timedelta(seconds=seconds)


@every_text
def test_processed(owner, text):
    """What was extracted, to the character."""
    make(owner, error="once")
    claim_one().processed(text=text)
    upload = Upload.objects.get()
    assert (upload.status, upload.text, upload.error, upload.claim_ends_at) == ("processed", text, "", None)
    assert upload.processed_at >= upload.created_at


def test_failed(owner):
    """Words, or an exception."""
    make(owner, 2)
    claim_one().failed("no text layer")
    claim_one().failed(ValueError("no page\x00"))
    found = Upload.objects.order_by("name").values_list("status", "error")
    assert list(found) == [("failed", "no text layer"), ("failed", "no page\x00")]


def test_the_instance_knows(owner):
    [upload] = make(owner)
    upload.processed("Hue")
    assert (upload.status, upload.text, upload.processed_at is None) == ("processed", "Hue", False)


def test_without_a_claim(owner):
    """For whoever works alone."""
    [upload] = make(owner)
    upload.processed("Hue")
    assert Upload.objects.get().text == "Hue"


def test_a_claim_that_somebody_else_has(owner):
    """The one who was taken for dead comes back, and overwrites nothing."""
    make(owner)
    late = claim_one()
    time_passes()
    other = claim_one()
    for result in (late.processed, lambda: late.failed("x"), late.hold, late.release):
        with pytest.raises(ClaimLost, match="another worker has claimed it"):
            result()
    other.processed("Hue")
    with pytest.raises(ClaimLost, match="it is processed already"):
        late.processed("Huế")
    assert (Upload.objects.get().text, late.status) == ("Hue", "pending")


def test_a_claim_that_ended_and_nobody_has(owner):
    """The work is done: it counts."""
    make(owner)
    upload = claim_one()
    upload.claim_ends_at = timezone.now() - timedelta(seconds=1)
    Upload.objects.update(claim_ends_at=upload.claim_ends_at)
    upload.processed("Hue")
    assert Upload.objects.get().text == "Hue"


def test_one_that_was_deleted(owner):
    make(owner)
    upload = claim_one()
    Upload.objects.all().delete()
    with pytest.raises(ClaimLost, match="it was deleted"):
        upload.processed("Hue")


def test_hold(owner):
    """Longer, and still this worker's."""
    make(owner)
    upload = claim_one()
    before = upload.claim_ends_at
    upload.hold(seconds=3600)
    assert upload.claim_ends_at - before > timedelta(minutes=50)
    upload.processed("Hue")


def test_release(owner):
    """At once somebody else's, and it was no attempt."""
    make(owner)
    upload = claim_one()
    upload.release()
    assert Upload.objects.get().attempts == 0
    assert claim_one() == upload


@pytest.mark.parametrize("method", [Upload.hold, Upload.release])
def test_what_was_never_claimed(owner, method):
    [upload] = make(owner)
    with pytest.raises(ClaimLost, match="it was never claimed"):
        method(upload)


def test_a_file_that_kills_its_workers(owner, settings):
    """Is given up after so many of them, and does not stop the others."""
    settings.AISTORE = {"UPLOAD_ATTEMPTS": 2}
    make(owner, 2)
    for _ in range(2):
        assert claim_one().name == "0"
        Upload.objects.filter(name="0").update(claim_ends_at=timezone.now())
    assert claim_one().name == "1"
    dead = Upload.objects.get(name="0")
    assert (dead.status, dead.error[:8], dead.processed_at is None) == ("failed", "Given up", False)


def test_retry(owner):
    """Failed ones, with all attempts before them."""
    make(owner, 2, attempts=5)
    Upload.objects.get(name="0").failed("no text layer")
    Upload.objects.get(name="1").processed()
    assert Upload.objects.owned_by(owner).retry() == 1
    upload = Upload.objects.pending().get()
    assert (upload.name, upload.error, upload.attempts, upload.processed_at) == ("0", "", 0, None)


def test_by_an_index(owner):
    """The few that wait are found without the many that do not."""
    make(owner, 2000, status="processed")
    make(owner, 3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_upload")
    free = Upload.objects.filter(pk__in=Upload.objects.values("pk"), status="pending").order_by(
        "created_at", "pk"
    )
    assert "upload_pending" in {node.get("Index Name") for node in nodes(plan(free[:10]))}
