"""Create a conversation, with or without the client's first message (spec §3.1)."""

from datetime import datetime

import msgspec

from parley.actions.authors import needs_author, settle_author
from parley.actions.bots import heed_wish
from parley.actions.draft import Draft, Fresh
from parley.core.conversations import Conversation, Holder, Message, Sentiment
from parley.core.errors import Problems
from parley.core.events import ConversationCreated, MessageAdded
from parley.core.people import Author, User
from parley.ports import Need, Opened


class CreateConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A new conversation of `author`: with the bot when `is_bot_enabled`, else at the end of the queue.

    Refused with InvalidError: an unknown category or field, a value that does not fit its field, a required field
    without a value, an unknown author id.
    """

    community_id: int
    by: str
    author: Author
    title: str | None = None
    category_id: int | None = None
    fields: tuple[tuple[int, str | None], ...] = ()
    sentiment: Sentiment = Sentiment.QUESTION
    url: str | None = None
    is_bot_enabled: bool = False
    message: str | None = None

    def needs(self, need: Need) -> None:
        """The community, its catalogue, and whoever the author may be."""
        need.communities.add(self.community_id)
        need.catalogues.add(self.community_id)
        need.paces.add(self.community_id)
        needs_author(need, self.community_id, self.author)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Opened:
        """Check against the catalogue, settle the author, begin the conversation."""
        draft.community(self.community_id)
        problems = Problems()
        catalogue = draft.catalogue(self.community_id)
        catalogue.check_category(self.category_id, "categoryId", problems)
        values = catalogue.check_fields(self.fields, "fields", problems)
        problems.refuse_if_any()
        author = settle_author(draft, self.community_id, self.author, path="author", now=now, fresh=fresh)

        conversation = Conversation(
            id=draft.next_number("conversation"),
            community_id=self.community_id,
            author_id=author.id,
            created_at=now,
            changed_at=now,
            holder=Holder.BOT if self.is_bot_enabled else Holder.QUEUE,
            is_with_bot=self.is_bot_enabled,
            queue_number=None if self.is_bot_enabled else draft.queue.next_number(self.community_id),
            message_count=0 if self.message is None else 1,
            title=self.title,
            category_id=self.category_id,
            sentiment=self.sentiment,
            fields=values,
            initial_page_url=self.url,
            latest_page_url=self.url,
            bot_messages=int(self.message is not None and author.is_bot),
        )
        draft.put_conversation(conversation)
        position = draft.queue.position(conversation)
        self._record(draft, ConversationCreated(conversation, author, position), conversation)
        messages = () if self.message is None else ((self._add_message(draft, conversation, author), author),)
        if messages:
            conversation = heed_wish(draft, conversation, (messages[0][0],), by=self.by, now=now)
            position = draft.queue.position(conversation)
        return Opened(
            conversation=conversation,
            author=author,
            position=position,
            estimate=draft.queue.estimate(conversation),
            messages=messages,
        )

    def _add_message(self, draft: Draft, conversation: Conversation, author: User) -> Message:
        message = Message(
            id=draft.next_number("message"),
            community_id=self.community_id,
            conversation_id=conversation.id,
            author_id=author.id,
            is_team=author.is_team,
            text=self.message or "",
            created_at=conversation.created_at,
            stored_at=conversation.created_at,
        )
        draft.add_message(message)
        self._record(draft, MessageAdded(message, author, conversation.message_count), conversation)
        return message

    def _record(self, draft: Draft, what: ConversationCreated | MessageAdded, conversation: Conversation) -> None:
        draft.record(
            what,
            community_id=self.community_id,
            by=self.by,
            at=conversation.created_at,
            conversation_id=conversation.id,
        )
