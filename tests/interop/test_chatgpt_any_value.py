"""No JSON, however wrong, raises anything but BadConversation; and what is kept comes back."""

import contextlib
import copy

import pytest

from aistore.exceptions import BadConversation
from aistore.interop import chatgpt
from tests.interop.chatgpt_exports import assert_written, export, line, message, node

hypothesis = pytest.importorskip("hypothesis", reason="pip install '.[dev]' for the tests of any value")
st = hypothesis.strategies

EXAMPLES = 300
POINTER = {
    "content_type": "image_asset_pointer",
    "asset_pointer": "file-service://a",
    "size_bytes": 1,
    "width": 2,
}
SOUND = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://a", "metadata": None}
ITEMS = [
    "text",
    POINTER,
    SOUND,
    {"content_type": "audio_transcription", "text": "text", "direction": "in"},
    {"content_type": "real_time_user_audio_video_asset_pointer", "audio_asset_pointer": SOUND},
]
CONTENTS = [
    {"content_type": "text", "parts": ["text"]},
    {"content_type": "multimodal_text", "parts": ITEMS},
    {"content_type": "code", "language": "python", "text": "1"},
    {"content_type": "execution_output", "text": "1"},
    {"content_type": "tether_browsing_display", "result": "1", "summary": None},
    {"content_type": "tether_quote", "url": "a", "title": "b", "text": "c", "domain": "d"},
    {"content_type": "computer_output", "screenshot": POINTER, "state": {}},
    {"content_type": "thoughts", "thoughts": [{"content": "a", "summary": "b", "finished": True}]},
    {"content_type": "reasoning_recap", "content": "a"},
    {"content_type": "user_editable_context", "user_profile": "a", "user_instructions": "b"},
]
FACTS = {
    "model_slug": "gpt-5",
    "finish_details": {"type": "stop"},
    "attachments": [{"id": "a", "name": "b", "mime_type": "c", "mimeType": "c", "size": 1, "width": 2}],
    "is_visually_hidden_from_conversation": True,
}
OURS = ("node", "fields", "structure", "root", "extra", "chatgpt")

any_text = st.text(st.characters(codec=None), max_size=5)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(OURS) | any_text, inner, max_size=4)
    ),
    max_leaves=10,
)


def wronged(right):
    """The object with a few fields of any value, and a few fields too many."""
    names = st.sampled_from([*right, *OURS]) | any_text
    return st.dictionaries(names, any_json, max_size=2).map(lambda wrong: right | wrong)


any_item = st.sampled_from(ITEMS).flatmap(lambda item: wronged(item) if isinstance(item, dict) else any_json)
any_attachments = st.lists(wronged(FACTS["attachments"][0]), max_size=2)
any_content = st.sampled_from(CONTENTS).flatmap(wronged) | st.builds(
    dict, content_type=st.sampled_from(["text", "multimodal_text"]), parts=st.lists(any_item, max_size=3)
)
any_facts = wronged(FACTS) | any_attachments.map(lambda attachments: {"attachments": attachments})
any_message = st.builds(
    lambda **parts: message("a", "assistant", recipient=parts.pop("tool")) | parts,
    tool=st.sampled_from(["all", "browser"]),
    author=wronged({"role": "assistant", "name": "browser", "metadata": {}}),
    content=any_content | any_json,
    metadata=any_facts | any_json,
).flatmap(wronged)
any_node = st.builds(
    lambda said, parent, children: node("a", parent) | {"message": said, "children": children},
    any_message | st.none(),
    st.sampled_from(["a", "b", "root", "gone", None, 7]),
    st.lists(st.sampled_from(["a", "b", "root", "gone", None, 7]), max_size=3),
)
any_mapping = st.dictionaries(st.sampled_from(["root", "a", "b", "7"]), any_node, max_size=4)
any_entry = any_mapping.flatmap(lambda mapping: wronged(export() | {"mapping": mapping, "current_node": "a"}))


def any_example_of(values):
    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    return lambda test: settings(hypothesis.given(values)(test))


@any_example_of(any_json)
def test_any_json(value):
    chatgpt.recognises(value)
    with contextlib.suppress(BadConversation):
        chatgpt.conversation(value)


@any_example_of(any_entry)
def test_any_entry_is_refused_or_comes_back(value):
    before = copy.deepcopy(value)
    try:
        read = chatgpt.conversation(value)
    except BadConversation:
        return
    assert_written(before, chatgpt.as_chatgpt(read))
    assert value == before


@any_example_of(any_message)
def test_any_message_comes_back(said):
    value = line("Hi")
    value["mapping"]["n1"]["message"] = said
    assert_written(said, chatgpt.as_chatgpt(chatgpt.conversation(value))["mapping"]["n1"]["message"])
