"""What the demo's people say: short conversations with a shop, each with a client's part and the team's."""

import msgspec

from parley.core.conversations import Sentiment


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation. The client says the first of `client`, and the next whenever the team has answered.

    With `bot` the community's bot speaks first, once for each of the client's words, until it hands over.
    """

    title: str
    category: str
    client: tuple[str, ...]
    team: tuple[str, ...]
    bot: tuple[str, ...] = ()
    note: str | None = None
    sentiment: Sentiment = Sentiment.QUESTION
    is_liked: bool | None = None  # the feedback, if any is given


CATEGORIES = ("Orders", "Delivery", "Returns", "Account")

TEAM = ("Anna Berg", "Bo Lindqvist", "Chidi Okafor")

CLIENTS = (
    "Alice Martin",
    "Ben Howard",
    "Carla Jimenez",
    "Dmitri Volkov",
    "Elif Yilmaz",
    "Farid Haddad",
    "Grace Kim",
    "Henrik Dahl",
    "Ingrid Solberg",
    "João Pereira",
    "Kaja Nowak",
    "Liam O’Brien",
    "Mei Lin",
    "Noah Fischer",
    "Olga Ivanova",
    "Priya Nair",
)

THANKS = ("Thank you, that is all I needed.", "Great, thanks for the help!", "Perfect. Have a nice day.")

SCRIPTS = (
    Script(
        title="Where is my parcel?",
        category="Delivery",
        client=(
            "Hello, my parcel was to arrive on Monday and it has not.",
            "The order is 48213.",
            "Could it be left with the neighbour at number 6?",
        ),
        team=(
            "Hello! Let me look. What is the number of your order?",
            "Thank you. It left the depot this morning and comes today between 14 and 17.",
            "I have asked the driver to leave it at number 6.",
        ),
        note="Carrier says: on the van since 8:40. Second delay for this client this month.",
        is_liked=True,
    ),
    Script(
        title="The shoes are too small",
        category="Returns",
        client=(
            "Can I change shoes that are too small?",
            "I would rather talk to a person, please.",
            "They are size 39, I need 40.",
        ),
        bot=("You can return anything within 60 days. Shall I send you a label?",),
        team=(
            "Hi, I can help with that. Which size do you need?",
            "We have them in 40. I will send them today, and the label for the old ones comes by e-mail.",
        ),
        is_liked=True,
    ),
    Script(
        title="Charged twice",
        category="Orders",
        client=(
            "You have charged my card twice for the same order!",
            "Yes, twice 89.00, both yesterday.",
            "Good. How long will that take?",
        ),
        team=(
            "I am sorry about that. Do you see two amounts on the statement?",
            "I can see both. One of them is only a reservation, and I have just released it.",
            "It is gone from your account within two working days.",
        ),
        note="Payment provider shows one capture and one authorisation. Released by hand.",
        sentiment=Sentiment.COMPLAINT,
        is_liked=True,
    ),
    Script(
        title="I cannot sign in",
        category="Account",
        client=("I do not get the e-mail to set a new password.", "It is the address I write from.", "Now it came!"),
        bot=("Please look into the folder for unwanted mail. Was it there?",),
        team=(
            "Let me check. Which e-mail address do you use with us?",
            "It was blocked after three failed tries. I have opened it and sent the e-mail once more.",
        ),
    ),
    Script(
        title="Do you ship to Iceland?",
        category="Delivery",
        client=("Do you ship to Iceland?", "And what does it cost?"),
        bot=("We ship to all countries of Europe.", "I am not sure about the price. I will fetch a person."),
        team=("It is 14.90, and free from 150. It takes about six days.",),
        is_liked=True,
    ),
    Script(
        title="The lamp arrived broken",
        category="Returns",
        client=(
            "The lamp I bought arrived with a broken glass.",
            "I have thrown the box away already.",
            "A new one, please.",
        ),
        team=(
            "That should not happen. Do you still have the box it came in?",
            "No matter. Would you like a new lamp or your money back?",
            "It is on its way. You need not send the broken one back.",
        ),
        sentiment=Sentiment.COMPLAINT,
    ),
    Script(
        title="An idea for gift cards",
        category="Orders",
        client=("It would be lovely if gift cards could be sent by post.", "Yes, with a ribbon!"),
        team=("What a nice thought. As a printed card?", "I have passed it on to the people who make them."),
        sentiment=Sentiment.SUGGESTION,
    ),
    Script(
        title="Just wanted to say thanks",
        category="Orders",
        client=("The coat is even better than in the pictures. Thank you!",),
        team=("How kind of you to write! Enjoy it.",),
        sentiment=Sentiment.PRAISE,
        is_liked=True,
    ),
    Script(
        title="Change the delivery address",
        category="Delivery",
        client=(
            "I have moved. Can you send order 48377 to my new address?",
            "Storgata 12, Lillehammer.",
        ),
        team=(
            "Of course, it has not left yet. What is the new address?",
            "Changed. You will get a new confirmation by e-mail.",
        ),
        is_liked=True,
    ),
    Script(
        title="An invoice for the company",
        category="Account",
        client=("I need an invoice with our company’s name on it.", "Nordlys Design AS.", "Thank you!"),
        bot=("You find your invoices under “My orders”. Is it another one that you need?",),
        team=("I can make that. What name should it have?", "Done. It is in your inbox in a minute."),
        is_liked=False,
    ),
)


def email_of(name: str) -> str:
    """An address that is nobody's (RFC 2606)."""
    return f"{''.join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())}@example.com"
