"""The order of the nodes of a mapping, whatever it says about itself."""

import pytest

from aistore.exceptions import BadConversation
from aistore.interop.chatgpt_tree import tree


def grown(**nodes):
    return tree(nodes, called="'x'")


def test_a_parent_comes_before_its_children():
    """The keys of a mapping come in any order."""
    found = grown(b={"parent": "a", "children": []}, a={"parent": None, "children": ["b"]})
    assert found.order == ["a", "b"]


def test_siblings_come_as_their_parent_lists_them():
    nodes = {name: {"parent": "a", "children": []} for name in "bcd"}
    assert grown(a={"parent": None, "children": ["d", "b", "c"]}, **nodes).order == ["a", "d", "b", "c"]


def test_a_branch_is_finished_before_its_sibling():
    found = grown(
        a={"parent": None, "children": ["b", "c"]},
        b={"parent": "a", "children": ["d"]},
        c={"parent": "a", "children": []},
        d={"parent": "b", "children": []},
    )
    assert found.order == ["a", "b", "d", "c"]


def test_a_child_that_nobody_lists_comes_last():
    nodes = {name: {"parent": "a"} for name in "bc"}
    assert grown(a={"parent": None, "children": ["c"]}, **nodes).order == ["a", "c", "b"]


@pytest.mark.parametrize("children", [None, 7, "bc", {"b": 1}, ["b", "b", 7, None, ["c"], "gone"]])
def test_children_of_any_kind_lose_no_node(children):
    nodes = {name: {"parent": "a"} for name in "bc"}
    assert grown(a={"parent": None, "children": children}, **nodes).order == ["a", "b", "c"]


def test_where_parent_and_children_disagree_the_parent_is_right():
    found = grown(a={"parent": None, "children": ["b", "c"]}, b={"parent": None}, c={"parent": "b"})
    assert found.parents == {"a": None, "b": None, "c": "b"}


def test_without_a_parent_the_one_counts_that_lists_the_node():
    assert grown(a={"parent": None, "children": ["b"]}, b={"children": []}).parents["b"] == "a"


def test_a_number_is_the_id_of_a_parent():
    nodes = {"5": {"parent": None}, "6": {"parent": 5}}
    assert tree(nodes, called="'x'").parents["6"] == "5"


@pytest.mark.parametrize("parent", [True, 1.5, [], {}])
def test_refuses_a_parent_of_another_type(parent):
    with pytest.raises(BadConversation, match="the parent of node 'b' is"):
        grown(a={"parent": None}, b={"parent": parent})


def test_a_node_that_answers_itself_is_a_circle():
    with pytest.raises(BadConversation, match="in a circle: 'a' → 'a'"):
        grown(a={"parent": "a"})


def test_what_hangs_below_a_circle_is_not_in_it():
    with pytest.raises(BadConversation, match="in a circle: 'a' → 'b' → 'a'"):
        grown(below={"parent": "a"}, a={"parent": "b"}, b={"parent": "a"})


def test_a_long_circle_is_cut():
    nodes = {str(number): {"parent": str((number + 1) % 1000)} for number in range(1000)}
    with pytest.raises(BadConversation, match=r"'0' → '1' → '2' → … \(1,000 nodes\) → '0'"):
        tree(nodes, called="'x'")


def test_depth_costs_no_recursion():
    nodes = {str(number): {"parent": str(number - 1) if number else None} for number in range(50_000)}
    assert tree(nodes, called="'x'").order == list(nodes)
