"""Any lives of many conversations: every answer, every place, every page and every event is as the model has it."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from parley.actions.conversations import ReleaseConversation
from parley.actions.desk import AddNote, ChangeConversation, Details, TakeNext
from tests.servers import Reply
from tests.stateful.model import MESSAGE_ADDED, Happened, Model, Person, RefusedError, Said, Talk
from tests.stateful.places import Place, welcome

EXAMPLES, STEPS = 50, 30  # about 10 s for each kind of database
UNKNOWN = "00000000-0000-4000-8000-000000000000"
BEGUN = 4  # events that made the community, its first token and its two teammates

people = st.sampled_from(["ann", "bob", "bot", "dora"])
times = st.none() | st.integers(0, 3).map(lambda second: f"2020-01-01T00:00:0{second}.000000+00:00")
names = st.none() | st.sampled_from(["Ann", "Bob", "Somebody"])
urls = st.sampled_from(["https://shop.example/1", "https://shop.example/2"])
drafts = st.tuples(people, st.none() | st.booleans(), times, names)
feedbacks = st.fixed_dictionaries({"isPositive": st.booleans(), "text": st.none() | st.text("ab \n", max_size=4)})
assignees = st.none() | st.sampled_from([0, 1, UNKNOWN])
sizes = st.integers(1, 5)


class Lives(RuleBasedStateMachine):
    """An integrator of a fresh community, and the model of it."""

    talks: Bundle[int] = Bundle("talks")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.guest = welcome(place)
        dora, _ = self.guest.teammates
        self.model = Model(
            {
                "ann": Person({"email": "Ann@Shop.example"}, email="Ann@Shop.example"),
                "bob": Person({"customIdentifier": " B-1 "}, identifier="b-1"),
                "bot": Person({"isBot": True}, is_team=True, is_bot=True),
                "dora": Person({"id": dora}, is_team=True, id=dora, name="dora", email="dora@shop.example"),
            }
        )
        self.seq = BEGUN
        self.texts = 0
        self.last_id = 0
        self.touched: Talk | None = None
        self.expected: list[tuple[str, int]] = []  # the events that this step has to leave
        self.keyed: list[tuple[str, str, Any, Reply]] = []  # calls that took effect and may be repeated

    # What clients, teammates and the bot do

    @initialize(target=talks, bots=st.lists(st.booleans(), min_size=1, max_size=3))
    def begin(self, bots: list[bool]) -> MultipleResults[int]:
        """There are always some conversations."""
        return multiple(*(self.make("ann", with_bot=each, is_with_message=True, url=None) for each in bots))

    @rule(
        target=talks,
        author=people,
        with_bot=st.booleans(),
        is_with_message=st.booleans(),
        url=st.none() | urls,
    )
    def create(self, author: str, *, with_bot: bool, is_with_message: bool, url: str | None) -> int:
        """A new conversation, with or without the bot and a first message."""
        return self.make(author, with_bot=with_bot, is_with_message=is_with_message, url=url)

    @rule(which=talks, said=st.lists(drafts, min_size=1, max_size=3))
    def write(self, which: int, said: list[Any]) -> None:
        """Some messages."""
        self.deliver(which, "messages", said)

    @rule(which=talks, said=st.lists(drafts, min_size=1, max_size=3))
    def bring(self, which: int, said: list[Any]) -> None:
        """Some history."""
        self.deliver(which, "previousMessages", said)

    @rule(which=talks, said=st.lists(drafts, max_size=2), bad=st.integers(0, 2), is_import=st.booleans())
    def write_badly(self, which: int, said: list[Any], bad: int, *, is_import: bool) -> None:
        """One bad message among good ones: nothing of it is kept, no name either."""
        bodies = [self.draft(*each).body(is_by_team=each[1]) for each in said]
        wrong = [{"author": {"id": UNKNOWN}, "message": "x"}, {"author": {"isBot": True}, "message": ""}, {}][bad]
        path = "previousMessages" if is_import else "messages"

        assert 422 == self.call("POST", which, f"/{path}", [*bodies, wrong]).status

    @rule(which=talks, to_bot=st.booleans(), whom=assignees)
    def hand(self, which: int, whom: int | str | None, *, to_bot: bool) -> None:
        """A change of the takeover, in all its forms."""
        talk = self.model.talks[which]
        assignee = self.guest.teammates[whom] if isinstance(whom, int) else whom
        body = {"isAssignedToBot": to_bot, "assigneeId": assignee}
        if assignee == UNKNOWN and not to_bot:
            assert 422 == self.call("PATCH", which, "/takeover", body).status
            return
        happened = self.foresee(lambda: self.model.hand(talk, to_bot=to_bot, assignee=assignee))
        answer = self.change(which, "/takeover", body, happened)
        if answer is not None:
            assert {"isAssignedToBot": to_bot if to_bot or assignee else talk.is_with_bot} == answer

    @rule(which=talks, whom=st.integers(0, 1))
    def take(self, which: int, whom: int) -> None:
        """A teammate takes it."""
        self.hand(which, whom, to_bot=False)

    @precondition(lambda self: self.assigned())
    @rule(which=st.integers(0, 9))
    def release(self, which: int) -> None:
        """A teammate gives one of theirs back."""
        assigned = self.assigned()
        talk = assigned[which % len(assigned)]
        community_id = self.guest.community_id
        self.guest.place.do(ReleaseConversation(community_id=community_id, conversation_id=talk.id, by="x"))
        self.expect(talk, self.model.release(talk))

    @rule(whom=st.integers(0, 1))
    def take_next(self, whom: int) -> None:
        """A teammate asks for the next one: whoever is first in the queue, if anybody is."""
        teammate = self.guest.teammates[whom]
        line = [talk for talk in self.model.talks if talk.holder == "queue"]
        first = min(line, key=lambda talk: talk.number or 0, default=None)
        taken = self.guest.place.do(TakeNext(community_id=self.guest.community_id, user_id=teammate, by="x"))
        assert (first and first.id) == (taken and taken.id)
        if first is not None:
            self.expect(first, self.model.hand(first, to_bot=False, assignee=teammate))

    @rule(which=talks)
    def note(self, which: int) -> None:
        """A teammate writes a note: it is in the log, and nowhere else that an integrator sees."""
        talk = self.model.talks[which]
        writer = self.guest.teammates[0]
        self.guest.place.do(AddNote(**self.about(talk), user_id=writer, text="Hm", by="x"))
        self.expected.append(("conversation_note_added", talk.id))
        self.touched = None

    @rule(which=talks, title=st.sampled_from(["One", "Two"]))
    def sort(self, which: int, title: str) -> None:
        """A teammate gives it a title; the same again changes nothing."""
        talk = self.model.talks[which]
        self.guest.place.do(ChangeConversation(**self.about(talk), details=Details(title=title), by="x"))
        self.expect(talk, self.model.sort(talk, title))

    @rule(which=talks, feedback=feedbacks)
    def rate(self, which: int, feedback: dict[str, Any]) -> None:
        """Feedback."""
        happened = self.foresee(lambda: self.model.rate(self.model.talks[which], feedback))

        assert feedback == self.change(which, "/feedback", feedback, happened)

    @rule(which=talks, url=urls)
    def browse(self, which: int, url: str) -> None:
        """The client goes to another page."""
        talk = self.model.talks[which]
        happened = self.foresee(lambda: self.model.move(talk, url))
        answer = self.change(which, "/latestUrl", {"url": url}, happened)
        self.compare(answer, talk)

    @rule(which=talks)
    def close(self, which: int) -> None:
        """It ends, or has ended."""
        talk = self.model.talks[which]
        happened = self.foresee(lambda: self.model.close(talk))
        answer = self.change(which, "/close", None, happened)
        self.compare(answer, talk)

    @rule(back=st.integers(1, 5))
    def repeat(self, back: int) -> None:
        """An earlier call comes again with its key: the same bytes, and nothing happens."""
        number = max(len(self.keyed) - back, 0)
        method, path, body, first = self.keyed[number]
        again = self.guest.send(method, path, body, **{"Idempotency-Key": self.key(number)})

        assert (first.status, first.body) == (again.status, again.body)
        assert "true" == again.headers["Idempotent-Replayed"]

    # What is read

    @rule(which=talks, is_ascending=st.booleans())
    def open(self, which: int, *, is_ascending: bool) -> None:
        """A conversation with its messages, its place and its takeover."""
        talk = self.model.talks[which]
        order, step = ("asc", 1) if is_ascending else ("desc", -1)
        path = f"/{talk.id}"
        expected = self.model.shown(talk, talk.in_order()[::step][:100])

        assert expected == self.guest.get(f"{path}?includeMessages=true&orderyBy=creation_time_{order}")
        assert self.model.place(talk) == self.guest.get(f"{path}/queue")
        assert {"isAssignedToBot": talk.is_with_bot} == self.guest.get(f"{path}/takeover")

    @rule(which=talks, skip=st.integers(0, 6), take=sizes, is_ascending=st.booleans())
    def turn_pages(self, which: int, skip: int, take: int, *, is_ascending: bool) -> None:
        """A page of messages by time."""
        talk = self.model.talks[which]
        order, step = ("asc", 1) if is_ascending else ("desc", -1)
        expected = [said.shown() for said in talk.in_order()[::step][skip : skip + take]]
        query = f"orderBy=creation_time_{order}&skip={skip}&take={take}"

        assert expected == self.guest.get(f"/{talk.id}/messages?{query}")

    @rule(which=talks, place=st.integers(0, 8), take=sizes, is_after=st.booleans())
    def follow_arrivals(self, which: int, place: int, take: int, *, is_after: bool) -> None:
        """A page of messages as they arrived, behind or ahead of one of them."""
        talk = self.model.talks[which]
        arrived = [said.id for said in talk.messages]
        cursor = arrived[place] if place < len(arrived) else self.last_id + 1
        if is_after:
            expected = [each for each in arrived if each > cursor][:take]
        else:
            expected = [each for each in arrived if each < cursor][::-1][:take]
        query = f"{'after' if is_after else 'before'}={cursor}&take={take}"

        assert expected == [each["id"] for each in self.guest.get(f"/{talk.id}/messages?{query}")]

    @rule(state=st.sampled_from(["", "waiting", "bot", "assigned", "closed"]), author=st.none() | people, take=sizes)
    def walk(self, state: str, author: str | None, take: int) -> None:
        """A list from cursor to cursor."""
        person = None if author is None else self.model.people[author]
        author_id = "" if person is None else person.id or UNKNOWN
        query = f"?state={state}&take={take}&authorId={author_id}"
        met: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.guest.get(f"{query}&cursor={cursor}")
            met += [item["id"] for item in page["items"]]
            cursor = page["nextCursor"]

        assert [talk.id for talk in self.model.listed(state, person)] == met

    @rule(which=talks, what=st.sampled_from(["", "/messages", "/queue", "/takeover"]))
    def ask_again(self, which: int, what: str) -> None:
        """Whoever has an answer is told so."""
        path = f"/{self.model.talks[which].id}{what}"
        tag = self.guest.send("GET", path).headers["ETag"]

        assert 304 == self.guest.send("GET", path, **{"If-None-Match": tag}).status

    # What holds after each step

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        """The log first, for it tells the times."""
        self.compare_log()
        self.compare_conversations()
        self.compare_messages()

    def compare_log(self) -> None:
        """What happened and nothing else, in order, without a gap; a conversation's time is its last event's."""
        events = self.guest.place.events(self.guest.community_id, after=self.seq)

        assert self.expected == [(event.type, event.conversation_id) for event in events]
        assert [self.seq + number for number in range(1, len(events) + 1)] == [event.seq for event in events]
        assert self.touched is None or not events or events[-1].conversation_id == self.touched.id
        if events and self.touched is not None:
            now = events[-1].at.isoformat(timespec="microseconds")
            assert now >= self.touched.changed_at
            self.touched.changed_at = now
        self.seq += len(events)
        self.expected = []

    def compare_conversations(self) -> None:
        """The holder, place and count of each; and the list is in order of change."""
        expected = [self.model.shown(talk) for talk in self.model.listed("")]

        assert expected == self.guest.get("?take=100")["items"]

    def compare_messages(self) -> None:
        """All of the conversation that was touched last, in order."""
        if self.touched is not None:
            expected = [said.shown() for said in self.touched.in_order()]

            assert expected == self.guest.get(f"/{self.touched.id}/messages?orderBy=creation_time_asc")

    # How it is done

    def assigned(self) -> list[Talk]:
        """The conversations that teammates have."""
        return [talk for talk in self.model.talks if talk.holder in self.guest.teammates]

    def make(self, author: str, *, with_bot: bool, is_with_message: bool, url: str | None) -> int:
        """Create a conversation; its number among the model's."""
        person = self.model.people[author]
        body = {"author": person.author, "isBotEnabled": with_bot, "url": url}
        if is_with_message:
            self.texts += 1
            body["message"] = str(self.texts)
        reply = self.send_with_key("POST", "", body)
        answer = reply.data
        self.learn(person, answer["author"])
        talk = self.model.create(answer["id"], person, with_bot=with_bot, url=url)
        talk.created_at = talk.changed_at = answer["creationTime"]
        happened = ["conversation_created"]
        if is_with_message:
            said = Said(person, str(self.texts), "team" if person.is_team else "client", at=talk.created_at)
            self.model.add(talk, [said])
            self.settle([said], answer["messages"])
            happened.append(MESSAGE_ADDED)
        self.expect(talk, happened)

        assert self.model.shown(talk, talk.messages) == answer
        return len(self.model.talks) - 1

    def draft(self, author: str, is_by_team: bool | None, at: str | None, name: str | None) -> Said:  # noqa: FBT001 - drawn
        """A message that is to be sent."""
        self.texts += 1
        person = self.model.people[author]
        is_team = person.is_team if is_by_team is None else is_by_team
        return Said(person, str(self.texts), "team" if is_team else "client", name, at)

    def deliver(self, which: int, path: str, drawn: list[Any]) -> None:
        """Send messages and hold the answer against them."""
        talk = self.model.talks[which]
        said = [self.draft(*each) for each in drawn]
        bodies = [one.body(is_by_team=each[1]) for one, each in zip(said, drawn, strict=True)]
        write = self.model.add if path == "messages" else self.model.bring
        happened = self.foresee(lambda: write(talk, said))
        reply = self.call("POST", which, f"/{path}", bodies, is_keyed=isinstance(happened, list))
        if isinstance(happened, int):
            assert happened == reply.status
            return
        for one, answer in zip(said, reply.data, strict=True):
            self.learn(one.person, answer["author"])
        self.settle(said, reply.data)
        self.expect(talk, happened)

    def settle(self, said: list[Said], answers: list[Any]) -> None:
        """Learn the ids and times of messages; they rise, and a message without a time is said when it is stored."""
        for one, answer in zip(said, answers, strict=True):
            assert answer["id"] > self.last_id
            assert one.at in {None, answer["creationTime"]}
            assert one.at is not None or answer["creationTime"] == answer["lastModifiedTime"]
            assert (one.text, one.status) == (answer["message"], answer["author"]["status"])
            one.id = self.last_id = answer["id"]
            one.at, one.stored_at = answer["creationTime"], answer["lastModifiedTime"]

    def learn(self, person: Person, shown: dict[str, Any]) -> None:
        """Who they are; once known, that stays."""
        assert person.id in {None, shown["id"]}
        person.id = shown["id"]
        if person.is_bot:
            person.name = shown["name"]

    def about(self, talk: Talk) -> dict[str, int]:
        """Which conversation an action is about."""
        return {"community_id": self.guest.community_id, "conversation_id": talk.id}

    def foresee(self, step: Any) -> Happened | int:
        """What the model makes of a step: the events that follow, or the status it has to be refused with."""
        try:
            happened: Happened = step()
        except RefusedError as refused:
            return refused.status
        return happened

    def change(self, which: int, path: str, body: Any, happened: Happened | int) -> Any:
        """Send a PATCH; its answer, or None when it was refused as foreseen."""
        reply = self.call("PATCH", which, path, body, is_keyed=isinstance(happened, list))
        if isinstance(happened, int):
            assert happened == reply.status
            return None
        self.expect(self.model.talks[which], happened)
        return reply.data

    def call(self, method: str, which: int, path: str, body: Any, *, is_keyed: bool = False) -> Reply:
        """Send a request about a conversation."""
        whole = f"/{self.model.talks[which].id}{path}"
        return self.send_with_key(method, whole, body) if is_keyed else self.guest.send(method, whole, body)

    def send_with_key(self, method: str, path: str, body: Any) -> Reply:
        """Send a request that takes effect, with a key of its own."""
        reply = self.guest.send(method, path, body, **{"Idempotency-Key": self.key(len(self.keyed))})
        assert (200, None) == (reply.status, reply.headers["Idempotent-Replayed"]), reply.body
        self.keyed.append((method, path, body, reply))
        return reply

    def key(self, number: int) -> str:
        """The key of a call."""
        return f"key-{number}"

    def expect(self, talk: Talk, happened: Happened) -> None:
        """Remember what this step has to leave in the log."""
        self.touched = talk
        self.expected += [(name, talk.id) for name in happened]

    def compare(self, answer: Any, talk: Talk) -> None:
        """Hold a conversation that was answered against the model, but for the time, which the log tells."""
        if answer is not None:
            assert answer["lastModifiedTime"] >= talk.changed_at
            assert self.model.shown(talk) | {"lastModifiedTime": answer["lastModifiedTime"]} == answer


@pytest.mark.timeout(600)  # for the search of a small example, when there is one at all
def test_any_lives_are_as_the_model_has_them(place: Place) -> None:
    class Here(Lives):
        def __init__(self) -> None:
            super().__init__(place)

    run_state_machine_as_test(Here, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))
