"""The queue: who waits where.

Every conversation that waits has a queue number, given in order and kept; the place is one more than the number of
those waiting with a smaller one. Counting them would cost more the longer the queue is, so the waiting are also
counted in blocks of queue numbers, at two levels: a place is then the sum of a few rows (design §1.7).
"""

FINE = 512  # queue numbers in a block of level 1: at most so many rows are counted one by one
COARSE = 65_536  # queue numbers in a block of level 2; a million waiting are 16 of these
LEVELS = {1: FINE, 2: COARSE}

NOT_WAITING = -1  # the published position of a conversation that is not in the queue


def blocks_of(number: int) -> list[tuple[int, int]]:
    """The (level, block) pairs in which a queue number is counted."""
    return [(level, number // size) for level, size in LEVELS.items()]
