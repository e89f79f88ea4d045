"""What a replay of the day measured, as it is kept in JSON."""

import msgspec

from bench.day.replay import Replayed
from bench.machine import Machine

MEMORY_GOAL_MIB = 200.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the day benchmark."""

    machine: Machine
    conversations: int
    speed: float
    idle_bytes: int
    replayed: Replayed
    settled_bytes: int
    """Memory when the replay is over and all is answered."""

    empty_file_bytes: int
    file_bytes: int
    """The database file when the server has ended, so that nothing is in its log any more."""

    wal_bytes: int
    """The write-ahead log while the server still ran."""

    @property
    def bytes_per_conversation(self) -> float:
        """What one conversation with all that belongs to it takes of the file."""
        return (self.file_bytes - self.empty_file_bytes) / self.conversations

    @property
    def peak_bytes(self) -> int:
        """The most memory seen."""
        return max(look.resident_bytes for look in self.replayed.looks)
