"""Which number a message gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistore.exceptions import BadConversation
from aistore.interop.arrangement import arranged
from aistore.interop.canonical import CanonicalConversation, CanonicalMessage


def order(*pairs):
    """(id, parent) in the order of the file -> ids in the order of their numbers."""
    messages = [CanonicalMessage(external_id=id, role="user", parent=parent) for id, parent in pairs]
    found = arranged(CanonicalConversation(external_id="c", source="s", messages=messages))
    return "".join(message.external_id for message in found.messages)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], ""),
        ([("a", None), ("b", "a"), ("c", "b")], "abc"),
        ([("c", "b"), ("b", "a"), ("a", None)], "abc"),
        ([("b", "a"), ("c", None), ("a", None)], "cab"),
        ([("d", "a"), ("a", None), ("b", None), ("c", "a")], "adbc"),
        ([("a", "elsewhere"), ("b", "a")], "ab"),
    ],
)
def test_parents_first_otherwise_as_in_the_file(pairs, expected):
    assert order(*pairs) == expected


IDS = "abcdefgh"


@given(st.permutations(IDS), st.lists(st.integers(0, 7), min_size=8, max_size=8))
def test_any_tree_in_any_order(file, above):
    """Every message has one number, behind its parent; and none could have come earlier by the file."""
    parent = {id: None if above[place] >= place else IDS[above[place]] for place, id in enumerate(IDS)}
    numbers = {id: number for number, id in enumerate(order(*((id, parent[id]) for id in file)))}
    assert set(numbers) == set(IDS)
    for id in IDS:
        assert parent[id] is None or numbers[parent[id]] < numbers[id]
    for one, other in zip(numbers, list(numbers)[1:], strict=False):
        assert file.index(one) < file.index(other) or parent[other] == one


@given(st.lists(st.sampled_from(IDS), min_size=8, max_size=8))
def test_any_circle_is_refused(parents):
    """Eight messages that each answer one of them cannot but have one."""
    with pytest.raises(BadConversation, match="answer each other in a circle"):
        order(*zip(IDS, parents, strict=True))
