import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError

from aistore.management.owners import owner_named

NAMES = ["an", "annika", "binh", "ngọc"]


@pytest.fixture(autouse=True)
def users(db):
    for name in NAMES:
        get_user_model().objects.create(username=name)


@pytest.mark.parametrize("name", NAMES)
def test_found(name):
    assert owner_named(name).username == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("anika", "Near: annika."),
        ("ngoc", "Near: ngọc."),
        ("An", "Near: an, annika."),
        ("zzz", "There is no account with a name like that."),
        ("", "Near: an, annika, binh."),
        ("\udcff", "There is no account with a name like that."),
        ("\0", "There is no account with a name like that."),
    ],
)
def test_not_found(name, said):
    with pytest.raises(CommandError) as caught:
        owner_named(name)
    assert str(caught.value) == f"There is no owner {name!r}. {said}"
