"""as_anthropic(): what is particular to Messages."""

import pytest

from aistore.interop import as_anthropic
from aistore.interop.anthropic import FIRST_WORD
from tests.interop.accepted import assert_anthropic_takes
from tests.interop.rows import calling, result, row

PNG = "data:image/png;base64,iVBORw0KGgo="
THINKING = {"type": "reasoning", "text": "Hm.\r\n ", "signature": "EqQB+/="}
HI = row("user", "Hi")


def sent(*path):
    history = as_anthropic(path)
    assert_anthropic_takes(history)
    return history


def blocks(*parts):
    """Of an assistant message of these parts that is not the last."""
    return sent(HI, row("assistant", parts=list(parts)), row("user", "Go on"))[1]["content"]


def input_of(arguments):
    return sent(HI, calling("c1", arguments=arguments))[1]["content"][0]["input"]


def test_healthy_path():
    """Texts are sent as they were, results as blocks of a user message."""
    path = HI, row("assistant", " Hello "), row("user", "Weather?"), calling("c1"), result("c1", "rain")
    call = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
    assert sent(*path) == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": " Hello "},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "rain"}]},
    ]


def test_system():
    """System and developer messages are no turns; the list has them as one text."""
    history = sent(row("system", "Be brief."), HI, row("developer", "In verse."))
    assert history.system == "Be brief.\n\nIn verse."
    assert history == [{"role": "user", "content": "Hi"}]


def test_no_system():
    """Then it is empty."""
    assert sent(HI).system == ""


def test_assistant_first():
    """Where the user did not begin, a placeholder does."""
    assert sent(row("assistant", "Welcome!"), HI)[0] == {"role": "user", "content": FIRST_WORD}


def test_same_role_twice():
    """Messages of one speaker in a row become one, each a block."""
    history = sent(HI, row("user", "Anyone?"), row("assistant", "Yes."), row("assistant", "Here."))
    assert [[block["text"] for block in message["content"]] for message in history] == [
        ["Hi", "Anyone?"],
        ["Yes.", "Here."],
    ]


def test_results_of_one_turn():
    """They are in one user message, before what he says."""
    path = HI, calling("c1", "c2"), result("c2"), row("user", "And?"), result("c1")
    assert [block["type"] for block in sent(*path)[2]["content"]] == ["tool_result", "tool_result", "text"]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_failed_result(status):
    """It is marked as an error."""
    assert sent(HI, calling("c1"), result("c1", status=status))[2]["content"][0]["is_error"] is True


def test_interrupted_call():
    """Its made result is marked as an error."""
    interrupted = {"type": "tool_result", "tool_use_id": "c1", "content": "interrupted", "is_error": True}
    assert sent(HI, calling("c1"))[2]["content"] == [interrupted]


@pytest.mark.parametrize(
    "arguments",
    [
        "{'a': 1}",
        "[1]",
        '"a"',
        "1",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ' + "[" * 101 + "]" * 101 + "}",
        "[" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_arguments_that_are_no_object(arguments):
    """They are sent as a string in one."""
    assert input_of(arguments) == {"_raw": arguments}


@pytest.mark.parametrize("arguments", ["", " \n", "null"])
def test_no_arguments(arguments):
    """They are an empty object."""
    assert input_of(arguments) == {}


def test_escapes_in_arguments():
    """An escape for what cannot be sent becomes a replacement, in keys too; pairs stay."""
    text = r'{"\ud83d": ["a\u0000b", "\ud83d\ude00", "\udc00"], "n": 1.5, "t": true}'
    assert input_of(text) == {"\ufffd": ["a\ufffdb", "😀", "\ufffd"], "n": 1.5, "t": True}


def test_function_name():
    """Twice as long as OpenAI's it may be."""
    names = ["x" * 128, "x" * 129]
    taken = [sent(HI, calling("c1", name=name))[1]["content"][0]["name"] for name in names]
    assert taken[0] == names[0]
    assert taken[1].startswith("x" * 115 + "_")


def test_signed_thinking():
    """It is sent as it was, to the byte."""
    thinking = {"type": "thinking", "thinking": "Hm.\r\n ", "signature": "EqQB+/="}
    assert blocks(THINKING, {"type": "text", "text": "Yes."}) == [thinking, {"type": "text", "text": "Yes."}]


def test_redacted_thinking():
    """Its data is sent as it was."""
    part = {"type": "reasoning", "redacted": True, "encrypted": "Ab+/="}
    assert blocks(part, {"type": "text", "text": "Yes."})[0] == {"type": "redacted_thinking", "data": "Ab+/="}


@pytest.mark.parametrize(
    "change",
    [{"signature": ""}, {"signature": None}, {"provider": "google"}, {"text": "\x00"}, {"text": "\ud83d"}],
)
def test_thinking_that_would_be_refused(change):
    """Unsigned, signed by another, or not sendable unchanged: it is left out."""
    assert blocks(THINKING | change, {"type": "text", "text": "Yes."}) == "Yes."


def test_thinking_only():
    """A message that only thought is left out."""
    assert (
        sent(HI, row("assistant", parts=[THINKING]), row("user", "Well?"))[0]["content"][1]["text"] == "Well?"
    )


def test_last_word_of_the_assistant():
    """A history to be gone on with ends without space and has no thinking at its end."""
    parts = [THINKING, {"type": "text", "text": "Roses are \n"}]
    assert sent(HI, row("assistant", parts=parts))[-1]["content"] == "Roses are"


@pytest.mark.parametrize("role", ["user", "tool"])
def test_image(role):
    """An image is sent in user messages and in results."""
    part = {"type": "image", "url": PNG}
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    history = sent(HI, calling("c1"), row(role, parts=[part], tool_call_id="c1"))
    block = history[2]["content"][-1]
    image = block["content"][0] if role == "tool" else block
    assert image == {"type": "image", "source": source}


@pytest.mark.parametrize(
    ("url", "sent_as"),
    [
        (
            "https://example.com/1.png",
            [{"type": "image", "source": {"type": "url", "url": "https://example.com/1.png"}}],
        ),
        ("http://example.com/1.png", "[image: http://example.com/1.png]"),
        ("data:image/tiff;base64,AAAA", "[image]"),
        ("1.jpg", "[image: 1.jpg]"),
    ],
)
def test_image_by_address(url, sent_as):
    """The service fetches https only; a text stands for the rest."""
    assert sent(row("user", parts=[{"type": "image", "url": url}]))[0]["content"] == sent_as


def test_pdf():
    """A PDF file is a document."""
    part = {"type": "file", "url": "data:application/pdf;base64,JVBERi0=", "name": "a.pdf"}
    block = sent(row("user", parts=[part]))[0]["content"][0]
    assert (block["type"], block["title"], block["source"]["data"]) == ("document", "a.pdf", "JVBERi0=")
