"""From messages to what the page prints."""

import pytest
from django.http import QueryDict

from aistore.admin.branch import NoSuchPlace, Place
from aistore.admin.transcript import place_in, transcript
from aistore.models import Conversation, Upload

CALL = {"id": "call_1", "name": "search", "arguments": "{}", "type": "function"}


def entries(conversation, **place):
    return transcript(conversation, Place(**place)).entries


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("", Place()),
        ("at=7", Place(at=7)),
        ("at=7&before=3", Place(at=7, before=3)),
        ("after=3&other=x", Place(after=3)),
        ("at=", Place()),
    ],
)
def test_place_in_the_address(query, place):
    """The numbers of messages."""
    assert place_in(QueryDict(query)) == place


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "٣", "%00", "9" * 10, "9" * 10_000, "1e3", "+1", "0x1"])
def test_no_place(text):
    """Anything else is none, and nothing that the database would have to refuse."""
    with pytest.raises(NoSuchPlace):
        place_in(QueryDict(f"at={text}"))


def test_a_result_stands_in_its_call(conversation):
    """A call and its result are one thing; the message of the result keeps its place for links."""
    conversation.append("assistant", "", tool_calls=[CALL])
    conversation.append("tool", "found", tool_call_id="call_1", name="search")
    conversation.append("assistant", "There.")
    first, last = entries(conversation)
    (result,) = first.blocks[0].results
    assert (result.anchor, result.blocks[0].text.start) == ("message-2", "found")
    assert last.blocks[0].text.start == "There."


def test_results_find_their_own_call(conversation):
    """Several calls at once, answered in another order."""
    conversation.append("assistant", "", tool_calls=[CALL, {**CALL, "id": "call_2"}])
    conversation.append("tool", "second", tool_call_id="call_2")
    conversation.append("tool", "first", tool_call_id="call_1")
    (only,) = entries(conversation)
    assert [call.results[0].blocks[0].text.start for call in only.blocks] == ["first", "second"]


def test_an_id_that_comes_again(conversation):
    """Some products count the calls of each turn from one: a result belongs to the call above it."""
    for text in ("a", "b"):
        conversation.append("assistant", "", tool_calls=[CALL])
        conversation.append("tool", text, tool_call_id="call_1")
    assert [[r.blocks[0].text.start for r in entry.blocks[0].results] for entry in entries(conversation)] == [
        ["a"],
        ["b"],
    ]


def test_a_second_result(conversation):
    """A call has one result; another one of the same id is not put in its place, but stands below."""
    conversation.append("assistant", "", tool_calls=[CALL])
    conversation.append("tool", "a", tool_call_id="call_1")
    conversation.append("tool", "b", tool_call_id="call_1")
    first, second = entries(conversation)
    assert len(first.blocks[0].results) == 1
    assert (second.anchor, second.blocks[0].kind) == ("message-3", "result")


def test_a_result_without_its_call(conversation):
    """Where the call is not on the page, the result is an entry of its own."""
    conversation.append("tool", "found", tool_call_id="elsewhere", name="search")
    (only,) = entries(conversation)
    assert (only.speaker, only.blocks[0].kind) == ("Tool · search", "result")


def test_a_result_part_stands_in_its_call(conversation):
    """Some products keep the result in the message that called."""
    parts = [{**CALL, "type": "tool_call"}, {"type": "tool_result", "id": "call_1", "content": "found"}]
    conversation.append("assistant", "", parts=[*parts, {"type": "text", "text": "There."}])
    (only,) = entries(conversation)
    assert [block.kind for block in only.blocks] == ["call", "text"]
    assert only.blocks[0].results[0].text.start == "found"


def test_a_failed_result_marks_its_call(conversation):
    """The folded line says it."""
    conversation.append("assistant", "", tool_calls=[CALL])
    conversation.append("tool", "timeout", tool_call_id="call_1", status="failed")
    assert entries(conversation)[0].blocks[0].is_error


def test_branches(tree):
    """ "2 of 3", with the addresses of the others."""
    branch = entries(tree, at=6)[1].branch
    assert (branch.position, branch.count) == (2, 3)
    assert (branch.previous, branch.next) == ("?at=2#message-2", "?at=7#message-7")


def test_the_first_and_the_last_branch(tree):
    """There is nothing before the first, nothing after the last; an only child has no branches."""
    assert entries(tree)[1].branch.previous == ""
    assert entries(tree, at=7)[1].branch.next == ""
    assert entries(tree)[0].branch is None


def test_branches_of_a_result_are_in_sight(conversation):
    """A call whose result has branches is open, or they could not be found."""
    called = conversation.append("assistant", "", tool_calls=[CALL])
    conversation.append("tool", "a", tool_call_id="call_1")
    conversation.append("tool", "b", tool_call_id="call_1", parent=called)
    assert entries(Conversation.objects.get())[0].blocks[0].is_open


def test_neighbours_keep_the_branch(conversation):
    """The addresses of the pages above and below stay on the branch that is read."""
    conversation.extend({"role": "user", "content": f"{number}"} for number in range(250))
    conversation.append("user", "elsewhere", parent=conversation.messages.get(sequence_number=249))
    shown = transcript(Conversation.objects.get(), Place(at=250))
    assert (shown.is_active, shown.earlier_url) == (False, "?before=151&at=250")
    above = transcript(Conversation.objects.get(), Place(at=250, before=151))
    assert (above.earlier_url, above.later_url) == ("?before=51&at=250", "?after=150&at=250")


@pytest.mark.parametrize(
    ("values", "badges"),
    [
        ({}, []),
        ({"status": "failed"}, ["failed"]),
        ({"status": "cancelled"}, ["cancelled"]),
        ({"status": "incomplete", "finish_reason": "length"}, ["incomplete", "length"]),
        ({"finish_reason": "stop"}, []),
        ({"is_hidden": True}, ["hidden"]),
        ({"rating": 1}, ["rated good"]),
        ({"rating": -1}, ["rated bad"]),
    ],
)
def test_badges(conversation, values, badges):
    """What is out of the ordinary is said, and nothing else."""
    conversation.append("assistant", "x", **values)
    assert [label for _, label in entries(conversation)[0].badges] == badges


def test_revisions(conversation):
    """What an edit replaced stands at its message, the newest first."""
    message = conversation.append("user", "one")
    message.edit("two")
    message.edit("three")
    (only,) = entries(conversation)
    assert [revision.blocks[0].text.start for revision in only.revisions] == ["two", "one"]


def test_uploads(conversation, owner):
    """Files stand at their message."""
    message = conversation.append("user", "see")
    Upload.objects.create(owner=owner, conversation=conversation, message=message, name="map.png", file="x")
    assert [upload.name for upload in entries(conversation)[0].uploads] == ["map.png"]


def test_what_it_took(conversation):
    """Tokens and cost, as far as they are known."""
    conversation.append("assistant", "x", usage={"input_tokens": 1200, "output_tokens": 30})
    assert entries(conversation)[0].price == ["1200 tokens in", "30 tokens out"]
    conversation.append("user", "x")
    assert entries(conversation)[1].price == []


def test_the_price(conversation, owner, django_assert_num_queries):
    """The window, and the files; the revisions only where something was edited."""
    conversation.extend({"role": "user", "content": f"{number}"} for number in range(100))
    with django_assert_num_queries(2):
        entries(conversation)
    conversation.messages.first().edit("x")
    with django_assert_num_queries(3):
        entries(conversation)
