"""The same promises as in test_fields, for values that nobody thought of."""

import hypothesis
import pytest
from django.contrib.auth import get_user_model
from hypothesis import strategies as st

from aistore.models import Conversation

any_text = st.text(st.characters(codec=None)) | st.text(st.sampled_from("\x00\ud83d\ude00\ufdd00d\\u"))
any_number = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
any_json = st.recursive(
    st.none() | st.booleans() | any_number | any_text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(any_text, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.django_db
def test_any_value_comes_back_equal():
    """Texts, tags and JSON of any content, lone surrogates and NUL included."""
    conversation = Conversation.objects.create(owner=get_user_model().objects.create(username="ada"))
    row = Conversation.objects.filter(pk=conversation.pk)

    @hypothesis.settings(max_examples=200, database=None, deadline=None)
    @hypothesis.given(title=any_text, tags=st.lists(any_text), metadata=st.dictionaries(any_text, any_json))
    def check(**columns):
        row.update(**columns)
        assert row.values(*columns).get() == columns

    check()
