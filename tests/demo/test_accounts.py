"""Whose the demo is."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from aistore import demo
from aistore.demo import accounts
from aistore.models import Conversation

User = get_user_model()


def test_admin_is_made(loaded):
    """One superuser, who can sign in to the admin."""
    admin = User.objects.get(is_superuser=True)
    assert (admin.username, admin.is_staff, admin.has_usable_password()) == ("admin", True, True)


def test_existing_admin_untouched(db):
    """An account of the name keeps its password and its rights, and is given the demo."""
    User.objects.create_user("admin", password="his own")
    before = User.objects.filter(username="admin").values().get()
    assert demo.load(small=10).password is None
    assert User.objects.filter(username="admin").values().get() == before
    assert Conversation.objects.filter(owner__username="admin").count() >= 44


def test_others_cannot_sign_in(loaded):
    """The three own a part of the small ones, and have no password and no rights."""
    others = User.objects.exclude(username="admin")
    assert {user.username for user in others} == set(accounts.PEOPLE)
    assert not any(user.has_usable_password() or user.is_staff for user in others)
    assert all(user.conversations.exists() for user in others)


def test_namesake(db):
    """A maria who was there before is a stranger: the demo gives her nothing, and takes nothing from anybody."""
    maria = User.objects.create_user("maria", password="her own")
    loaded = demo.load(small=40)
    assert loaded.conversations.total == 84
    assert not maria.conversations.exists()


def test_password():
    """Long enough, without letters that look alike, and another one each time."""
    passwords = {accounts.new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(len(password) == 14 and not set(password) & set("l1o0iIO") for password in passwords)


def test_user_who_needs_more(db, monkeypatch):
    """A host whose users need a birthday makes the owner himself: nothing is guessed."""
    monkeypatch.setattr(User, "REQUIRED_FIELDS", ["email", "birthday"])
    with pytest.raises(ImproperlyConfigured, match="also needs birthday"):
        demo.load(small=10)
    User.objects.create_user("admin")
    assert demo.load(small=10).conversations.new == 54
    assert User.objects.count() == 1


def test_other_owner(db):
    """The demo may be loaded for somebody else."""
    loaded = demo.load(owner_name="lena", small=10)
    assert (loaded.owner, bool(loaded.password)) == ("lena", True)
    assert not User.objects.filter(username="admin").exists()
