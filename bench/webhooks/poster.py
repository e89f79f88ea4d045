"""The plain loop: posts so many bodies over so many connections and prints the processor seconds it took."""

import asyncio
import sys
import time

import aiohttp
import uvloop

BODY = (
    b'{"CommunityName":"Bench","EventType":"conversation_created","Events":[{"InboxLink":'
    b'"http://127.0.0.1:8080/inbox/conversations/1?ticketId=1","ConversationId":1,"Conversation":{"Author":{"Id":'
    b'"01a2066f-4beb-7f70-851c-cd1a277ff515","Name":"John","Image":null,"Email":"john1@dow.com","CustomIdentifier":null,'
    b'"Status":"client","IsBot":false},"CreationTime":"2026-11-23T03:24:46.961316+00:00","Id":1,"IsClosed":false,'
    b'"IsTakeoverEnabled":true,"LastModifiedTime":"2026-11-23T03:24:46.961316+00:00","Messages":[],'
    b'"QueuePositionInfo":{"Position":1,"WaitTime":null},"Feedback":null,"TotalMessagesCount":0,"Fields":null,'
    b'"InitialPageUrl":"https://thejohndow.com","LatestPageUrl":"https://thejohndow.com"},'
    b'"EventTime":"2026-11-23T03:24:46.961316+00:00"}],"TicketId":1}'
)
HEADERS = {"content-type": "application/json"}


async def _post_all(url: str, count: int, connections: int) -> float:
    left = iter(range(count))
    async with aiohttp.ClientSession() as session:

        async def post() -> None:
            for _ in left:
                async with session.post(url, data=BODY, headers=HEADERS) as response:
                    await response.read()

        began = time.process_time()
        await asyncio.gather(*(post() for _ in range(connections)))
        return time.process_time() - began


if __name__ == "__main__":
    print(uvloop.run(_post_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
