"""The owner in lists: found by autocomplete, one click away, never a list of all users."""

import pytest
from django.contrib.auth import get_user_model

from .page import Page

LIST = "/admin/aistore/conversation/"


def test_no_list_of_all_users(many, read):
    """A hundred thousand users are not options of a select."""
    get_user_model().objects.bulk_create(get_user_model()(username=f"user {number}") for number in range(30))
    many(1)
    page = read(LIST)
    assert 'data-field-name="owner"' in page.html
    assert "user 7" not in page.html


def test_the_autocomplete_answers(owner, admin_client):
    """What the field asks for is there: part of a name finds the user."""
    query = {
        "term": owner.username,
        "app_label": "aistore",
        "model_name": "conversation",
        "field_name": "owner",
    }
    results = admin_client.get("/admin/autocomplete/", query).json()["results"]
    assert {"id": str(owner.pk), "text": "an"} in results


def test_only_his(many, owner, read):
    """The filter shows the rows of one owner, names him, and leads back to all."""
    other = get_user_model().objects.create(username="binh")
    many(2, title="of an")
    page = read(LIST, data={"owner": other.pk})
    assert "of an" not in page.text
    assert f'<option value="{other.pk}" selected>binh</option>' in page.html
    assert page.href("Clear") == "?"


def test_his_name_is_the_filter(many, owner, read):
    """His name leads to his page, the sign beside it to his conversations."""
    many(1)
    page = read(LIST)
    assert page.href("an") == f"{LIST}owner/{owner.pk}/"
    assert f"{LIST}?owner={owner.pk}" in page.attributes("href")


def test_other_filters_stay(many, owner, read):
    """Choosing an owner keeps what else is chosen, and not the place in the list."""
    many(60, is_pinned=True)
    page = read(LIST + read(LIST, data={"pinned": "yes"}).href("Older"))
    assert [a for tag, a in page.tags if tag == "option" and "selected" in a and a["value"] == "yes"]
    assert "after" not in page.attributes("name")


def test_without_the_right_to_see_users(many, staff):
    """The autocomplete would refuse to answer, so it is not offered; the names still are filters."""
    many(1)
    page = Page(staff("view_conversation").get(LIST))
    assert 'data-field-name="owner"' not in page.html
    assert page.href("an")


@pytest.mark.parametrize("value", ["x", "\x00", "-1", "9" * 30, "1 OR 1=1", "<script>"])
def test_an_owner_that_is_none(many, admin_client, value):
    """An address that somebody invented leads to a list, never to an error."""
    many(1)
    assert admin_client.get(LIST, {"owner": value}, follow=True).status_code == 200
