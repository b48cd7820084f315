"""Every type of content as text and parts; read_one() also compares what is written back with what was read."""

import pytest

from tests.interop.chatgpt_exports import read_one

POINTER = {
    "content_type": "image_asset_pointer",
    "asset_pointer": "file-service://file-1",
    "size_bytes": 128,
    "width": 8,
    "height": 6,
}
IMAGE = {"type": "image", "file_id": "file-service://file-1", "size": 128, "width": 8, "height": 6}
SOUND = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file-2", "format": "wav"}

UNFINISHED = [
    {"content_type": "real_time_user_audio_video_asset_pointer"},
    {"content_type": "audio_transcription"},
]


def read(content_type, role="assistant", **fields):
    """Text and parts. What is in them is not kept a second time."""
    row = read_one(role, {"content_type": content_type, **fields})
    rest = row.metadata.get("chatgpt", {}).get("content", {})
    assert not rest.keys() & {"text", "result", "thoughts", "screenshot"}
    assert not rest.get("parts")
    return row.content, row.parts


def test_one_text_needs_no_parts():
    assert read("text", parts=["  as it is\n"]) == ("  as it is\n", [])


def test_several_texts():
    texts = [{"type": "text", "text": "one"}, {"type": "text", "text": ""}, {"type": "text", "text": "two"}]
    assert read("text", parts=["one", "", "two"]) == ("one\n\n\n\ntwo", texts)


def test_no_text():
    assert read("text", parts=[]) == ("", [])


def test_more_fields_of_a_text_are_kept():
    row = read_one(content={"content_type": "text", "parts": ["a"], "lang": "de"})
    assert row.metadata["chatgpt"] == {"content": {"lang": "de"}}


def test_an_image():
    """The pointer is no address; it names a file of the zip."""
    text, parts = read(
        "multimodal_text", parts=["Look:", POINTER | {"fovea": None, "metadata": {"dalle": 1}}]
    )
    assert text == "Look:"
    assert parts[1] == IMAGE | {"extra": {"fovea": None, "metadata": {"dalle": 1}}}


def test_sound_and_what_was_said():
    said = {"content_type": "audio_transcription", "text": "Hello", "direction": "in"}
    text, parts = read("multimodal_text", parts=[said, SOUND])
    assert text == "Hello"
    assert parts[1] == {"type": "audio", "file_id": "sediment://file-2", "extra": {"format": "wav"}}


def test_a_live_recording():
    live = {"content_type": "real_time_user_audio_video_asset_pointer", "audio_asset_pointer": SOUND}
    part = {"type": "audio", "file_id": "sediment://file-2", "extra": live}
    assert read("multimodal_text", parts=[live]) == ("", [part])


@pytest.mark.parametrize("content_type", ["text", "multimodal_text"])
@pytest.mark.parametrize(
    "item",
    [None, 7, [], {}, {"content_type": "new"}, {"content_type": [], "asset_pointer": "x"}, *UNFINISHED],
)
def test_an_unknown_piece_is_raw(content_type, item):
    assert read(content_type, parts=[item]) == ("", [{"type": "raw", "format": "chatgpt", "item": item}])
    assert read(content_type, parts=["a", item, "b"])[0] == "a\n\nb"


@pytest.mark.parametrize("odd", [{"size_bytes": None}, {"size_bytes": True}, {"width": "8", "height": 6.5}])
def test_sizes_of_another_type_are_kept(odd):
    assert read("multimodal_text", parts=[POINTER | odd])[1][0]["extra"] == odd


def test_code_to_be_seen():
    part = {"type": "code", "language": "python", "text": "1 + 1"}
    assert read("code", language="python", text="1 + 1") == ("1 + 1", [part])


@pytest.mark.parametrize(
    ("content_type", "field"),
    [
        ("execution_output", "text"),
        ("tether_browsing_display", "result"),
        ("citable_code_output", "output_str"),
    ],
)
def test_output_of_a_tool(content_type, field):
    fields = {field: "Sunny.\n", "summary": None, "assets": [1]}
    assert read(content_type, "tool", **fields) == ("Sunny.\n", [])


