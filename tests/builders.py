"""Values with good defaults. Alice and Bob are clients, Charlie is a teammate.

Whatever a test is about it says by keyword; everything else is filled in here.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from argon2 import PasswordHasher

from parley.actions.create_conversation import CreateConversation
from parley.core import texts
from parley.core.access import RefreshToken, Scope, SigningKey
from parley.core.bots import Bot, BotKind, Manners, Pending, Turn
from parley.core.communities import Community
from parley.core.conversations import Conversation, Holder, Message
from parley.core.errors import InvalidError, Problems
from parley.core.fields import Catalogue, Category, Field, FieldType
from parley.core.mail import Mail, Sender
from parley.core.notes import Note
from parley.core.people import Author, Kind, Role, Teammate, User
from parley.core.sessions import Session
from parley.core.webhooks import EVENT_TYPES, Attempt, Delivery, Endpoint, State
from parley.core.writing import SavedReply
from parley.passwords import Passwords
from tests.clock import START

ALICE, BOB, CHARLIE, BOT = (f"00000000-0000-4000-8000-00000000000{digit}" for digit in "abcd")
SHOP, RIVAL = 1, 2  # two communities
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def guids(first: int = 1) -> Callable[[], str]:
    """A supply of ids that is the same in every run, and rises."""
    numbers = count(first)
    return lambda: f"00000000-0000-4000-9000-{next(numbers):012x}"


def community(**changes: Any) -> Community:
    """A community."""
    filled = {
        "id": SHOP,
        "name": "Shop",
        "client_id": f"10000000-0000-4000-8000-{changes.get('id', SHOP):012x}",
        "bot_id": BOT,
        "catalogue_version": 1,
        "created_at": START,
    }
    return Community(**{**filled, **changes})


def client(**changes: Any) -> User:
    """Alice, unless told otherwise; the key of an e-mail follows it."""
    email = changes.get("email")
    filled = {
        "id": ALICE,
        "community_id": SHOP,
        "kind": Kind.CLIENT,
        "created_at": START,
        "name": "Alice",
        "email_key": None if email is None else texts.key_of(email),
    }
    return User(**{**filled, **changes})


def teammate(**changes: Any) -> User:
    """Charlie as a user."""
    return client(
        **{"id": CHARLIE, "kind": Kind.TEAMMATE, "name": "Charlie", "email": "charlie@shop.example"} | changes
    )


def membership(**changes: Any) -> Teammate:
    """What Charlie has as a teammate."""
    return Teammate(**{"user_id": CHARLIE, "community_id": SHOP, "role": Role.AGENT, **changes})


def bot(**changes: Any) -> User:
    """The bot of the shop."""
    return client(**{"id": BOT, "kind": Kind.BOT, "name": "Bot"} | changes)


def author(**changes: Any) -> Author:
    """What a call says about who speaks: Alice by her e-mail."""
    return Author(**(changes or {"email": "alice@example.org"}))


def conversation(**changes: Any) -> Conversation:
    """A conversation of Alice's, first in the queue."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "author_id": ALICE,
        "created_at": START,
        "changed_at": START,
        "holder": Holder.QUEUE,
        "queue_number": 1,
    }
    return Conversation(**{**filled, **changes})


def message(**changes: Any) -> Message:
    """Alice's first words."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "conversation_id": 1,
        "author_id": ALICE,
        "is_team": False,
        "text": "Hello?",
        "created_at": START,
        "stored_at": START,
    }
    return Message(**{**filled, **changes})


def note(**changes: Any) -> Note:
    """What Charlie wrote beside Alice's conversation."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "conversation_id": 1,
        "author_id": CHARLIE,
        "text": "She is right.",
        "written_at": START,
    }
    return Note(**{**filled, **changes})


def saved_reply(**changes: Any) -> SavedReply:
    """A reply that Charlie saved for everybody."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "owner_id": CHARLIE,
        "is_shared": True,
        "shortcut": "hello",
        "text": "Hello!",
        "changed_at": START,
    }
    return SavedReply(**{**filled, **changes})


def session(**changes: Any) -> Session:
    """Charlie's session, which has just begun."""
    filled = {"secret_hash": "00" * 32, "community_id": SHOP, "user_id": CHARLIE, "begun_at": START, "seen_at": START}
    return Session(**{**filled, **changes})


def category(**changes: Any) -> Category:
    """A category."""
    return Category(**{"id": 1505, "community_id": SHOP, "name": "Orders", **changes})


