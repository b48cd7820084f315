"""Two that store, share, delete and claim: no file is lost, none is there twice, nobody works on another's."""

import pytest
from django.contrib.auth import get_user_model

from aistore.models import Upload


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def files(media):
    return lambda: [path.name for path in media.rglob("*") if path.is_file()]


def store(conversation, data=b"Hue"):
    return Upload.objects.store(conversation.owner, data, conversation=conversation)


def delete(upload):
    return Upload.objects.get(pk=upload.pk).delete()


def claim(_, limit=1):
    return Upload.objects.pending().claim(limit)


def test_the_same_bytes_beside_the_same_bytes(an, binh, files):
    """The second waits, gets the first's upload, and takes his own file away again."""
    with an.transaction():
        first = an.does(store)
        second = binh.begins(store)
        second.waits()
    assert (second.ends(), files()) == (first, [str(first.pk)])


def test_the_same_bytes_in_another_conversation(an, binh, other, files):
    """An upload of its own, with the first's file."""
    with an.transaction():
        first = an.does(store)
        second = binh.begins(store, of=other)
        second.waits()
    assert second.ends() != first
    assert (second.ends().file.name, files()) == (first.file.name, [str(first.pk)])


def test_the_same_bytes_beside_one_that_is_rolled_back(an, binh, files):
    """Then the second is the first. The file of the one that never was is left to aistore_purge."""
    with an.transaction():
        first = an.does(store)
        second = binh.begins(store)
        second.waits()
        an.rolls_back()
    upload = second.ends()
    assert (Upload.objects.get(), upload.file.name.rpartition("/")[2]) == (upload, str(upload.pk))
    assert set(files()) == {str(first.pk), str(upload.pk)}


def test_other_bytes_do_not_wait(an, binh):
    with an.transaction():
        an.does(store)
        binh.does(store, b"Huong")
    assert Upload.objects.count() == 2


def test_a_deletion_beside_one_that_shares(an, binh, conversation, other, files):
    """It waits for the other's upload, and leaves it the file."""
    first = store(conversation)
    with an.transaction():
        second = an.does(store, of=other)
        deletion = binh.begins(delete, of=first)
        deletion.waits()
    deletion.ends()
    assert (Upload.objects.get(), files()) == (second, [str(first.pk)])


def test_one_that_shares_beside_a_deletion(an, binh, conversation, files):
    """It waits, finds nothing to share, and brings its own file, which the deletion does not take."""
    first = store(conversation)
    with an.transaction():
        an.does(delete, of=first)
        second = binh.begins(store)
        second.waits()
    upload = second.ends()
    assert (Upload.objects.get(), files()) == (upload, [str(upload.pk)])


def test_one_that_shares_beside_a_deletion_of_one_of_two(an, binh, conversation, other, files):
    """The other one still has it."""
    first, second = store(conversation), store(other)
    with an.transaction():
        an.does(delete, of=first)
        third = binh.begins(store)
        third.waits()
    assert (third.ends().file.name, files()) == (second.file.name, [str(first.pk)])


def test_two_deletions_of_two_that_share(an, binh, conversation, other, files):
    """The last one to commit takes the file."""
    first, second = store(conversation), store(other)
    with an.transaction():
        an.does(delete, of=first)
        with binh.transaction():
            binh.does(delete, of=second)
    assert files() == []


def test_the_owner_goes_beside_one_that_shares(an, binh, conversation, other, files):
    """The database takes both rows; the file is left to aistore_purge."""
    store(conversation)
    with an.transaction():
        an.does(store, of=other)
        deletion = binh.begins(lambda _: get_user_model().objects.all().delete())
        deletion.waits()
    deletion.ends()
    assert (Upload.objects.count(), len(files())) == (0, 1)


def test_claims_side_by_side(an, binh, conversation):
    """The second passes by what the first is claiming, and does not wait for it."""
    uploads = [store(conversation, b"%d" % number) for number in range(3)]
    with an.transaction():
        mine = an.does(claim, 2)
        assert (mine, binh.does(claim, 9)) == (uploads[:2], uploads[2:])
    assert an.does(claim, 9) == binh.does(claim, 9) == []


def test_a_claim_that_is_rolled_back(an, binh, conversation):
    """Is free at once."""
    upload = store(conversation)
    with an.transaction():
        an.does(claim)
        assert binh.does(claim) == []
        an.rolls_back()
    assert binh.does(claim) == [upload]


def test_many_claims_at_once(an, binh, conversation):
    """Forty uploads, one by one, as fast as two can: each is somebody's, and no one's twice."""
    uploads = [store(conversation, b"%d" % number) for number in range(40)]

    def all_one_by_one(_):
        return [upload.pk for _ in range(40) for upload in claim(None)]

    one, two = an.begins(all_one_by_one), binh.begins(all_one_by_one)
    assert sorted([*one.ends(), *two.ends()]) == sorted(upload.pk for upload in uploads)
