"""What conversations can be filtered by, and that an index answers."""

import pytest
from django.db import connection

from aistore.admin import filters
from aistore.models import Conversation, Message
from tests.models.plans import nodes, plan

LIST = "/admin/aistore/conversation/"


def shown(page):
    return [title for title in ("this", "that") if f">{title}</bdi>" in page.html]


@pytest.fixture
def two(many):
    """One conversation that is meant, and one that is not."""
    this, that = many(1, title="this")[0], many(1, title="that")[0]
    that.append("user", "x")
    return Conversation.objects.get(pk=this.pk), that


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"status": "streaming"}, {"status": "streaming"}),
        ({"status": "failed"}, {"status": "failed"}),
        ({"status": "cancelled"}, {"status": "cancelled"}),
        ({"status": "incomplete"}, {"status": "incomplete"}),
        ({"rating": "good"}, {"rating": 1}),
        ({"rating": "bad"}, {"rating": -1}),
        ({"error": "yes"}, {"status": "failed"}),
        ({"error": "yes"}, {"parts": [{"type": "tool_result", "id": "1", "is_error": True, "content": []}]}),
        ({"model": "gpt-5"}, {"model": "gpt-5"}),
    ],
)
def test_by_what_is_in_it(two, read, query, message):
    """Conversations with such a message, whichever of them it is."""
    two[0].append("assistant", "x", **message)
    two[0].append("user", "y", status="complete")
    assert shown(read(LIST, data=query)) == ["this"]


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ({"model": "gpt-5"}, {"model": "gpt-5"}),
        ({"source": "chatgpt"}, {"source": "chatgpt"}),
        ({"tag": "food"}, {"tags": ["travel", "food"]}),
        ({"pinned": "yes"}, {"is_pinned": True}),
        ({"archived": "yes"}, {"is_archived": True}),
    ],
)
def test_by_what_it_is(two, read, query, values):
    """Conversations that are so themselves."""
    Conversation.objects.filter(pk=two[0].pk).update(**values)
    assert shown(read(LIST, data=query)) == ["this"]
    assert not read(LIST, data=query).html.count("Nothing here")


@pytest.mark.parametrize("name", ["pinned", "archived"])
def test_the_others(two, read, name):
    """No is a choice, too."""
    Conversation.objects.filter(pk=two[1].pk).update(**{f"is_{name}": True})
    assert shown(read(LIST, data={name: "no"})) == ["this"]


@pytest.mark.parametrize("name", "model tag source status rating error pinned archived".split())
@pytest.mark.parametrize("value", ["x", "\x00", "<script>", "x" * 5000, "%"])
def test_a_choice_that_is_none(many, admin_client, name, value):
    """An address that somebody invented leads to a list, never to an error."""
    many(1)
    assert admin_client.get(LIST, {name: value}, follow=True).status_code == 200


def options(page, name):
    _, _, field = page.html.partition(f'<select name="{name}">')
    return [
        part.partition(">")[2].partition("<")[0]
        for part in field.partition("</select>")[0].split("<option")[2:]
    ]


def test_offers_what_there_is(many, read):
    """Sources, tags and models of the newest conversations, and every model that a message has."""
    many(2, source="chatgpt", tags=["b", "a"], model="gpt-5")
    many(1, source="api")[0].append("assistant", "x", model="claude-opus-4-1")
    page = read(LIST)
    assert options(page, "source") == ["api", "chatgpt"]
    assert options(page, "tag") == ["a", "b"]
    assert options(page, "model") == ["claude-opus-4-1", "gpt-5"]


def test_a_name_that_no_address_can_carry(many, read):
    """Half of an emoji is a choice as well, and finds its conversations."""
    many(1, source="\ud83d", title="this")
    many(1, source="api", title="that")
    (value,) = [v for v in read(LIST).attributes("value") if v.startswith("\ufdd0")]
    assert shown(read(LIST, data={"source": value})) == ["this"]


def test_models_one_step_down_the_index_for_each(many, django_assert_num_queries):
    """A thousand messages of three models are three steps."""
    (conversation,) = many(1)
    conversation.extend({"role": "assistant", "content": "x", "model": f"m{n % 3}"} for n in range(1000))
    with django_assert_num_queries(1):
        assert filters._models_of_messages("default") == ["m0", "m1", "m2"]


def test_a_model_too_long_for_an_index(many, read):
    """Is stored all the same; it is only not offered."""
    (conversation,) = many(1)
    conversation.append("assistant", "x", model="m" * 10_000)
    assert options(read(LIST), "model") == []


def test_empty_fields_leave_the_address(admin_client, many):
    """What the form sends without a choice is not in the address that one sends on."""
    many(1)
    response = admin_client.get(LIST, {"q": "", "model": "", "rating": "good", "since": ""})
    assert (response.status_code, response.url) == (302, "?rating=good")


CONVERSATIONS, MESSAGES = 3000, 3


@pytest.fixture
def crowd(many):
    """Three thousand conversations, one in a thousand of which is what is looked for."""
    rows = many(CONVERSATIONS)
    rare = rows[::1000]
    Conversation.objects.filter(pk__in=[row.pk for row in rare]).update(
        is_pinned=True, is_archived=True, source="chatgpt", tags=["food"]
    )
    Message.objects.bulk_create(
        Message(conversation=row, sequence_number=n + 1, role="user", content="x")
        for row in rows
        for n in range(MESSAGES)
    )
    wanted = Message.objects.filter(conversation__in=rare, sequence_number=1)
    wanted.update(rating=1, status="failed", model="rare")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aistore_conversation, aistore_message")


INDEXES = {
    "pinned": ("yes", "conversation_latest_pinned"),
    "archived": ("yes", "conversation_latest_kept conversation_archived"),  # of so few, either
    "source": ("chatgpt", "conversation_latest_source"),
    "tag": ("food", "conversation_tags"),
    "rating": ("good", "message_rated"),
    "status": ("failed", "message_unfinished"),
    "error": ("yes", "message_wrong"),
    "model": ("rare", "message_model"),
}


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_answers(crowd, name):
    """What is rare is found by an index of its own, and messages are never read from end to end."""
    value, index = INDEXES[name]
    chosen = next(each for each in vars(filters).values() if getattr(each, "parameter_name", None) == name)
    one = chosen.__new__(chosen)
    one.used_parameters = {name: value}
    rows = one.queryset(None, Conversation.objects.order_by("-last_message_at", "-id"))[:51]
    assert len(rows) == 3
    used = nodes(plan(rows))
    assert {*index.split()} & {node.get("Index Name") for node in used}, used
    assert not [n for n in used if n["Node Type"] == "Seq Scan" and n["Relation Name"] == "aistore_message"]
