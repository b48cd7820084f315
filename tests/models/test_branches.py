"""Paths, heads, forks: a tree that is walked inside PostgreSQL."""

import pytest

from aistore.exceptions import ConversationGone, ForeignParent
from aistore.models import Conversation, Message

from .edge_texts import TEXTS
from .invariants import assert_sound, contents
from .plans import analyze, nodes, plan
from .test_appending import as_everything, turns

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(conversation):
    """a - b - c, and beside b another answer: d - e, which is the head."""
    a, b, c = conversation.extend({"role": "user", "content": text} for text in "abc")
    d, e = conversation.extend([{"role": "user", "content": text} for text in "de"], parent=a)
    return {message.content: message for message in (a, b, c, d, e)}


def words(messages):
    return "".join(message.content for message in messages)


def test_path_to_the_head(conversation, tree):
    assert words(conversation.messages.path()) == "ade"


def test_path_to_another_message(conversation, tree):
    assert words(conversation.messages.path(to=tree["c"])) == "abc"
    assert words(conversation.messages.path(to=tree["c"].pk, last=2)) == "bc"


@pytest.mark.parametrize(
    ("last", "expected"), [(0, ""), (1, "e"), (2, "de"), (3, "ade"), (4, "ade"), (10**12, "ade")]
)
def test_the_last_of_a_path(conversation, tree, last, expected):
    assert words(conversation.messages.path(last=last)) == expected


def test_path_of_nothing(conversation):
    assert list(conversation.messages.path()) == []


def test_path_to_a_foreign_message(conversation, other, tree):
    """Nothing of another conversation is shown."""
    assert list(other.messages.path(to=tree["c"])) == []


