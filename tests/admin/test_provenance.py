"""Where a memory or a file came from."""

import pytest

from aistore.admin.provenance import provenance_link, with_provenance
from aistore.models import Conversation, Memory, Upload

from .conftest import address

models = pytest.mark.parametrize("model", [Memory, Upload])


@models
def test_a_link_to_the_message(rows, model):
    """It opens the page with the message and jumps to it."""
    link = provenance_link("admin", model.objects.get())
    assert f'href="{address(rows["conversation"])}?at=1#message-1"' in link
    assert "Trip to Hue" in link


def test_without_a_message(rows):
    """Then to the conversation."""
    Memory.objects.update(message=None)
    assert f'href="{address(rows["conversation"])}"' in provenance_link("admin", Memory.objects.get())


def test_without_a_conversation(rows):
    """Then there is none."""
    Memory.objects.update(message=None, conversation=None)
    assert provenance_link("admin", Memory.objects.get()) == ""


@models
def test_nothing_long_is_read(rows, model, django_assert_num_queries):
    """One query for the links of a list; texts of messages and prompts of conversations stay where they are."""
    Conversation.objects.update(system_prompt="long")
    with django_assert_num_queries(1):
        (row,) = with_provenance(model.objects.all(), unread=["metadata"])
        provenance_link("admin", row)
        str(row.owner)
    assert "content" in row.message.get_deferred_fields()
    assert "system_prompt" in row.conversation.get_deferred_fields()
