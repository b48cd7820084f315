"""Stamps: the state of a unit as the cache knows it, trusted for one lease.

Note [Stamps are leases]. How a cached read is never stale without asking the database each time.

A **unit** is what is forgotten together. For a conversation its **state** is three numbers on its row, renewed by
every write: by the append itself, and by triggers for everybody else, psql included. The nonce among them is random,
so that a state never comes back after a restore. An **entry** carries the state that it was read under; it is a hit
when that is the **stamp**.

1. Only a reader creates a stamp, and only over its own claim: ``SET stamp ?token NX GET PX lease`` goes out *before*
   its SELECT; afterwards SETTLE puts the state in place of that token.
2. Nobody else creates one. SETTLE, after a writer's COMMIT and after a reader's SELECT: absent, nothing; older,
   replaced; another's claim, or a newer one (a restored database), deleted. In an explicit transaction: deleted
   after the commit.
3. KEEPTTL everywhere: the lease counts from before the first SELECT. So a stamp whose renewal was lost is gone one
   lease after that COMMIT, however long anybody was paused.
4. The statement that fills says itself whether its rows may be shared: not from a transaction that wrote, from a
   replica, or from an old snapshot.
5. A transaction that wrote reads no cache. After a failed call a process trusts no stamp for one lease.

Why it holds: after a writer's script ran, a stamp comes either from a claim made later, whose SELECT sees the commit,
or from a stamp that was not older. No order of pauses, evictions, flushes and late scripts brings an older state back.
The obvious rule, "set the stamp if it is absent or older", has six holes; tests/stories/cache has each of them.

Guaranteed: never stale once a write through aistore has returned and its cache call was answered; never uncommitted
text. Bounded by one lease: raw SQL, two-phase commits, a writer that cannot reach the cache (not with CACHE_STRICT), a
cache that fails over to an old copy. Not covered: disabled triggers, a Valkey whose clock is set back.

**Owners** have no row to contend for. The stamp of their lists and memories is a random token, which whoever finds
none creates; entries carry the token that was there before their SELECT; every write that touches the owner deletes
it after its COMMIT. The same argument: a token that was there before a SELECT and still is there has seen no commit
since. A writer that keeps an entry under the token that is still there may put the entry as it has become, and a new
token over it: whoever committed in between deletes that one too.

A reader that has seen a version never sees an older one of that conversation: before he answers, SETTLE has taken away
every stamp and claim that an older entry could be read under. (A writer that is between its COMMIT and its SETTLE, or
psql, would otherwise show the new to who misses and the old to who hits.)
"""

import secrets
import struct

from .wire import Command, Script

STATE = struct.Struct(">Qqq")  # version, nonce, edits
CLAIM = b"?"

# ARGV: the state that is known to be committed; the claim of who says so, or nothing.
SETTLE = Script("""
local stamp = redis.call('GET', KEYS[1])
if not stamp or stamp == ARGV[1] then return 0 end
if stamp == ARGV[2] or #stamp == 24 and string.sub(stamp, 1, 8) < string.sub(ARGV[1], 1, 8) then
  local done = redis.pcall('SET', KEYS[1], ARGV[1], 'KEEPTTL')
  if not done.err then return 1 end
end
redis.call('DEL', KEYS[1])
return 2
""")

ADVANCE = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then
  local done = redis.pcall('SET', KEYS[1], ARGV[2], 'KEEPTTL')
  if not done.err then return 1 end
end
redis.call('DEL', KEYS[1])
return 2
""")


def state(version: int, nonce: int, edits: int) -> bytes:
    return STATE.pack(version, nonce, edits)


def is_state(stamp: bytes | None) -> bool:
    return stamp is not None and len(stamp) == STATE.size


def token() -> bytes:
    return secrets.token_bytes(12)


def claim(stamp_key: str, token: bytes, seconds: float) -> Command:
    """Answers what was there; nil: the claim is ours."""
    return ("SET", stamp_key, token, "NX", "GET", "PX", max(1, int(seconds * 1000)))


def settle(stamp_key: str, state: bytes, claim: bytes = b"") -> Command:
    """For whoever knows that this state is committed: no older stamp stays, and no claim but his own."""
    return SETTLE.call(stamp_key, state, claim or CLAIM)


def advance(stamp_key: str, token: bytes, new: bytes) -> Command:
    """For a writer that knows what the entries under this token have become: 1 if the token was still there."""
    return ADVANCE.call(stamp_key, token, new)


def forget(*stamp_keys: str) -> Command:
    return ("DEL", *stamp_keys)
