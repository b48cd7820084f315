"""Errors: one root, the docstring is the message, the facts are attributes."""

import copy
import inspect
import pickle
import re
import string

import pytest

from aistore import exceptions
from aistore.exceptions import AistoreError, BadConversation, ConversationGone, ForeignParent, UnstorableValue

ERRORS = [
    error
    for _, error in inspect.getmembers(exceptions, inspect.isclass)
    if error.__module__ == exceptions.__name__
]
every_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)


def facts_of(error):
    """A fact for each brace of the message."""
    return {name: f"<{name}>" for _, name, _, _ in string.Formatter().parse(error.__doc__) if name}


@every_error
def test_one_root(error):
    """``except AistoreError`` catches them all, and only errors live in the module."""
    assert issubclass(error, AistoreError)


@every_error
def test_message(error):
    """The message is the docstring in one line, with the facts in it; each fact is an attribute too."""
    facts = facts_of(error)
    raised = error(**facts)
    assert str(raised) == " ".join(error.__doc__.replace("!r", "").split()).format(
        **{name: repr(fact) if f"{{{name}!r}}" in error.__doc__ else fact for name, fact in facts.items()}
    )
    assert {name: getattr(raised, name) for name in facts} == facts == raised.facts


@every_error
def test_message_is_a_sentence(error):
    """It ends with a full stop, unless a fact ends it."""
    assert re.search(r"[.}]$", error.__doc__)


@every_error
def test_copies(error):
    """An error crosses a process border (multiprocessing, a task queue) with its facts."""
    raised = error(**facts_of(error))
    for twin in (pickle.loads(pickle.dumps(raised)), copy.copy(raised)):  # noqa: S301
        assert (type(twin), str(twin), twin.facts) == (error, str(raised), raised.facts)


def test_tree_at_the_head():
    """The drawing at the head of the module shows every error, as deep as it is derived."""
    lines = re.findall(r"^([│├└─ ]*)([A-Z]\w+)(?:  .*)?$", exceptions.__doc__, re.MULTILINE)
    drawn = {name: len(indent) // 4 for indent, name in lines}
    ours = {error: [parent for parent in error.__mro__ if parent in ERRORS] for error in ERRORS}
    assert drawn == {error.__name__: len(parents) - 1 for error, parents in ours.items()}


def test_fact_named_message():
    """A fact may have any name, "message" included."""
    assert ForeignParent(message=7, conversation=8).message == 7


def test_unknown_fact():
    """An attribute that is no fact is an AttributeError, so hasattr() and copying work."""
    assert not hasattr(ConversationGone(conversation=1), "colour")


def test_value_error():
    """What is wrong with a value is a ValueError, for code that knows nothing of aistore."""
    assert issubclass(UnstorableValue, ValueError)


def test_hostile_fact_stays_in_its_line():
    """Ids and titles of strangers neither break the line nor steer the terminal; the fact itself is whole."""
    hostile = "a\nb\x1b[2J\u202e\ud800 {why}"
    error = BadConversation(conversation=hostile, why="too old")
    assert str(error) == r"Conversation a\nb\x1b[2J\u202e\ud800 {why} was skipped: too old."
    assert error.conversation == hostile


def test_long_fact_is_cut():
    """An id of 10,000 characters does not fill the screen."""
    error = BadConversation(conversation="x" * 10_000, why="its id is too long")
    assert len(str(error)) < 400
    assert len(error.conversation) == 10_000
