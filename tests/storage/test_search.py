"""Finding conversations by words, alike on both databases."""

# ruff: noqa: RUF001 - letters that look alike are what it is about

from datetime import timedelta
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.actions.conversations import CloseConversation
from parley.actions.desk import ChangeConversation, Details, TakeNext
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.actions.teammates import AddTeammate
from parley.core.errors import Problems
from parley.core.people import Role
from parley.core.search import QUERY_LIMIT, read_query
from parley.core.views import View
from parley.ports import ViewPage
from parley.storage import searching
from tests.builders import RIVAL, SHOP, author, create
from tests.ledger.books import Books

NOBODY = "00000000-0000-4000-8000-00000000ffff"


async def found(
    books: Books,
    text: str,
    *,
    community_id: int = SHOP,
    view: View | None = None,
    user_id: str = NOBODY,
    category_id: int | None = None,
    take: int = 50,
    cursor: tuple[int, int] | None = None,
) -> list[int]:
    """The conversations that a search finds."""
    now = books.clock.at
    page = ViewPage(
        take=take,
        user_id=user_id,
        today=now - timedelta(hours=1),
        view=view,
        category_id=category_id,
        cursor=cursor,
        query=read_query(text, "q", Problems()),
    )
    return [each.opened.conversation.id for each in await books.reader.view(community_id, page, at=now)]


@pytest.fixture
async def books(books: Books) -> Books:
    """Three conversations of the Shop, and one of the Rival's that says the same."""
    await books.do(create(author=author(email="alice@blue.example", name="Alice Moe"), message="My parcel is late"))
    books.clock.move(timedelta(minutes=1))
    await books.do(create(author=author(email="bob@red.example", name="Bob"), title="Late refund", message="Hello?"))
    books.clock.move(timedelta(minutes=1))
    await books.do(create(author=author(identifier="crm-77"), message="The parcel came, thank you"))
    await books.do(create(community_id=RIVAL, title="Late parcel", message="My parcel is late"))
    return books


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("parcel", [3, 1]),
        ("late", [2, 1]),
        ("LATE Parcel", [1]),
        ("par", [3, 1]),
        ("par ", []),
        ('"parcel is"', [1]),
        ('"is parcel"', []),
        ('"parcel i', [1]),
        ("alice", [1]),
        ("alice moe", [1]),
        ("blue", [1]),
        ("bob@red.example", [2]),
        ("crm 77", [3]),
        ("refund", [2]),
        ("refund hello", []),
        ("nowhere", []),
        ('") OR (*', []),
        ("parcel' | 'x", []),
    ],
)
async def test_what_is_found(books: Books, text: str, numbers: list[int]) -> None:
    assert numbers == await found(books, text)


BETWEEN = " \n.,;:!?'@_-/’…€₺“”–—«»·•、。！🙂🤔🛒🚚👍🏽❤\ufe0f\u20e3\u200d"  # what stands between words in chats
# And what words are of, but for characters of old standards that Unicode takes for others of its own.
OF_WORDS = st.characters(categories=["L", "N", "Mn", "Mc"]).filter(
    lambda each: len(normalize("NFC", each)) > 1 or normalize("NFC", each) == each
)

