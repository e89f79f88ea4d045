"""Adding a community, with its bot and its first token."""

from parley.actions.communities import AddCommunity
from parley.core.access import Scope
from parley.core.communities import Community
from parley.core.errors import ConflictError
from parley.core.events import CommunityAdded, TokenAdded
from parley.core.people import Kind, User
from tests.actions.refusals import refused
from tests.builders import token
from tests.ledger.books import Books


def add(name: str = "Café") -> AddCommunity:
    return AddCommunity(name=name, secret_hash=name.encode(), by="operator")


async def test_a_community_gets_the_next_number_a_client_id_and_a_bot(books: Books) -> None:
    made = await books.do(add())

    expected = Community(
        id=3,
        name="Café",
        client_id=made.client_id,
        bot_id=made.bot_id,
        catalogue_version=1,
        created_at=books.clock.at,
    )
    assert expected == made == await books.reader.community("café")
    assert made.client_id != made.bot_id


async def test_its_first_token_is_for_administration(books: Books) -> None:
    await books.do(add())

    expected = token(id=3, community_id=3, name="default", scope=Scope.ADMIN, secret_hash="Café".encode())
    assert [expected] == await books.reader.tokens(3)


async def test_its_bot_and_its_token_are_recorded_and_no_secret(books: Books) -> None:
    made = await books.do(add())

    bot = User(id=made.bot_id, community_id=3, kind=Kind.BOT, created_at=books.clock.at, name="Bot")
    assert [CommunityAdded("Café", made.client_id, bot), TokenAdded(3, "default", Scope.ADMIN)] == (
        await books.recorded()
    )


async def test_its_own_events_count_from_one(books: Books) -> None:
    await books.do(add())
    events = await books.events()

    assert [(3, 1), (3, 2)] == [(event.community_id, event.seq) for event in events[-2:]]


async def test_a_taken_name_is_refused_whatever_its_case(books: Books) -> None:
    told = await refused(books, add("SHOP"), ConflictError)

    assert "There is already a community named 'SHOP'." == told.text


async def test_two_of_one_name_in_one_group_are_one_and_a_refusal(books: Books) -> None:
    made, told = await books.together([add("Café"), add("CAFÉ")])

    assert "Café" == made.name
    assert isinstance(told, ConflictError)
