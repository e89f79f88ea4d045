"""Asking for a person in words: phrases per language, and how they are found in what a client writes.

A phrase is found as whole words, without regard to case, punctuation and the kind of apostrophe. One with a verb, like
"talk to a human", may stand in a longer sentence, but what follows must leave it whole ("talk to a human resources
manager" is no wish for a person) and the three words before may not turn it round ("I do not want to talk to a
human"). A name alone, like "agent", counts only when the rest of the sentence is courtesy ("An agent, please!").
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

import msgspec

NEAR = 3  # words before a phrase in which a refusal turns it round
HEARD_LIMIT = 2_000  # characters of a message that are listened to: who asks for a person does not write a letter

_CLAUSE_ENDS = re.compile(r"[.!?,;:()\[\]\"“”„«»…–—\n\r\t]+")
_APOSTROPHES = re.compile("['\u2019\u2018`\u00b4\u02bc\u2032\uff07]")  # whatever keyboards have for one
_WORD = re.compile(r"\w+")

Words = tuple[str, ...]


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """How one language asks for a person.

    `asks` may stand in a sentence, `calls` only among `courtesies`. `onward` are the words that may follow an ask,
    `refusals` those that turn it round. `farewell` is what the bot says when it gives up.
    """

    farewell: str
    asks: tuple[str, ...]
    calls: tuple[str, ...]
    courtesies: frozenset[str]
    onward: frozenset[str]
    refusals: frozenset[str]


class _Ear(msgspec.Struct, frozen=True):
    """A language made ready: phrases by their first word, each with whether it may stand in a sentence."""

    phrases: dict[str, tuple[tuple[Words, bool], ...]]
    courtesies: frozenset[str]
    onward: frozenset[str]
    refusals: frozenset[str]


def asks_for_person(text: str, languages: tuple[str, ...], further: tuple[str, ...] = ()) -> bool:
    """Whether a client's message asks for a person, in one of the languages or with one of the operator's phrases.

    A further phrase of one word must be the whole sentence but for courtesies; a longer one may stand in it.
    """
    clauses = [words for part in _CLAUSE_ENDS.split(text[:HEARD_LIMIT]) if (words := _words(part))]
    return any(_hears(ear, clause) for ear in _ears(languages, further) for clause in clauses)


def _hears(ear: _Ear, clause: Words) -> bool:
    for start, word in enumerate(clause):
        for phrase, is_ask in ear.phrases.get(word, ()):
            end = start + len(phrase)
            if clause[start:end] == phrase and _stands(ear, clause, start, end, is_ask=is_ask):
                return True
    return False


def _stands(ear: _Ear, clause: Words, start: int, end: int, *, is_ask: bool) -> bool:
    """Whether the phrase found there is meant."""
    if ear.courtesies.issuperset(clause[:start] + clause[end:]):
        return True
    is_whole = end == len(clause) or clause[end] in ear.onward
    return is_ask and is_whole and ear.refusals.isdisjoint(clause[max(0, start - NEAR) : start])


@lru_cache(1_000)
def _ears(languages: tuple[str, ...], further: tuple[str, ...]) -> tuple[_Ear, ...]:
    chosen = [LANGUAGES[name] for name in languages]
    ears = [_ear(language.asks, language.calls, (language,)) for language in chosen]
    if further:
        ears.append(_ear((), further, tuple(chosen)))
    return tuple(ears)


def _ear(asks: tuple[str, ...], calls: tuple[str, ...], languages: tuple[Language, ...]) -> _Ear:
    found: dict[str, list[tuple[Words, bool]]] = {}
    for phrase, is_ask in [*((ask, True) for ask in asks), *((call, False) for call in calls)]:
        words = _words(phrase)
        if words:
            found.setdefault(words[0], []).append((words, is_ask or (not asks and len(words) > 1)))
    return _Ear(
        {first: tuple(phrases) for first, phrases in found.items()},
        _all(language.courtesies for language in languages),
        _all(language.onward for language in languages),
        _all(language.refusals for language in languages),
    )


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _words(text: str) -> Words:
    """The words in the form in which they are compared."""
    plain = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)).casefold()  # NFKC makes a gap of an accent
    return tuple(_WORD.findall(plain))


def _each(pattern: str, *parts: str) -> tuple[str, ...]:
    """The pattern with every choice for each {}; choices are separated by |."""
    return tuple(pattern.format(*chosen) for chosen in product(*(part.split("|") for part in parts)))


def _set(words: str) -> frozenset[str]:
    return frozenset(_words(words))


_EN = (
    "a human|a person|a human being|a real human|a real person|a live person|an agent|a human agent|a live agent|"
    "a real agent|an operator|a human operator|a representative|a customer service representative|an employee|"
    "a member of staff|someone|somebody|someone real|customer service|customer support|the support team|support|"
    "human|person|agent|real human|real person|human agent|live agent|operator|representative"
)
_NB = (
    "et menneske|ett menneske|et ekte menneske|en person|en ekte person|en virkelig person|en kundebehandler|"
    "en kunderådgiver|en rådgiver|en medarbeider|en ansatt|en operatør|en agent|noen|kundeservice|kundesenteret|"
    "kundestøtte|menneske|person|ekte menneske|ekte person|kundebehandler|kunderådgiver|rådgiver|medarbeider"
)
_SV = (
    "en människa|en riktig människa|en person|en riktig person|en handläggare|en medarbetare|en anställd|någon|"
    "en operatör|en agent|kundtjänst|kundservice|en kundtjänstmedarbetare|supporten|människa|person|medarbetare|"
    "riktig människa|riktig person"
)
_DA = (
    "et menneske|et rigtigt menneske|en person|en rigtig person|en medarbejder|en ansat|nogen|en operatør|en agent|"
    "en rådgiver|kundeservice|en kundeservicemedarbejder|supporten|menneske|person|medarbejder|rigtigt menneske|"
    "rigtig person"
)
_DE = (
    "einem menschen|einem echten menschen|einem richtigen menschen|einer person|einer echten person|"
    "einem mitarbeiter|einer mitarbeiterin|einem kundenberater|einer kundenberaterin|einem berater|einer beraterin|"
    "einem agenten|einem kollegen|einer kollegin|jemandem|jemanden|dem kundenservice|dem kundendienst|dem support|"
    "mensch|menschen|mitarbeiter|person"
)
_DE_WHOM = (
    "einen menschen|einen echten menschen|einen richtigen menschen|eine person|eine echte person|einen mitarbeiter|"
    "eine mitarbeiterin|einen kundenberater|eine kundenberaterin|einen berater|eine beraterin|einen agenten|jemanden"
)
_FI = "ihmisen|oikean ihmisen|henkilön|oikean henkilön|asiakaspalvelijan|asiakaspalvelun|työntekijän|virkailijan|jonkun"
_FI_TO = (
    "ihmiselle|oikealle ihmiselle|henkilölle|asiakaspalvelijalle|asiakaspalveluun|työntekijälle|virkailijalle|jollekin"
)

LANGUAGES: dict[str, Language] = {
    "en": Language(
        farewell="I cannot answer right now, so I am passing you on to a person. Please wait a moment.",
        asks=(
            *_each("{} {} {}", "talk|speak|chat", "to|with", _EN),
            *_each("{} me {} {}", "connect|transfer|hand|pass|put", "to|with|over to|on to|through to", _EN),
            *_each("{} me {}", "get|give", "a human|a person|a real human|a real person|an agent|a human agent"),
        ),
        calls=(
            *("human", "humans", "person", "agent", "operator", "representative", "real human", "real person"),
            *("human agent", "live agent", "real agent", "live person", "human being", "human operator"),
            *("customer service", "customer support", "human please"),
        ),
        courtesies=_set(
            "hi hello hey please pls i want need would id like a an the now thanks thank you ok okay just only yes can"
            " could may get"
        ),
        onward=_set(
            "please pls now about regarding concerning because instead and or but who that which right immediately asap"
            " today thanks thank here in from at on for if so rather as to directly there when again first soon"
            " urgently else not"
        ),
        refusals=_set("dont doesnt didnt wont not never without neednt"),
    ),
    "nb": Language(
        farewell="Jeg kan ikke svare akkurat nå, så jeg setter deg over til et menneske. Vent litt, er du snill.",
        asks=(
            *_each("{} med {}", "snakke|prate|chatte|snakk", _NB),
            *_each("{} meg {} {}", "sett|sette|overfør|overføre|koble", "til|over til|videre til", _NB),
        ),
        calls=(
            *("menneske", "person", "ekte menneske", "ekte person", "kundebehandler", "kunderådgiver", "rådgiver"),
            *("medarbeider", "operatør", "kundeservice", "kundesenter"),
        ),
        courtesies=_set("hei hallo jeg vil ønsker trenger kan få en et ett vær så snill takk nå bare med gjerne ja ok"),
        onward=_set(
            "takk nå om angående fordi i og eller men som vær er på fra for heller istedenfor direkte ved hos her ikke"
        ),
        refusals=_set("ikke aldri uten slipper"),
    ),
    "sv": Language(
        farewell="Jag kan inte svara just nu, så jag kopplar dig vidare till en människa. Vänta ett ögonblick.",
        asks=(
            *_each("{} med {}", "prata|tala|snacka|chatta", _SV),
            *_each("{} mig {} {}", "koppla|skicka", "till|vidare till", _SV),
        ),
        calls=(
            *("människa", "person", "riktig människa", "riktig person", "handläggare", "medarbetare", "operatör"),
            *("kundtjänst", "kundservice", "kundtjänstmedarbetare"),
        ),
        courtesies=_set(
            "hej hallå jag vill skulle vilja behöver kan få en ett tack nu bara med gärna snälla att ja ok"
        ),
        onward=_set("tack nu om angående eftersom för i och eller men som på från istället snälla direkt hos här inte"),
        refusals=_set("inte aldrig utan slipper"),
    ),
    "da": Language(
        farewell="Jeg kan ikke svare lige nu, så jeg stiller dig om til et menneske. Vent et øjeblik.",
        asks=(
            *_each("{} med {}", "tale|snakke|chatte|tal|snak", _DA),
            *_each("{} mig {} {}", "stil|stille|viderestil|viderestille|sæt|sætte", "til|om til|over til", _DA),
        ),
        calls=(
            *("menneske", "person", "rigtigt menneske", "rigtig person", "medarbejder", "operatør", "rådgiver"),
            *("kundeservice", "kundeservicemedarbejder"),
        ),
        courtesies=_set("hej hallo jeg vil gerne ønsker har brug for kan få en et tak nu bare med venligst ja ok"),
        onward=_set("tak nu om angående fordi i og eller men som på fra for hellere direkte hos her venligst ikke"),
        refusals=_set("ikke aldrig uden slipper"),
    ),
    "de": Language(
        farewell="Ich kann gerade nicht antworten und gebe Sie an einen Menschen weiter. Einen Moment, bitte.",
        asks=(
            *_each("mit {} {}", _DE, "sprechen|reden|chatten|schreiben|verbinden|verbunden werden"),
            *_each("{} mit {}", "sprechen|reden|chatten", _DE),
            *_each("{} sprechen", _DE_WHOM),
            *_each("{} mich {} {}", "verbinden sie|verbinde|verbindet", "bitte mit|mit", _DE),
        ),
        calls=(
            *("mensch", "mitarbeiter", "mitarbeiterin", "kundenberater", "kundenberaterin", "berater", "agent"),
            *(
                "menschen",
                "echter mensch",
                "echten menschen",
                "echte person",
                "kundenservice",
                "kundendienst",
                "operator",
            ),
        ),
        courtesies=_set(
            "hallo hi guten tag ich möchte will würde gerne gern brauche bitte einen eine ein einem einer jetzt danke"
            " kann mit nur ja ok"
        ),
        onward=_set(
            "bitte jetzt danke und oder aber weil da wegen über der die das sofort direkt können kann zu statt lieber"
            " um zum zur ob wenn dann hier nicht"
        ),
        refusals=_set("nicht nie niemals ohne kein keinen"),
    ),
    "fi": Language(
        farewell="En pysty vastaamaan juuri nyt, joten siirrän sinut ihmiselle. Odota hetki.",
        asks=(
            *_each("{} {} kanssa", "puhua|keskustella|jutella|chatata", _FI),
            *_each("puhua {}", _FI_TO),
            *_each("{} {} {}", "yhdistä|yhdistäkää|siirrä|siirtäkää", "minut|minua", _FI_TO),
        ),
        calls=(
            *("ihminen", "ihmiselle", "oikea ihminen", "henkilö", "asiakaspalvelija", "asiakaspalvelijalle"),
            *("asiakaspalvelu", "asiakaspalveluun", "virkailija", "työntekijä"),
        ),
        courtesies=_set("hei moi terve haluan haluaisin voinko saanko tarvitsen kiitos nyt vain minä ole hyvä joo ok"),
        onward=_set("kiitos nyt heti koska joka jotta asiasta ja tai mutta mieluummin suoraan ole eikä vai täällä en"),
        refusals=_set("en ei älä ilman koskaan"),
    ),
}
DEFAULT_LANGUAGES: tuple[str, ...] = tuple(LANGUAGES)