# What is stored, what is typed, and whether it is found.
WORDS = [
    ("Crème brûlée", "creme", True),
    ("Creme brulee", "crème brûlée ", True),
    ("cre\u0300me", "crème ", True),
    ("crème", "cre\u0300me ", True),
    ("Tiếng Việt", "tieng viet ", True),
    ("ÆRLIG Øl på Åsen", "ærlig øl pa asen ", True),
    ("ærlig", "aerlig", False),
    ("Straße", "STRAßE ", True),
    ("STRAẞE", "straße ", True),
    ("Straße", "strasse", False),
    ("ΚΑΛΟΣ ΟΔΟΣ", "καλος οδοσ ", True),
    ("οδός", "ΟΔΌΣ ", True),
    ("οδο\u0301ς", "οδός ", True),
    ("Здравствуйте", "ЗДРАВСТВУЙТЕ ", True),
    ("мой заказ", "мои\u0306 ", True),
    ("мои\u0306 заказ", "мой ", True),
    ("еще", "ещё ", True),
    ("ещё", "еще ", False),
    ("ԲԱՐԵՎ", "բարեվ ", True),
    ("İSTANBUL", "istanbul ", True),
    ("istanbul", "İstanbul ", True),
    ("ısı", "ısı ", True),
    ("ısı", "isi ", False),
    ("“Late” parcel…", "late ", True),
    ("that’s mine", "thats", False),
    ("that’s mine", "s mine ", True),
    ("parcel—late", "parcel ", True),
    ("for 10€", "10 ", True),
    ("for ₺10", "10 ", True),
    ("Takk🙂", "takk ", True),
    ("🚚parcel👍🏽", "parcel ", True),
    ("❤\ufe0fparcel❤\ufe0f", "parcel ", True),
    ("\u2068Anna\u2069 wrote", "anna ", True),
    ("\u2b95Anna\u2b95", "anna ", True),
    ("\u061cAnna", "anna ", True),
    ("\u2068Anna\u2069 wrote", "anna ", True),
    ("\u2b95Anna\u2b95", "anna ", True),
    ("\u061cAnna", "anna ", True),
    ("1\ufe0f\u20e3 parcel", "1 ", True),
    ("to bob.moe@red.example!", "bob.moe@red.example ", True),
    ("to bob.moe@red.example!", "moe ", True),
    ("invoice_2030.pdf", "2030 ", True),
    ("नमस्ते दुनिया", "नमस्ते ", True),
    ("नमस्ते दुनिया", "नमस", True),
    ("नमस्ते दुनिया", "नमस ", False),
    ("ल\u095cका", "लड\u093cका ", True),
    ("लड\u093cका", "ल\u095cका ", True),
    ("สวัสดีครับ", "สวัสดี", True),
    ("สวัสดีครับ", "สวัสด ", False),
    ("شُكْرًا جزيلا", "شُكْرًا ", True),
    ("שָׁלוֹם", "שָׁלוֹם ", True),
    ("東京タワー、です", "東京タワー ", True),
    ("東京タワー", "東京", True),
    ("東京タワー", "タワー", False),
    ("한국", "한국 ", True),
    ("ガス", "カ\u3099ス ", True),
    ("カ\u3099ス", "ガス ", True),
    ("① Ⅳ ½ x²", "ⅳ x² ", True),
    ("the late parcel", '"late parcel"', True),
    ("the parcel late", '"late parcel"', False),
    ("late—“parcel”", '"late parcel"', True),
    ("late parcels", '"late parcel"', False),
    ("late parcels", '"late parcel', True),
    ("translate parcel", '"late parcel"', False),
    ("мои\u0306 заказ", '"мой заказ"', True),
    ("Crème, brûlée", '"CREME BRULEE"', True),
    ("parcel", "p", True),
    ("parcel", "p ", False),
    ("nothing", "#1", False),
    ("nothing", "c1", False),
    ("c1 x", "c1 ", True),
]


@pytest.mark.parametrize(("stored", "typed", "is_found"), WORDS)
async def test_words_are_read_alike_by_both_databases(
    books: Books,
    stored: str,
    typed: str,
    is_found: bool,  # noqa: FBT001 - a column of the table
) -> None:
    await books.do(create(message=stored))
    await books.do(create(title=stored))
    await books.do(create(author=author(identifier="named", name=stored)))
    expected = {5, 6, 7} if is_found else set()

    assert expected == {*await found(books, typed)} & {5, 6, 7}


