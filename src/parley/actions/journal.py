"""What an undecided group remembers of its own changes, so that those of a refused action can be put back."""

from typing import Any

_ABSENT: Any = object()


class Journal:
    """The changes made to the draft's tables, in order, each with what it replaced."""

    def __init__(self) -> None:
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def __len__(self) -> int:
        return len(self._undo)

    def set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Put a value into a table and remember what was there."""
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def undo(self, mark: int) -> None:
        """Put back everything since the journal was so long."""
        while len(self._undo) > mark:
            table, key, old = self._undo.pop()
            if old is _ABSENT:
                del table[key]
            else:
                table[key] = old
