"""What is left after the storm, held against what the callers were told. It knows no database, only its URL."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from parley import wiring
from parley.api import wire
from parley.core.events import ConversationCreated, Event, MessageAdded
from parley.ports import Opened, Reader
from tests.crash.callers import Caller, Write
from tests.crash.faults import Toll
from tests.servers import try_parley

PAGE = 5_000  # events read at a time
VERIFY_WITHIN_S = 600


@dataclass
class Report:
    """The counts of one storm. `contradicted` to `unsound` must be zero."""

    toll: Toll
    answered: int = 0
    retried: int = 0
    replayed: int = 0
    broken_off: int = 0
    broken_off_but_stored: int = 0
    asked_again: int = 0
    contradicted: int = 0
    lost: int = 0
    doubled: int = 0
    different: int = 0
    unasked: int = 0
    gaps: int = 0
    unsound: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        counts = (self.contradicted, self.lost, self.doubled, self.different, self.unasked, self.gaps)
        return not any(counts) and not self.unsound


@dataclass
class Log:
    """What the event log says: whose conversations were created, how many messages each got, and its numbers."""

    created: defaultdict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    messages: Counter[int] = field(default_factory=Counter)
    numbers: list[int] = field(default_factory=list)
    seqs: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, event: Event) -> None:
        """Take in the next event."""
        self.numbers.append(event.number)
        if event.community_id is not None and event.seq is not None:
            self.seqs[event.community_id].append(event.seq)
        match event.what:
            case ConversationCreated(conversation=conversation, author=author):
                self.created[str(author.email)].append((conversation.community_id, conversation.id))
            case MessageAdded(message=message):
                self.messages[message.conversation_id] += 1
            case _:
                pass

    @property
    def gaps(self) -> int:
        """How often the log's numbers, or those of one community, do not go on by one."""
        return sum(gaps(run) for run in (self.numbers, *self.seqs.values()))


def gaps(numbers: Iterable[int]) -> int:
    """How many of the numbers do not follow the one before by one; the first follows 0."""
    run = [0, *numbers]
    return sum(after - before != 1 for before, after in pairwise(run))


async def judge(database: str, callers: list[Caller], toll: Toll) -> Report:
    """Hold every write against the log, the tables and `parley verify`."""
    report = Report(
        toll=toll,
        asked_again=sum(caller.asked_again for caller in callers),
        contradicted=sum(caller.contradicted for caller in callers),
    )
    writes = {write.email: write for caller in callers for write in caller.writes}
    async with wiring.opened(database, migrates=False) as parts:
        log = Log()
        async for event in _events(parts.reader):
            log.add(event)
        await _judge_writes(report, writes, log, parts.reader)
    report.gaps += log.gaps
    report.unasked = len(log.created.keys() - writes.keys())
    report.unsound = _verified(database)
    return report


async def _judge_writes(report: Report, writes: dict[str, Write], log: Log, reader: Reader) -> None:
    places: defaultdict[int, list[int]] = defaultdict(list)
    for write in writes.values():
        created = log.created.get(write.email, [])
        _count(report, write, is_stored=bool(created))
        for community_id, conversation_id in created[:1]:
            opened = await reader.conversation(community_id, conversation_id, messages="latest")
            if opened is None or community_id != write.community_id:
                report.lost += 1
                continue
            places[community_id].append(opened.position)
            report.doubled += _is_doubled(write, opened, conversations=len(created), log=log)
            report.different += write.answer is not None and not _is_what_was_answered(write, opened)
    report.gaps += sum(gaps(sorted(taken)) for taken in places.values())


def _count(report: Report, write: Write, *, is_stored: bool) -> None:
    report.answered += write.answer is not None
    report.retried += write.answer is not None and write.tries > 1
    report.replayed += write.is_replay
    report.broken_off += write.answer is None
    report.broken_off_but_stored += write.answer is None and is_stored
    report.lost += not is_stored and (write.answer is not None or write.key is not None)


def _is_doubled(write: Write, opened: Opened, *, conversations: int, log: Log) -> bool:
    """Whether anything of it is there twice, or a part of it is missing."""
    expected = 0 if write.message is None else 1
    found = log.messages[opened.conversation.id]
    return (conversations, found, len(opened.messages)) != (1, expected, expected)


def _is_what_was_answered(write: Write, opened: Opened) -> bool:
    """Whether the stored conversation, its place in the queue included, is the one in the answer: nobody left it."""
    answer = json.loads(write.answer or b"")["data"]
    told = [write.message] if write.message is not None else []
    return (
        write.answer == wire.envelope(wire.show_conversation(opened))
        and answer["author"]["email"] == write.email == opened.conversation.title
        and [message["message"] for message in answer["messages"]] == told
        and answer["totalMessagesCount"] == len(told)
    )


async def _events(reader: Reader) -> AsyncIterator[Event]:
    after = 0
    while page := await reader.events(after=after, take=PAGE):
        for event in page:
            yield event
        after = page[-1].number


def _verified(database: str) -> list[str]:
    """What `parley verify` finds wrong."""
    done = try_parley("verify", "--json", database=database, timeout=VERIFY_WITHIN_S)
    findings = json.loads(done.stdout)
    wrong = [f"{finding['check']}: {finding['detail']}" for finding in findings if not finding["holds"]]
    if done.returncode != 0 and not wrong:
        wrong.append(f"parley verify ended with {done.returncode}")
    return wrong