def field(**changes: Any) -> Field:
    """A custom field that takes any text."""
    return Field(**{"id": 1, "community_id": SHOP, "name": "Order number", "type": FieldType.TEXT, **changes})


def catalogue(*fields: Field, categories: tuple[Category, ...] = ()) -> Catalogue:
    """What a community asks of its conversations."""
    return Catalogue(1, {category.id: category for category in categories}, {field.id: field for field in fields})


def token(**changes: Any) -> RefreshToken:
    """A refresh token."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "name": "default",
        "scope": Scope.ADMIN,
        "secret_hash": changes.get("id", 1).to_bytes(32, "big"),
        "created_at": START,
    }
    return RefreshToken(**{**filled, **changes})


def signing_key(**changes: Any) -> SigningKey:
    """A signing key that signs."""
    return SigningKey(**{"id": 1, "sealed": b"plain:key", "created_at": START, **changes})


def faults_of(read: Callable[[Problems], object]) -> list[tuple[str, str]]:
    """What a reader finds wrong: the paths and the sentences."""
    problems = Problems()
    read(problems)
    try:
        problems.refuse_if_any()
    except InvalidError as refused:
        return [(problem.path, problem.text) for problem in refused.problems]
    return []


def create(**changes: Any) -> CreateConversation:
    """Alice's integrator creates a conversation."""
    return CreateConversation(**{"community_id": SHOP, "by": "token:1", "author": author(), **changes})


def endpoint(**changes: Any) -> Endpoint:
    """An endpoint of the Shop that wants everything."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "url": "https://hooks.example/shop",
        "event_types": EVENT_TYPES,
        "allowed_hosts": (),
        "verify_token": b"plain:verify",
        "secret": b"plain:secret",
        "created_at": START,
        "cursor": 0,
    }
    return Endpoint(**{**filled, **changes})


def delivery(**changes: Any) -> Delivery:
    """The delivery of the Shop's first event, due now."""
    filled = {
        "id": 1,
        "community_id": SHOP,
        "endpoint_id": 1,
        "seq": 1,
        "conversation_id": 1,
        "type": "conversation_created",
        "state": State.DUE,
        "created_at": START,
        "due_at": START,
    }
    return Delivery(**{**filled, **changes})


def attempt(**changes: Any) -> Attempt:
    """The first attempt of the Shop's first delivery, refused at once with 500."""
    filled = {
        "delivery_id": 1,
        "number": 1,
        "community_id": SHOP,
        "endpoint_id": 1,
        "at": START,
        "took": timedelta(),
        "url": "https://hooks.example/shop",
        "status": None if "failure" in changes else 500,
    }
    return Attempt(**{**filled, **changes})


def manners(**changes: Any) -> Manners:
    """What the rules know of a bot that is asked by webhook and may be silent for half a minute."""
    filled = {"kind": BotKind.WEBHOOK, "silence": timedelta(seconds=30), "farewell": "I give up."}
    return Manners(**{**filled, **changes})


def shops_bot(**changes: Any) -> Bot:
    """How the Shop's bot is reached."""
    filled = {
        "community_id": SHOP,
        "manners": manners(),
        "set_at": START,
        "url": "https://bots.example/shop",
        "key": b"plain:key",
    }
    return Bot(**{**filled, **changes})


def sender(**changes: Any) -> Sender:
    """From whom the Shop's mail comes."""
    filled = {"community_id": SHOP, "address": "help@shop.example", "name": "Shop", "since_seq": 1, "set_at": START}
    return Sender(**{**filled, **changes})


def mail(**changes: Any) -> Mail:
    """The Shop's first message as it is owed by mail."""
    filled = {
        "message_id": 1,
        "community_id": SHOP,
        "conversation_id": 1,
        "domain": "shop.example",
        "since_seq": 1,
        "created_at": START,
        "due_at": START,
    }
    return Mail(**{**filled, **changes})


def turn(*messages: Pending, **changes: Any) -> Turn:
    """What the bot owes in the Shop's first conversation: an answer to Alice's first words."""
    filled = {
        "community_id": SHOP,
        "conversation_id": 1,
        "epoch": 1,
        "pending": messages or (Pending(1, START),),
        "due_at": START,
    }
    return Turn(**{**filled, **changes})


CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Passwords that are hashed at once, for tests that are not about how long that takes."""