def test_path_is_one_query(conversation, tree, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert words(conversation.messages.path(last=50)) == "ade"


def test_linear_and_branched_take_the_same_call(conversation, django_assert_num_queries):
    conversation.extend(turns(60))
    with django_assert_num_queries(1):
        linear = [message.content for message in conversation.messages.path(last=50)]
    assert linear == [str(number) for number in range(10, 60)]


def test_path_can_be_filtered_further(conversation, tree):
    """It is a queryset: of the last two, those that say e."""
    assert words(conversation.messages.path(last=2).filter(content="e")) == "e"
    assert conversation.messages.path().count() == 3


def test_the_path_needs_no_sequential_scan(long):
    """The last 50 of 10,000 are found step by step along the index."""
    found = nodes(plan(long.messages.path(last=50)))
    assert [
        node
        for node in found
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "aistore_message"
    ] == []


def test_the_path_costs_the_same_at_any_length(conversation):
    """Rows and pages that PostgreSQL touches for the last 50 of 100 and of 10,000 messages."""
    conversation.extend(turns(100))
    short = touched(conversation)
    conversation.extend(turns(9_900))
    assert touched(conversation) <= short * 1.5


def touched(conversation):
    analyze()
    top = plan(conversation.messages.path(last=50), "ANALYZE, BUFFERS")
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def test_a_branched_path_costs_the_same(long):
    """A branch at the end of 10,000 messages, its last 50."""
    linear = touched(long)
    long.extend(turns(20), parent=long.messages.get(sequence_number=9_990))
    assert touched(long) <= linear * 1.5


def test_checkout(conversation, tree):
    """The next message answers it."""
    conversation.checkout(tree["c"])
    assert conversation.append("user", "f").parent == tree["c"]
    assert contents(conversation) == list("abcf")
    assert_sound(conversation)


def test_checkout_of_a_foreign_message(conversation, other, tree):
    with pytest.raises(ForeignParent):
        other.checkout(tree["a"])
    assert_sound(other)


def test_checkout_in_a_deleted_conversation(conversation, tree):
    stale = Conversation.objects.get()
    conversation.delete()
    with pytest.raises(ConversationGone):
        stale.checkout(tree["a"])


def test_checkout_of_a_stale_instance(conversation, tree):
    """It moves the head and nothing else, whatever the instance remembers."""
    stale = Conversation.objects.get()
    conversation.title = "Trip to Hue"
    conversation.save()
    conversation.append("user", "f")
    stale.title = "something old"
    stale.checkout(tree["c"])
    conversation.refresh_from_db()
    assert (conversation.title, conversation.message_count, conversation.head) == (
        "Trip to Hue",
        6,
        tree["c"],
    )
    assert stale.head == tree["c"]


def test_checkout_with_open_calls(conversation):
    """What was left open on that branch is open again, and closed by the next turn there."""
    question = conversation.append("user", "?")
    calling = conversation.append("assistant", tool_calls=[{"id": "a", "name": "look"}])
    conversation.append("assistant", "another try", parent=question)
    conversation.checkout(calling)
    conversation.append("user", "Go on")
    assert contents(conversation) == ["?", "", "interrupted", "Go on"]
    assert_sound(conversation)


def test_siblings(conversation, tree):
    """All answers to the same message, in order, itself among them."""
    assert words(tree["d"].siblings()) == words(tree["b"].siblings()) == "bd"
    assert words(tree["c"].siblings()) == "c"


def test_siblings_of_a_root(conversation, other, tree):
    """The roots of its own conversation."""
    other.append("user", "x")
    conversation.append("user", "f", parent=None)
    assert words(tree["a"].siblings()) == "af"


def test_children(tree):
    assert words(tree["a"].children.order_by("sequence_number")) == "bd"


def test_fork_at_the_head(conversation, tree):
    """The path, and not the other branches; the original stays as it was."""
    fork = conversation.fork(title="Elsewhere")
    assert (fork.title, fork.owner, contents(fork)) == ("Elsewhere", conversation.owner, list("ade"))
    assert_sound(fork)
    assert_sound(conversation)
    assert conversation.message_count == 5


def test_fork_at_a_message(conversation, tree):
    fork = conversation.fork(at=tree["b"])
    assert (contents(fork), fork.title) == (list("ab"), conversation.title)
    assert_sound(fork)


def test_a_fork_goes_its_own_way(conversation, tree):
    fork = conversation.fork(at=tree["c"])
    fork.append("user", "f")
    conversation.append("user", "g")
    assert (contents(fork), contents(conversation)) == (list("abcf"), list("adeg"))
    assert_sound(fork)
    assert_sound(conversation)


def test_fork_of_nothing(conversation):
    fork = conversation.fork()
    assert (fork.message_count, fork.head) == (0, None)
    assert_sound(fork)
    fork.append("user", "Hi")
    assert_sound(fork)


def test_fork_is_no_work_row_by_row(long, django_assert_max_num_queries):
    """10,000 messages: seven queries, two of them the savepoint's."""
    with django_assert_max_num_queries(7):
        fork = long.fork()
    assert fork.message_count == 10_000
    assert_sound(fork)


def test_fork_at_a_foreign_message(conversation, other, tree):
    with pytest.raises(ForeignParent):
        other.fork(at=tree["a"])
    assert Conversation.objects.count() == 2


def test_fork_of_a_deleted_conversation(conversation, tree):
    stale = Conversation.objects.get()
    conversation.delete()
    for at in (None, tree["a"]):
        with pytest.raises((ConversationGone, ForeignParent)):
            stale.fork(at=at)
    assert not Conversation.objects.exists()


def test_fork_keeps_every_value(conversation, other_owner):
    """All but what is of one row only: ids, keys, whose it is not."""
    Conversation.objects.filter(pk=conversation.pk).update(
        tags=["a"], model="gpt-5", system_prompt="Be brief.", metadata={"x": 1}, is_pinned=True, is_archived=True,
        source="chatgpt", external_id="abc",
    )  # fmt: skip
    Conversation.objects.create(owner=other_owner).append("user", "not mine")
    message = conversation.append(
        "assistant", "Hi", external_id="k", parts=[{"type": "text", "text": "Hi"}], rating=1
    )
    fork = conversation.fork()
    told = {"forked_from": {"conversation": str(conversation.pk), "message": str(message.pk)}}
    assert (fork.tags, fork.model, fork.system_prompt) == (["a"], "gpt-5", "Be brief.")
    assert fork.metadata == {"x": 1, **told}
    assert (fork.is_pinned, fork.is_archived, fork.source, fork.external_id) == (False, False, "", "")
    copy = fork.messages.get()
    assert (copy.external_id, copy.parts, copy.rating, copy.created_at) == (
        "",
        message.parts,
        1,
        message.created_at,
    )
    assert Message.objects.count() == 3


def test_fork_of_exact_text(conversation):
    """Every edge text arrives, in the title too."""
    conversation.extend(as_everything(text) for text in TEXTS.values())
    forks = [conversation.fork(title=text) for text in TEXTS.values()]
    assert [fork.title for fork in forks] == list(TEXTS.values())
    columns = as_everything("").keys()
    assert list(forks[0].messages.path().values(*columns)) == list(
        conversation.messages.path().values(*columns)
    )


def test_fork_in_the_middle_of_a_stream(conversation):
    """The copy is nobody's stream: it is incomplete, and never fails for want of a sign of life."""
    conversation.append("assistant", "In H", status="streaming")
    copy = conversation.fork().messages.get()
    assert (copy.content, copy.status, copy.beat_at) == ("In H", "incomplete", None)


def test_fork_with_open_calls(conversation):
    """Open in the copy, too; those of the other branch are not."""
    question = conversation.append("user", "?")
    call = conversation.append("assistant", tool_calls=[{"id": 'a"\x00', "name": "look"}])
    conversation.append("assistant", "another try", parent=question)
    fork = conversation.fork(at=call)
    assert (fork.open_tool_calls, conversation.fork().open_tool_calls) == (['a"\x00'], [])
    fork.append("user", "Never mind")
    assert contents(fork) == ["?", "", "interrupted", "Never mind"]


def test_ids_of_a_fork(conversation):
    """UUIDv7 as everywhere, each its own."""
    conversation.extend(turns(300))
    ids = list(conversation.fork().messages.values_list("pk", flat=True))
    assert len(set(ids)) == 300
    assert {one.version for one in ids} == {7}
    assert {one.variant for one in ids} == {"specified in RFC 4122"}


def test_a_cycle_ends(conversation, tree):
    """Made by SQL that went past us: a path ends where it comes round, instead of never."""
    Message.objects.filter(pk=tree["a"].pk).update(parent=tree["e"])
    assert len(conversation.messages.path()) <= 5
