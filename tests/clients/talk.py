"""An integrator's program on the generated Python client: run with the generator's packages, not imported by tests.

It takes the server's address, a client id and a refresh token, and prints what it got as JSON.
"""

import json
import sys

from parley_client import AuthenticatedClient, Client  # type: ignore[import-not-found]
from parley_client.api.default import (  # type: ignore[import-not-found]
    add_messages,
    create_conversation,
    get_conversation,
    token,
)
from parley_client.models import (  # type: ignore[import-not-found]
    CreateConversationBody,
    GetConversationOrderBy,
    MessageBody,
    TokenForm,
    UserValue,
)

url, client_id, refresh_token = sys.argv[1:]

form = TokenForm(grant_type="refresh_token", refresh_token=refresh_token, client_id=client_id)
signed_in = token.sync(client=Client(base_url=url), body=form)
client = AuthenticatedClient(base_url=url, token=signed_in.access_token)

john = UserValue(email="john@dow.com", name="John")
body = CreateConversationBody(author=john, url="https://thejohndow.com", message="First")
made = create_conversation.sync(client=client, body=body, idempotency_key="first").data
again = create_conversation.sync(client=client, body=body, idempotency_key="first").data
said = add_messages.sync(made.id, client=client, body=[MessageBody(author=john, message="Second")]).data
earliest = GetConversationOrderBy.CREATION_TIME_ASC
read = get_conversation.sync(made.id, client=client, include_messages=True, order_by=earliest).data
refused = add_messages.sync(made.id, client=client, body=[MessageBody(author=UserValue(), message="Third")])

print(  # noqa: T201 - what it got
    json.dumps(
        {
            "made": made.to_dict(),
            "again": again.to_dict(),
            "said": [message.to_dict() for message in said],
            "read": read.to_dict(),
            "refused": refused.to_dict(),
        }
    )
)
