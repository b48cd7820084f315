"""How much one page may have: characters, and seconds for making them beautiful.

Setting a text in type takes 0.5 µs a character; one made to be slow takes 30 times as long, colouring code 1,000 times.
Neither library can be interrupted, so each piece is small, and between two of them somebody looks at the clock.
"""

import time

PAGE_CHARACTERS = 2_000_000
PAGE_SECONDS = 0.5


class Budget:
    def __init__(self, characters: int = PAGE_CHARACTERS, seconds: float = PAGE_SECONDS) -> None:
        self.characters = characters
        self._seconds = seconds
        self._started_at = 0.0

    def take(self, characters: int) -> int:
        """How many of so many characters the page has room for."""
        taken = min(characters, self.characters)
        self.characters -= taken
        return taken

    @property
    def is_late(self) -> bool:
        """Counts from the first time that somebody asks: what was done before is not its business."""
        now = time.monotonic()
        self._started_at = self._started_at or now
        return now - self._started_at >= self._seconds
