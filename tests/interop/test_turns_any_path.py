"""Any path at all, however broken, is one that both services take."""

import pytest

from aistore.interop import as_anthropic, as_openai
from aistore.interop.turns import function_name
from tests.interop.accepted import assert_anthropic_takes, assert_openai_takes
from tests.interop.rows import row

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SURROGATES = st.text(st.characters(codec=None, categories=["Cs", "Cc", "L", "Z"]), max_size=5)
TEXTS = st.sampled_from(["", " ", "\n", "Hi", " Hi \n", "\x00", "\ud83d", "é", "```"]) | SURROGATES
IDS = st.sampled_from(["", "c1", "c2", "c3", "c:1", "é", "x" * 41, "call_1"])
NAMES = st.sampled_from(["look", "", "a b", "x" * 64, "x" * 65, "x" * 129, "é\ud83d"])
URLS = st.sampled_from(
    ["", "1.png", "https://a.b/c", "http://a.b", "data:image/png;base64,AAAA", "data:,\x00"]
)
ARGUMENTS = st.sampled_from(
    ["", "{}", "null", "[1]", '{"a": "\\ud83d\\u0000"}', '{"a": NaN}', "{'", "\ud83d"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def part(type, **fields):
    return st.fixed_dictionaries(
        {"type": st.just(type)}, optional={name: values | JSON for name, values in fields.items()}
    )


SIMPLE = (
    part("text", text=TEXTS)
    | part("refusal", text=TEXTS)
    | part("code", text=TEXTS, language=TEXTS)
    | part("reasoning", text=TEXTS, signature=TEXTS, redacted=TEXTS, encrypted=TEXTS, provider=TEXTS)
    | part("image", url=URLS, name=TEXTS, file_id=IDS, extracted_text=TEXTS)
    | part("file", url=URLS, name=TEXTS, media_type=st.just("application/pdf"))
    | part("audio", url=st.just("data:audio/wav;base64,AAAA"))
    | part("raw", item=JSON)
    | JSON
)
PARTS = st.lists(
    SIMPLE
    | part("tool_call", id=IDS, name=NAMES, arguments=ARGUMENTS)
    | part("tool_result", id=IDS, content=st.lists(SIMPLE, max_size=2), is_error=st.booleans()),
    max_size=4,
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {"id": IDS, "name": NAMES, "arguments": ARGUMENTS, "type": st.sampled_from(["function", "custom"])}
    )
    | st.fixed_dictionaries(
        {"id": IDS, "function": st.fixed_dictionaries({"name": NAMES, "arguments": ARGUMENTS | JSON})}
    )
    | st.dictionaries(st.sampled_from(["id", "name", "arguments", "type", "function", "custom"]), JSON),
    max_size=3,
)
ROWS = st.builds(
    row,
    role=st.sampled_from(["system", "developer", "user", "assistant", "assistant", "tool", "tool"]),
    content=TEXTS,
    parts=st.just([]) | PARTS,
    tool_calls=st.just([]) | CALLS,
    tool_call_id=IDS,
    name=NAMES,
    status=st.sampled_from(["complete", "streaming", "incomplete", "failed", "cancelled"]),
)
PATHS = st.lists(ROWS, max_size=10)

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(PATHS)
def test_any_path(path):
    """No state of a path makes a history that a service refuses."""
    assert_openai_takes(as_openai(path))
    assert_anthropic_takes(as_anthropic(path))


@unhurried
@given(PATHS)
def test_path_unchanged(path):
    """A projection reads; it changes nothing, and gives the same again."""
    before = repr(path)
    assert as_openai(path) == as_openai(path)
    assert as_anthropic(path) == as_anthropic(path)
    assert repr(path) == before


@unhurried
@given(PATHS, PATHS)
def test_begin_of_the_history_stays(path, more):
    """What comes later does not change the ids before it, so that a prompt cache holds."""
    ids = [call["id"] for message in as_openai(path) for call in message.get("tool_calls", [])]
    later = [call["id"] for message in as_openai(path + more) for call in message.get("tool_calls", [])]
    assert later[: len(ids)] == ids


@unhurried
@given(st.sets(st.text(), min_size=2), st.sampled_from([64, 128]))
def test_function_names(names, longest):
    """Different names stay different."""
    assert len({function_name(name, longest=longest) for name in names}) == len(names)
