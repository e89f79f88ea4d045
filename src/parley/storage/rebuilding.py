"""What `parley verify` makes again from the log: conversations, notes, teams and who gives conversations out."""

from collections.abc import Callable, Iterable

import msgspec

from parley.core import teams
from parley.core.conversations import Conversation
from parley.core.events import NoteAdded, RoutingChanged, apply
from parley.core.notes import Note
from parley.core.routing import RoutingMode
from parley.core.teams import TOLD_BY, Member
from parley.ports import Finding
from parley.storage import agent_rows, rows
from parley.storage.scripts import Ask, R, Row, Script

Progress = Callable[[int, int], None]
Whose = tuple[int | None, str]  # community, user

TOTAL = "SELECT count(*) FROM conversations"
CONVERSATIONS = f"SELECT {rows.CONVERSATION} FROM conversations WHERE id > $1 ORDER BY id LIMIT $2"
# The log of the conversations up to an id, those included that have no row.
HISTORY = f"""
    SELECT {rows.EVENT} FROM events
    WHERE conversation_id > $1 AND conversation_id <= $2
    ORDER BY conversation_id, seq
"""
NOTES = f"SELECT {agent_rows.NOTE} FROM notes WHERE conversation_id > $1 AND conversation_id <= $2"
_TYPES = ", ".join(f"'{kind.__struct_config__.tag}'" for kind in (*TOLD_BY, RoutingChanged))
OF_TEAMS = f"SELECT {rows.EVENT} FROM events WHERE number > $1 AND type IN ({_TYPES}) ORDER BY number LIMIT $2"
TEAMMATES = f"SELECT {rows.TEAMMATE} FROM teammates"
ROUTING = "SELECT id, routing, return_after_s FROM communities"
AT_ONCE = 2_000  # conversations, or events, held in memory at a time
_END = 2**63 - 1
_AT_FIRST = RoutingChanged(RoutingMode.MANUAL)
_NOTE_ADDED = str(NoteAdded.__struct_config__.tag)


def team() -> Script[list[Finding]]:
    """Rebuild from the log who is in the teams and how they stand, and who gives conversations out."""
    told: dict[Whose, Member | None] = {}
    modes: dict[int | None, RoutingChanged] = {}
    unreadable = last = 0
    while page := (yield Ask(OF_TEAMS, (last, AT_ONCE))):
        for event in (_readable(rows.event_of, row) for row in page):
            if event is None:
                unreadable += 1
            elif isinstance(event.what, RoutingChanged):
                modes[event.community_id] = event.what
            else:
                who = (event.community_id, teams.whom(event.what))
                told[who] = teams.apply(told.get(who), event.what)
        last = page[-1][0]
    return [(yield from _teammates(told, unreadable)), (yield from _routing(modes))]


def _teammates(told: dict[Whose, Member | None], unreadable: int) -> Script[Finding]:
    kept = {(row[1], row[0]): _readable(rows.teammate_of, row) for row in (yield Ask(TEAMMATES))}
    wrong = unreadable + sum(not teams.agrees(told.get(who), kept.get(who)) for who in told | kept)
    detail = f"{wrong} differ from the log" if wrong else "the log has every teammate, and whether they are there"
    return Finding("teammates", not wrong, detail)


def _routing(told: dict[int | None, RoutingChanged]) -> Script[Finding]:
    kept = {row[0]: RoutingChanged(RoutingMode(row[1]), row[2]) for row in (yield Ask(ROUTING))}
    wrong = [number for number, mode in sorted(kept.items()) if mode != told.get(number, _AT_FIRST)]
    detail = "who gives conversations out, and takes them back, is as the log has it"
    if wrong:
        detail = f"does not hold for {', '.join(map(str, wrong[:10]))}"
    return Finding("routing", not wrong, detail)


def state(progress: Progress) -> Script[list[Finding]]:
    """Rebuild every conversation and its notes from the log, some thousand at a time so that memory stays flat."""
    ((total,),) = yield Ask(TOTAL)
    wrong: list[int] = []
    notes = 0
    done, last = 0, 0
    while True:
        page = yield Ask(CONVERSATIONS, (last, AT_ONCE))
        end = page[-1][0] if len(page) == AT_ONCE else _END
        kept = {row[0]: _readable(rows.conversation_of, row) for row in page}
        history = yield Ask(HISTORY, (last, end))
        rebuilt = _rebuilt(history)
        notes += len(_noted(history) ^ {agent_rows.note_of(row) for row in (yield Ask(NOTES, (last, end)))})
        wrong += sorted(
            number for number in kept | rebuilt if kept.get(number) is None or kept.get(number) != rebuilt.get(number)
        )
        done += len(page)
        progress(done, total)
        if end == _END:
            break
        last = end
    noted = Finding("notes", not notes, f"{notes} differ from the log" if notes else "the log has every note")
    if wrong:
        detail = f"{len(wrong)} conversations differ from the log, first {wrong[0]}"
        return [noted, Finding("state", holds=False, detail=detail)]
    return [noted, Finding("state", holds=True, detail=f"{total} conversations equal what the log makes of them")]


def _noted(history: Iterable[Row]) -> set[Note]:
    """The notes that the log tells of; an event that cannot be read tells of none."""
    read = (_readable(rows.event_of, row) for row in history if row[5] == _NOTE_ADDED)
    return {event.what.note for event in read if event is not None and isinstance(event.what, NoteAdded)}


def _rebuilt(history: Iterable[Row]) -> dict[int, Conversation | None]:
    """The conversations as their events make them; None where an event cannot be read."""
    made: dict[int, Conversation | None] = {}
    unreadable: dict[int, Conversation | None] = {}
    for row in history:
        event = _readable(rows.event_of, row)
        if event is None:
            unreadable[row[3]] = None
        elif (after := apply(made.get(row[3]), event)) is not None:
            made[row[3]] = after
    return made | unreadable


def _readable(make: Callable[[Row], R], row: Row) -> R | None:
    """The value of a row, or None when what stands there has been damaged."""
    try:
        return make(row)
    except (msgspec.MsgspecError, ValueError):
        return None
