"""What happens to some."""

from random import Random

import pytest

from aistore.demo import chance
from aistore.interop.canonical import CanonicalMessage


def talk(**answer):
    question = CanonicalMessage(external_id="1", role="user", content="Why is the sky blue? And the sea?")
    return [
        question,
        CanonicalMessage(
            external_id="2", role="assistant", parent="1", **{"content": "x" * 99, "cost": 1, **answer}
        ),
    ]


def all_outcomes(change, messages):
    return [change(messages, Random(number)) for number in range(2_000)]


def test_broken_answers(now):
    """A few break off, in each of the three ways, with a part of their text and no count."""
    outcomes = [messages[1] for messages in all_outcomes(chance.ended, talk())]
    broken = [answer for answer in outcomes if answer.status != "complete"]
    assert 60 < len(broken) < 200
    assert {answer.status for answer in broken} == {"failed", "cancelled", "incomplete"}
    assert all(0 < len(answer.content) < 99 and answer.cost is None for answer in broken)


def test_asked_again():
    """Behind a broken answer, some have the whole one on a branch beside it, as the last."""
    again = [messages for messages in all_outcomes(chance.ended, talk()) if len(messages) == 3]
    assert again
    assert {(m[1].status != "complete", m[2].status, m[2].parent, m[2].external_id) for m in again} == {
        (True, "complete", "1", "3")
    }


def test_tool_calls_do_not_break():
    """An answer that calls tools is left alone: its results follow."""
    messages = talk(tool_calls=[{"id": "1", "name": "f", "arguments": "{}"}])
    assert all(outcome == messages for outcome in all_outcomes(chance.ended, messages))


def test_rated():
    """Some answers are liked, fewer are not, and no question is rated."""
    ratings = [message.rating for messages in all_outcomes(chance.rated, talk()) for message in messages]
    assert 0 < ratings.count(-1) < ratings.count(1) < ratings.count(None)
    assert not any(messages[0].rating for messages in all_outcomes(chance.rated, talk()))


def test_edited(now):
    """An edited question keeps what it was before, and the time of the answer."""
    messages = talk(created_at=now)
    edited = [one[0] for one in all_outcomes(chance.edited, messages) if one[0].revisions]
    assert edited
    assert {question.edited_at for question in edited} == {now}
    assert all(messages[0].content.startswith(one.revisions[0].content) for one in edited)


@pytest.mark.parametrize("change", [chance.ended, chance.rated, chance.edited])
def test_dice(change, monkeypatch, now):
    """Thrown as often whatever comes, so that one share can be changed without moving what follows."""
    states = []
    for share in (0, 1):
        for name in ("BROKEN", "ASKED_AGAIN", "RATED", "EDITED"):
            monkeypatch.setattr(chance, name, share)
        random = Random(1)
        change(talk(created_at=now), random)
        states.append(random.getstate())
    assert states[0] == states[1]
