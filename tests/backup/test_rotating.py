"""What goes: a pure function, and that it removes nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistore import backup
from aistore.backup.rotating import Candidate, Kept, rules_of, superfluous
from aistore.exceptions import BackupError, InvalidRotation

from .conftest import names

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def candidates(*proofs, every=timedelta(days=1)):
    """The newest first, made a day apart; a proof is a truth value."""
    return [Candidate(f"{number}", NOON - number * every, bool(proof)) for number, proof in enumerate(proofs)]


any_candidates = st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=30).map(
    lambda drawn: [
        Candidate(f"{number}", NOON - timedelta(hours=hours), proof)
        for number, (hours, proof) in enumerate(drawn)
    ]
)
any_rules = st.builds(
    Kept, st.integers(1, 5), daily=st.integers(0, 5), weekly=st.integers(0, 5), monthly=st.integers(0, 5)
)


def test_keeps_the_newest():
    assert superfluous(candidates(1, 1, 1, 1, 1), Kept(3)) == {"3", "4"}


def test_only_verified_ones_count():
    """A week of failures removes nothing."""
    assert superfluous(candidates(0, 0, 0, 1, 1), Kept(2)) == set()


def test_unverified_ones_go_when_they_are_older_than_what_is_kept():
    assert superfluous(candidates(1, 0, 1, 0, 1), Kept(2)) == {"3", "4"}


def test_without_a_verified_one_nothing_goes():
    assert superfluous(candidates(0, 0, 0), Kept(1)) == set()


def test_days_weeks_and_months():
    """Four a day for a year: the newest of each."""
    found = candidates(*[1] * 1460, every=timedelta(hours=6))
    gone = superfluous(found, Kept(1, daily=3, weekly=3, monthly=3))
    kept = {one.at for one in found if one.name not in gone}
    assert sorted(f"{at:%m-%d %H}" for at in kept) == [
        "09-30 18", "10-31 18", "11-15 18", "11-22 18", "11-23 18", "11-24 12",
    ]  # fmt: skip


@given(any_candidates, any_rules)
def test_never_the_newest_verified_one(found, rules):
    """Nor anything that is newer than it, whatever the rules; and as many as were asked for stay."""
    gone = superfluous(found, rules)
    verified = sorted(
        (one for one in found if one.is_verified), key=lambda one: (one.at, one.name), reverse=True
    )
    assert not gone & {one.name for one in verified[: rules.newest]}
    assert not [one for one in found if one.name in gone and not verified]
    assert not [one for one in found if one.name in gone and one.at > verified[0].at]


@given(any_candidates, any_rules)
def test_again_removes_nothing(found, rules):
    gone = superfluous(found, rules)
    assert superfluous([one for one in found if one.name not in gone], rules) == set()


@pytest.mark.parametrize("rules", [{"keep": 0}, {"keep": -1}, {"keep": 1, "daily": -1}])
def test_a_rule_that_keeps_nothing(rules):
    with pytest.raises(InvalidRotation, match="would remove what may be needed"):
        rules_of(**rules)


def test_zero_is_refused_before_anything_is_done(made, folder):
    for call in (backup.rotate, backup.back_up):
        with pytest.raises(BackupError, match="Keep at least one"):
            call(keep=0)
    assert names(folder) == [made.name]


def test_nothing_of_others_goes(made, folder):
    """Neither files nor folders that only look like ours, nor one whose manifest cannot be read."""
    for name in ("notes.txt", "aistore.dump", ".keep"):
        (folder / name).write_text("mine")
    for name in ("aistore-20200101T000000Z", "mine-20200101", ".other-20200101T000000Z"):
        (folder / name).mkdir()
    damaged = folder / "aistore-20200102T000000Z"
    damaged.mkdir()
    (damaged / "manifest.json").write_text("{}")
    before = names(folder)
    done = backup.back_up(keep=1)
    assert names(folder) == sorted({*before, done.backup.name} - {made.name})
    assert done.removed == (made.name,)
