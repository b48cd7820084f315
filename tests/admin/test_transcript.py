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
    assert (result.anchor, result.blocks[0].text.source) == ("message-2", "found")
    assert last.blocks[0].text.source == "There."


def test_results_find_their_own_call(conversation):
    """Several calls at once, answered in another order."""
    conversation.append("assistant", "", tool_calls=[CALL, {**CALL, "id": "call_2"}])
    conversation.append("tool", "second", tool_call_id="call_2")
    conversation.append("tool", "first", tool_call_id="call_1")
    (only,) = entries(conversation)
    assert [call.results[0].blocks[0].text.source for call in only.blocks] == ["first", "second"]


def test_an_id_that_comes_again(conversation):
    """Some products count the calls of each turn from one: a result belongs to the call above it."""
    for text in ("a", "b"):
        conversation.append("assistant", "", tool_calls=[CALL])
        conversation.append("tool", text, tool_call_id="call_1")
    assert [
        [r.blocks[0].text.source for r in entry.blocks[0].results] for entry in entries(conversation)
    ] == [
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
    assert only.blocks[0].results[0].text.source == "found"


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
    conversation.extend({"role": "user", "content": f"{number}"} for number in range(150))
    conversation.append("user", "elsewhere", parent=conversation.messages.get(sequence_number=149))
    shown = transcript(Conversation.objects.get(), Place(at=150))
    assert (shown.is_active, shown.earlier_url) == (False, "?before=101&at=150")
    above = transcript(Conversation.objects.get(), Place(at=150, before=101))
    assert (above.earlier_url, above.later_url) == ("?before=51&at=150", "?after=100&at=150")


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
    assert [revision.blocks[0].text.source for revision in only.revisions] == ["two", "one"]


def test_what_an_edit_changed(conversation):
    """Each version beside the one that took its place."""
    message = conversation.append("user", "I live in Hue")
    message.edit("I live in Huế")
    message.edit("We live in Huế")
    (only,) = entries(conversation)
    assert [revision.changes for revision in only.revisions] == [
        "<del>I</del><ins>We</ins> live in Huế",
        "I live in <del>Hue</del><ins>Huế</ins>",
    ]


def test_files(conversation, owner):
    """Files stand at their message, those of no message at the top."""
    message = conversation.append("user", "see")
    origin = {"owner": owner, "conversation": conversation, "file": "x"}
    Upload.objects.create(message=message, name="map.png", content_type="image/png", **origin)
    Upload.objects.create(name="notes.txt", **origin)
    shown = transcript(conversation, Place())
    assert [(file.name, file.has_preview) for file in shown.entries[0].files] == [("map.png", True)]
    assert [(file.name, file.has_preview) for file in shown.files] == [("notes.txt", False)]


def test_a_file_in_its_place(conversation, owner):
    """Where a part stands for an upload, the upload is shown there, and once."""
    upload = Upload.objects.create(owner=owner, conversation=conversation, name="map.png", file="x")
    conversation.append("user", "see", parts=[{"type": "image", "upload": str(upload.pk)}])
    shown = transcript(conversation, Place())
    (reference,) = [block for block in shown.entries[0].blocks if block.kind == "reference"]
    assert (reference.file.name, shown.files, shown.entries[0].files) == ("map.png", [], [])


SOURCE = {"type": "source", "url": "https://hue.example/", "title": "Hue"}


def test_sources_are_footnotes(conversation):
    """They stand at the end, and the text before them has their numbers."""
    parts = [
        {"type": "text", "text": "It rains."},
        SOURCE,
        SOURCE,
        {"type": "text", "text": "Often."},
        SOURCE,
    ]
    conversation.append("assistant", "", parts=parts)
    (only,) = entries(conversation)
    assert (len(only.sources), [block.kind for block in only.blocks]) == (3, ["text", "text"])
    assert [block.text.start.count("#message-1-source-") for block in only.blocks] == [2, 1]
    assert "#message-1-source-3" in only.blocks[1].text.start


def test_numbers_in_the_text_are_the_footnotes(conversation):
    """A text that names its sources by number gets no more numbers."""
    parts = [{"type": "text", "text": "It rains [1], says the radio."}, SOURCE]
    conversation.append("assistant", "", parts=parts)
    assert entries(conversation)[0].blocks[0].text.start.count("#message-1-source-1") == 1


def test_what_it_took(conversation):
    """Tokens and cost, as far as they are known."""
    conversation.append("assistant", "x", usage={"input_tokens": 1200, "output_tokens": 30})
    assert entries(conversation)[0].price == ["1200 tokens in", "30 tokens out"]
    conversation.append("user", "x")
    assert entries(conversation)[1].price == []


def test_the_price(conversation, owner, django_assert_num_queries):
    """One statement for everything, whatever has been edited and whichever branch it is."""
    conversation.extend({"role": "user", "content": f"{number}"} for number in range(100))
    message = conversation.messages.first()
    message.edit("x")
    Upload.objects.create(owner=owner, conversation=conversation, message=message, name="map.png", file="x")
    for place in ({}, {"at": 3}, {"before": 60}):
        with django_assert_num_queries(1):
            entries(conversation, **place)