@pytest.mark.parametrize("word", ["x" * 3_000, "東" * 3_000])
async def test_of_a_very_long_word_the_beginning_is_found(books: Books, word: str) -> None:
    await books.do(create(message=f"a {word} parcel"))

    assert [5] == await found(books, word[:199])
    assert [] == await found(books, f"{word[:199]} ")
    assert [5] == await found(books, f'"a {word[:100]}')


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.text(OF_WORDS | st.sampled_from(BETWEEN), max_size=QUERY_LIMIT))
async def test_a_text_is_found_by_all_its_words(books: Books, text: str) -> None:
    """Whatever stands between them, in whichever script."""
    created = await books.do(create(message=text))
    typed = text.replace('"', " ")

    assert read_query(typed, "q", Problems()) is None or created.conversation.id in await found(books, typed)


async def test_nothing_of_another_community_is_found(books: Books) -> None:
    assert [4] == await found(books, "parcel", community_id=RIVAL)
    assert [] == await found(books, "moe", community_id=RIVAL)


async def test_a_phrase_is_looked_for_in_the_newest_that_hold_its_words(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Differs by necessity: SQLite's index has the positions of words, so that it passes over what has no phrase."""
    monkeypatch.setattr(searching, "HITS", 1)
    expected = [1] if books.database.dialect == "sqlite" else []
    await books.do(create(message="Is it late, my parcel?"))

    assert [5] == await found(books, '"late my parcel"')
    assert expected == await found(books, '"my parcel is late"')


async def test_a_search_is_cut_to_a_view(books: Books) -> None:
    books.clock.move(timedelta(minutes=1))
    user, _ = await books.do(AddTeammate(community_id=SHOP, name="Anna", email="a@x", role=Role.AGENT, by="x"))
    await books.do(TakeNext(community_id=SHOP, user_id=user.id, by="x"))
    await books.do(CloseConversation(community_id=SHOP, conversation_id=2, by="x"))

    assert [1] == await found(books, "parcel", view=View.MINE, user_id=user.id)
    assert [] == await found(books, "parcel", view=View.MINE)
    assert [3] == await found(books, "parcel", view=View.WAITING)
    assert [1, 3] == await found(books, "parcel", view=View.OPEN)
    assert [2] == await found(books, "late", view=View.CLOSED_TODAY)
    assert [] == await found(books, "parcel", view=View.BOT)
    assert [] == await found(books, "parcel", category_id=99)


async def test_the_newest_change_comes_first_and_the_pages_follow(books: Books) -> None:
    page = ViewPage(
        take=1,
        user_id=NOBODY,
        today=books.clock.at,
        query=read_query("parcel", "q", Problems()),
    )
    (first,) = await books.reader.view(SHOP, page, at=books.clock.at)

    assert 3 == first.opened.conversation.id
    assert [1] == await found(books, "parcel", take=1, cursor=first.cursor)


async def test_who_waits_is_found_with_the_place(books: Books) -> None:
    page = ViewPage(take=9, user_id=NOBODY, today=books.clock.at, query=read_query("parcel", "q", Problems()))

    assert [3, 1] == [each.opened.position for each in await books.reader.view(SHOP, page, at=books.clock.at)]


async def test_what_is_written_later_imported_or_changed_is_found(books: Books) -> None:
    later = (NewMessage(author=author(email="bob@red.example", name="Robert"), text="Where is my scooter?"),)
    before = (NewMessage(author=author(email="bob@red.example"), text="An older bicycle"),)
    await books.do(AddMessages(community_id=SHOP, conversation_id=2, messages=later, by="x"))
    await books.do(ImportMessages(community_id=SHOP, conversation_id=2, messages=before, by="x"))
    await books.do(ChangeConversation(community_id=SHOP, conversation_id=2, details=Details(title="Vehicles"), by="x"))

    for text in ("scooter", "bicycle", "vehicles", "robert"):
        assert [2] == await found(books, text)
    assert [] == await found(books, "refund")


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=QUERY_LIMIT))
async def test_whatever_is_typed_is_searched_without_a_fault(books: Books, text: str) -> None:
    await found(books, text)
