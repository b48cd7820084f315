"""as_openai(): what is particular to Chat Completions."""

import pytest

from aistore.interop import as_openai
from aistore.models import Message
from aistore.models.message import Role
from tests.interop.accepted import assert_openai_takes
from tests.interop.rows import calling, result, row

PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="


def sent(*path):
    messages = as_openai(path)
    assert_openai_takes(messages)
    return messages


def content(part, role="user"):
    return sent(row(role, parts=[part]))[0]["content"]


def test_healthy_path_unchanged():
    """What needs no repair is sent as it was."""
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"at": "Huế"}'}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Use tools."},
        {"role": "user", "content": " Weather?\n", "name": "lan"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        {"role": "assistant", "content": "It rains."},
    ]
    assert (
        sent(*(row(**{**message, "content": message["content"] or ""}) for message in messages)) == messages
    )


def test_text_beside_calls():
    """Text and calls of one message stay together."""
    assert sent(calling("c1", content="Moment."))[0]["content"] == "Moment."


def test_name_that_is_refused():
    """A person's name that the service does not take is left out."""
    assert sent(row("user", "Hi", name="Nguyễn Lan")) == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("arguments", "kept"), [("{'a': 1", "{'a': 1"), ("", "{}"), (" ", "{}"), ({"a": "é"}, '{"a": "é"}')]
)
def test_arguments(arguments, kept):
    """The string that the model sent, JSON or not; none becomes an empty object."""
    assert sent(calling("c1", arguments=arguments))[0]["tool_calls"][0]["function"]["arguments"] == kept


def test_custom_call():
    """A tool that takes free text is called in its own form."""
    call = {"id": "c1", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    assert sent(row("assistant", tool_calls=[call]))[0]["tool_calls"] == [call]


def test_function_name():
    """A refused name becomes one that is taken, always the same, and no other's."""
    names = ["a b", "a_b", "a.b", "é", "", "x" * 64, "x" * 65, "x" * 66]
    twice = [sent(calling("c1", name=name))[0]["tool_calls"][0]["function"]["name"] for name in names * 2]
    assert twice[:8] == twice[8:]
    assert len(set(twice)) == 8
    assert {"a_b", "x" * 64} < set(twice)


def test_reasoning():
    """It is not sent back."""
    parts = [{"type": "reasoning", "text": "Hm.", "signature": "s"}, {"type": "text", "text": "Yes."}]
    assert sent(row("assistant", parts=parts)) == [{"role": "assistant", "content": "Yes."}]


def test_refusal():
    """A refusal that stands alone is one; beside a text it is text."""
    refusal = {"type": "refusal", "text": "No."}
    assert content(refusal, "assistant") == [{"type": "refusal", "refusal": "No."}]
    both = row("assistant", parts=[{"type": "text", "text": "Well."}, refusal])
    assert sent(both)[0]["content"] == "Well.\n\nNo."


@pytest.mark.parametrize("url", ["https://example.com/1.png", "http://example.com/1", PNG])
@pytest.mark.parametrize("type", ["image", "image_url"])
def test_image(url, type):
    """An image with an address is sent, in our form or in OpenAI's."""
    part = {"type": type, "url": url, "image_url": {"url": url}}
    assert content(part) == [{"type": "image_url", "image_url": {"url": url}}]


@pytest.mark.parametrize(
    "url",
    [
        "1.jpg",
        "file:///etc/passwd",
        "https://a b",
        "data:image/png;base64,@",
        "data:image/png;base64,AAA",
        "data:image/tiff;base64,AAAA",
    ],
)
def test_image_that_cannot_be_sent(url):
    """A text stands for it."""
    assert content({"type": "image", "url": url, "name": "Photo"}) == "[image: Photo]"


def test_image_of_a_misspelt_type():
    """image/jpg is image/jpeg."""
    part = {"type": "image", "url": "data:IMAGE/jpg;base64,AAAA"}
    assert content(part)[0]["image_url"]["url"] == "data:image/jpeg;base64,AAAA"


@pytest.mark.parametrize("role", ["assistant", "system", "developer"])
def test_image_where_only_text_may_be(role):
    """A text stands for it."""
    assert content({"type": "image", "url": PNG}, role) == "[image]"


def test_sound():
    """Sound in the two formats that the service knows is sent."""
    part = {"type": "audio", "url": "data:audio/mpeg;base64,AAAA"}
    assert content(part) == [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}]


def test_pdf():
    """A PDF file is sent."""
    sent_file = {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}}
    assert content({"type": "file", "url": PDF, "name": "a.pdf"}) == [sent_file]


def test_file_with_extracted_text():
    """A file that cannot be sent is sent as the text in it."""
    part = {"type": "file", "file_id": "f1", "name": "a.txt", "extracted_text": "Dear all"}
    assert content(part) == "[file: a.txt]\n\nDear all"


def test_result_of_several_parts():
    """A result may only be text."""
    parts = [{"type": "text", "text": "See:"}, {"type": "image", "url": PNG, "name": "plot"}]
    assert sent(calling("c1"), result("c1", "", parts=parts))[1]["content"] == "See:\n\n[image: plot]"


def test_result_that_says_nothing():
    """An empty result is sent as such, in words."""
    assert sent(calling("c1"), result("c1", " "))[1]["content"] == "(no output)"


def test_rows_of_the_database():
    """A path of Message instances is sent, ids made from theirs."""
    call = {"id": "", "name": "weather", "arguments": "{}", "type": "function"}
    path = [Message(role=Role.USER, content="Hi"), Message(role="assistant", tool_calls=[call])]
    assert [message["role"] for message in sent(*path)] == ["user", "assistant", "tool"]
    assert sent(*path)[1] == sent(path[1])[0]
