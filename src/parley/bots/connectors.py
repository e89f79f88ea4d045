"""The connectors there are, by the kind of bot."""

from collections.abc import Mapping

from parley.bots import openai, rasa, webhook
from parley.bots.asking import Connector
from parley.core.bots import BotKind

CONNECTORS: Mapping[str, Connector] = {
    BotKind.WEBHOOK: webhook.CONNECTOR,
    BotKind.RASA: rasa.CONNECTOR,
    BotKind.OPENAI: openai.CONNECTOR,
}