def test_an_error_of_the_product_is_a_failed_message():
    row = read_one(
        "tool", {"content_type": "system_error", "name": "ChatGPTAgentToolException", "text": "No."}
    )
    assert (row.status, row.content) == ("failed", "No.")


@pytest.mark.parametrize("content_type", ["tether_quote", "sonic_webpage"])
def test_a_page_is_a_source(content_type):
    page = {"url": "https://example.org/a", "domain": "example.org", "title": "Basil", "text": "Water it."}
    source = {"type": "source", "url": "https://example.org/a", "title": "Basil", "quote": "Water it."}
    assert read(content_type, "tool", **page) == ("Water it.", [source])


def test_a_screen_is_an_image():
    text, parts = read("computer_output", "tool", screenshot=POINTER, state={"url": "x"}, tether_id=None)
    assert (text, parts) == ("", [IMAGE])


def test_thoughts():
    thought = {"summary": "Soil", "content": "It needs sun.", "chunks": ["It"], "finished": True}
    extra = {"chunks": ["It"], "finished": True}
    part = {"type": "reasoning", "text": "It needs sun.", "summary": "Soil", "extra": extra}
    assert read("thoughts", thoughts=[thought, thought], source_analysis_msg_id="m") == ("", [part, part])


def test_how_long_the_model_thought():
    part = {"type": "reasoning", "text": "", "summary": "Thought for 5s"}
    assert read("reasoning_recap", content="Thought for 5s") == ("", [part])


@pytest.mark.parametrize("content_type", ["thoughts", "reasoning_recap"])
def test_reasoning_as_texts(content_type):
    parts = [{"type": "reasoning", "text": "a"}, {"type": "reasoning", "text": ""}]
    assert read(content_type, parts=["a", ""]) == ("", parts)


def test_what_the_model_is_told_about_the_user_is_hidden():
    context = {
        "content_type": "user_editable_context",
        "user_profile": "A cook.",
        "user_instructions": "Short.",
    }
    row = read_one("user", context)
    assert (row.content, row.is_hidden) == ("A cook.\n\nShort.", True)
    memories = {"content_type": "model_editable_context", "model_set_context": "Likes basil."}
    assert read_one("assistant", memories).is_hidden


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"text": "a", "parts": ["b"]}, "a"),
        ({"parts": ["b", 7, "c"]}, "b\n\nc"),
        ({"content": "d"}, "d"),
        ({"result": 7}, ""),
        ({"parts": 7}, ""),
        ({}, ""),
    ],
)
def test_an_unknown_type_is_raw_and_can_be_found(fields, text):
    content = {"content_type": "hologram", **fields}
    row = read_one("assistant", content)
    assert (row.content, row.parts) == (text, [{"type": "raw", "format": "chatgpt", "item": content}])


WRONG = [
    {"content_type": "text", "parts": 7},
    {"content_type": "text"},
    {"content_type": "code", "text": 7, "language": "python"},
    {"content_type": "code", "text": "x", "language": None},
    {"content_type": "execution_output", "text": ["x"]},
    {"content_type": "tether_quote", "url": None, "title": "x", "text": "y"},
    {"content_type": "computer_output", "screenshot": 7},
    {"content_type": "thoughts", "thoughts": [{"content": "x"}]},
    {"content_type": "thoughts", "thoughts": [], "parts": []},
    {"content_type": "user_editable_context", "user_profile": 7},
    {"content_type": ["text"], "parts": ["x"]},
    {"content_type": None},
    {},
]


@pytest.mark.parametrize("content", WRONG)
def test_a_content_that_is_not_as_its_type_says_is_raw(content):
    assert read_one(content=content).parts == [{"type": "raw", "format": "chatgpt", "item": content}]


@pytest.mark.parametrize("content", [None, 7, [], ["x"], True])
def test_a_content_of_another_type_is_kept(content):
    row = read_one(content=content)
    assert (row.content, row.parts) == ("", [])


def test_any_content_may_come_with_files():
    attachments = [{"id": "file-1", "name": "a.png"}]
    for content in (POINTER, {"content_type": "hologram"}, {"content_type": "execution_output", "text": "x"}):
        row = read_one("tool", content, facts={"attachments": attachments})
        assert [part["type"] for part in row.parts][1:] == ["file"]
