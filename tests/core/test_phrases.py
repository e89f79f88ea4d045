"""Asking for a person: what is heard as that, in each language, and what is not."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import phrases
from parley.core.phrases import DEFAULT_LANGUAGES, HEARD_LIMIT, LANGUAGES, asks_for_person
from parley.core.texts import MESSAGE_LIMIT

HEARD = {
    "en": [
        "I want to talk to a human",
        "Can I speak to a real person, please?",
        "Hi, could you connect me to an agent",
        "please transfer me to a human agent",
        "Let me talk to someone",
        "I’d like to chat with a representative about my refund",
        "I need to talk to somebody else",
        "I need to talk to someone urgently",
        "I want to talk to a human, not a bot",
        "let me talk to a person not a robot",
        "No, I want to talk to a human",
        "I'm done with this bot. Give me a real person!",
        "I want to speak with customer support now",
        "put me through to the support team",
        "Could I speak with a member of staff?",
        "Human",
        "human being",
        "An agent, please!",
        "Can I get a human?",
        "I just want a real person",
        "Hello. Human please",
        "Customer service",
        "human 🙏",
    ],
    "nb": [
        "Jeg vil snakke med et menneske",
        "Kan jeg få snakke med en kundebehandler?",
        "Jeg vil heller snakke med et menneske enn med deg. Jeg vil snakke med et menneske!",
        "jeg vil snakke med et menneske ikke en robot",
        "Sett meg over til en person",
        "Kan du koble meg til kundeservice",
        "Et menneske, takk",
        "kundeservice",
    ],
    "sv": [
        "Jag vill prata med en människa",
        "Kan jag få tala med någon?",
        "Jag vill prata med en människa inte en robot",
        "Koppla mig till en människa",
        "Koppla mig vidare till kundtjänst, tack",
        "En riktig människa, tack!",
        "Kundtjänst",
    ],
    "da": [
        "Jeg vil gerne tale med et menneske",
        "Må jeg snakke med en person?",
        "jeg vil snakke med et menneske ikke en robot",
        "Stil mig om til en medarbejder",
        "Kan du viderestille mig til kundeservice",
        "Et menneske, tak",
        "Medarbejder",
    ],
    "de": [
        "Ich möchte mit einem Menschen sprechen",
        "Kann ich bitte mit jemandem sprechen?",
        "Ich will mit einem Menschen sprechen nicht mit einem Bot",
        "Ich möchte einen Mitarbeiter sprechen",
        "Ich möchte sprechen mit einem Mitarbeiter",
        "Verbinden Sie mich bitte mit einem Mitarbeiter",
        "Kann ich mit einer Person verbunden werden?",
        "Ich will einen Menschen",
        "Kundenservice, bitte",
        "Mensch!",
    ],
    "fi": [
        "Haluan puhua ihmisen kanssa",
        "Saanko puhua oikean ihmisen kanssa?",
        "Haluan puhua ihmisen kanssa en robotin",
        "Haluaisin puhua ihmiselle, kiitos",
        "Yhdistä minut asiakaspalvelijalle",
        "Asiakaspalvelija, kiitos",
        "Ihminen",
    ],
}
UNHEARD = {
    "en": [
        "I do not want to talk to a human",
        "I don't want to talk to a human",
        "I never want to talk to an agent",
        "I would rather not talk to a person",
        "Can it be done without having to talk to an agent?",
        "Please don't transfer me to an agent",
        "Do not connect me with a person",
        "talk to a human resources manager",
        "I'd like to speak to a human-resources manager",
        "human resources manager",
        "Agent Smith",
        "I need an agent for my flat",
        "The agent was rude",
        "Customer service was bad",
        "I spoke to a human yesterday",
        "I did talk to an agent yesterday",
        "Are you a human?",
        "Is this a real person?",
        "The person who ordered is my wife",
        "They talked to an agent",
        "superhuman",
        "Where is my order?",
    ],
    "nb": [
        "Jeg vil ikke snakke med et menneske",
        "Jeg slipper å snakke med en person",
        "Kan jeg snakke med en person jeg kjenner?",
        "Er du et menneske?",
        "Rådgiveren min sa det",
        "Kundeservice er dårlig",
    ],
    "sv": [
        "Jag vill inte prata med en människa",
        "Jag slipper prata med en person",
        "Är du en människa?",
        "Er kundtjänst är dålig",
    ],
    "da": [
        "Jeg vil ikke tale med et menneske",
        "Er du et menneske?",
        "Jeres kundeservice er dårlig",
    ],
    "de": [
        "Ich möchte nicht mit einem Menschen sprechen",
        "Ich will keinen Mitarbeiter sprechen",
        "Sind Sie ein Mensch?",
        "Der Mitarbeiter war unfreundlich",
        "Wie viele Mitarbeiter haben Sie?",
    ],
    "fi": [
        "En halua puhua ihmisen kanssa",
        "Oletko ihminen?",
        "Ihminen on outo",
        "Puhuin asiakaspalvelijan kanssa",
    ],
}
APOSTROPHES = ["'", "’", "‘", "`", "´", "ʼ", "′", "＇"]  # noqa: RUF001 - these are what it is about

HEARD_ONES = [(name, text) for name, texts in HEARD.items() for text in texts]
UNHEARD_ONES = [(name, text) for name, texts in UNHEARD.items() for text in texts]
# Every phrase of every language.
ASKS = [(name, ask) for name, language in LANGUAGES.items() for ask in language.asks]
ALL = ASKS + [(name, call) for name, language in LANGUAGES.items() for call in language.calls]

blanks = st.text(" .!?…-*\t\n🙏", max_size=4)


def test_every_language_has_its_examples() -> None:
    assert LANGUAGES.keys() == HEARD.keys() == UNHEARD.keys()
    assert tuple(LANGUAGES) == DEFAULT_LANGUAGES


@pytest.mark.parametrize(("name", "text"), HEARD_ONES)
def test_a_wish_is_heard_in_its_language_and_among_all(name: str, text: str) -> None:
    assert asks_for_person(text, (name,))
    assert asks_for_person(text, DEFAULT_LANGUAGES)


@pytest.mark.parametrize(("name", "text"), UNHEARD_ONES)
def test_what_is_no_wish_is_not_heard_as_one_in_any_language(name: str, text: str) -> None:
    assert not asks_for_person(text, (name,))
    assert not asks_for_person(text, DEFAULT_LANGUAGES)


@pytest.mark.parametrize("text", [texts[0] for name, texts in HEARD.items() if name != "en"])
def test_a_wish_in_a_language_that_is_not_listened_for_is_not_heard(text: str) -> None:
    assert not asks_for_person(text, ("en",))
    assert not asks_for_person(text, ())


@given(st.sampled_from(ALL), blanks, blanks)
def test_every_phrase_alone_is_heard_in_any_case_and_among_any_signs(
    phrase: tuple[str, str], before: str, behind: str
) -> None:
    name, text = phrase

    for shape in (text, text.upper(), text.title(), text.replace(" ", "  ")):
        assert asks_for_person(f"{before} {shape}{behind}", (name,)), shape


@given(st.data())
def test_courtesies_change_nothing(data: st.DataObject) -> None:
    name, text = data.draw(st.sampled_from(ALL))
    courtesies = st.lists(st.sampled_from(sorted(LANGUAGES[name].courtesies)), max_size=3)
    words = [*data.draw(courtesies), text, *data.draw(courtesies)]

    assert asks_for_person(" ".join(words), (name,))


@given(st.data(), st.lists(st.sampled_from(["xyzzy", "plugh"]), max_size=phrases.NEAR - 1))
def test_a_refusal_near_an_ask_turns_it_round(data: st.DataObject, between: list[str]) -> None:
    name, text = data.draw(st.sampled_from(ASKS))
    refusal = data.draw(st.sampled_from(sorted(LANGUAGES[name].refusals)))

    assert not asks_for_person(" ".join([refusal, *between, text]), (name,))


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_refusal_farther_away_is_about_something_else(name: str) -> None:
    refusal = min(LANGUAGES[name].refusals)
    text = f"{refusal} xyzzy xyzzy xyzzy {LANGUAGES[name].asks[0]}"

    assert asks_for_person(text, (name,))


def test_a_refusal_in_another_clause_is_about_something_else() -> None:
    assert asks_for_person("This does not help, talk to a human", ("en",))
    assert asks_for_person("I will not wait. Talk to a human!", ("en",))


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_refusal_is_a_courtesy(name: str) -> None:
    assert set() == LANGUAGES[name].refusals & LANGUAGES[name].courtesies


@given(st.data())
def test_a_call_in_a_longer_sentence_is_none(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(LANGUAGES)))
    call = data.draw(st.sampled_from(LANGUAGES[name].calls))

    assert not asks_for_person(f"xyzzy {call}", (name,))
    assert not asks_for_person(f"{call} xyzzy", (name,))


@pytest.mark.parametrize("name", LANGUAGES)
def test_an_ask_is_heard_before_a_word_that_leads_on_and_no_other(name: str) -> None:
    language = LANGUAGES[name]

    assert all(asks_for_person(f"xyzzy {language.asks[0]} {word} xyzzy", (name,)) for word in language.onward)
    assert not asks_for_person(f"xyzzy {language.asks[0]} xyzzy", (name,))


@pytest.mark.parametrize("apostrophe", APOSTROPHES)
def test_every_apostrophe_is_one(apostrophe: str) -> None:
    """Else "don't" would be two words, neither of which is a refusal."""
    assert not asks_for_person(f"I don{apostrophe}t want to talk to a human", DEFAULT_LANGUAGES)
    assert asks_for_person(f"I{apostrophe}d like to talk to a human", DEFAULT_LANGUAGES)
    assert asks_for_person(f"{apostrophe}human{apostrophe}", DEFAULT_LANGUAGES)


@pytest.mark.parametrize(
    "text",
    [
        "JAG VILL PRATA MED EN MÄNNISKA",
        "jag vill prata med en ma\u0308nniska",  # the mark apart from its letter
        "ｈｕｍａｎ",  # noqa: RUF001 - what a Japanese keyboard makes of it
        "talk\u00a0to a\u2003human",
    ],
)
def test_letters_are_the_same_however_they_are_written(text: str) -> None:
    assert asks_for_person(text, DEFAULT_LANGUAGES)


@pytest.mark.parametrize("sign", [".", "!", "?", ",", ";", ":", "(", "\n", "–", "…", '"'])
def test_a_clause_ends_at_its_sign(sign: str) -> None:
    assert asks_for_person(f"Where is my order{sign} human", ("en",))
    assert not asks_for_person(f"Please talk to{sign} a human", ("de",))


def test_a_wish_at_the_end_of_a_very_long_letter_is_not_heard() -> None:
    wish = ". Talk to a human"

    assert asks_for_person("x" * (HEARD_LIMIT - len(wish)) + wish, ("en",))
    assert not asks_for_person("x" * HEARD_LIMIT + wish, ("en",))


# The operator's own


@pytest.mark.parametrize("text", ["beam me up", "Beam me up!", "Please, beam me up now", "Scotty please beam me up"])
def test_a_phrase_of_the_operators_may_stand_in_a_sentence(text: str) -> None:
    assert asks_for_person(text, ("en",), ("Beam me up",))
    assert not asks_for_person(text, ("en",))


@pytest.mark.parametrize("text", ["Do not beam me up", "beam me up Scotty", "beam me upwards", "beam up me"])
def test_a_phrase_of_the_operators_can_be_turned_round_and_must_be_whole(text: str) -> None:
    assert not asks_for_person(text, ("en",), ("beam me up",))


def test_a_single_word_of_the_operators_must_be_the_whole_sentence() -> None:
    assert asks_for_person("Scotty, please!", ("en",), ("scotty",))
    assert asks_for_person("Hello Scotty", ("en",), ("scotty",))
    assert not asks_for_person("Scotty was rude", ("en",), ("scotty",))


def test_a_phrase_of_the_operators_is_met_by_the_courtesies_of_every_language_listened_for() -> None:
    assert asks_for_person("Hei, Scotty, kiitos", ("en", "fi"), ("scotty",))
    assert not asks_for_person("Hei Scotty kiitos", ("en",), ("scotty",))


def test_several_phrases_of_the_operators_may_begin_alike() -> None:
    further = ("beam me", "beam me up at once", "beam us up")

    assert asks_for_person("Beam me up at once", ("en",), further)
    assert asks_for_person("please beam us up", ("en",), further)
    assert not asks_for_person("beam me down", ("en",), further)


def test_a_phrase_of_the_operators_without_a_word_is_never_found() -> None:
    assert not asks_for_person("!!!", ("en",), ("!!!", "…"))


def test_without_a_language_the_operators_phrases_are_still_heard() -> None:
    assert asks_for_person("beam me up", (), ("beam me up",))


@given(st.text(st.characters(), max_size=80) | st.just("a " * MESSAGE_LIMIT))
def test_whatever_is_written_is_listened_to(text: str) -> None:
    assert asks_for_person(text, DEFAULT_LANGUAGES, ("beam me up",)) in {False, True}


@given(st.sampled_from(HEARD_ONES), st.sampled_from(UNHEARD_ONES))
def test_a_wish_is_heard_beside_anything_else(wish: tuple[str, str], other: tuple[str, str]) -> None:
    for one, two in product((wish[1], other[1]), repeat=2):
        assert asks_for_person(f"{one}. {two}", DEFAULT_LANGUAGES) == (wish[1] in {one, two})
