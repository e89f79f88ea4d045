"""The queue as it is now, and reports of the last days."""

from parley.api import agent_objects, report_objects, wire
from parley.api.calls import Answer, Call, read_whole
from parley.core import reports, views
from parley.core.views import View
from parley.ports import ViewPage

WAITING_SHOWN = 100
DAYS = 7  # of a report, unless told otherwise


async def queue(call: Call) -> Answer:
    """GET /agents/queue."""
    reader, community_id, now = call.backend.reader, call.agent.community_id, call.backend.now()
    page = ViewPage(take=WAITING_SHOWN, user_id=call.agent.user_id, today=views.midnight(now), view=View.WAITING)
    window = reports.minutes_until(now)
    waiting = report_objects.show_waiting(await reader.view(community_id, page, at=now), now)
    past = await reader.traffic(community_id, window)
    chats = await reader.open_chats(community_id)
    teammates = [
        agent_objects.show_agent(user, teammate, chats.get(user.id, 0))
        for user, teammate in await reader.teammates(community_id)
    ]
    history = reports.buckets_of(past, window)
    return Answer(wire.envelope(report_objects.show_queue(waiting, teammates, past, history)))


async def report(call: Call) -> Answer:
    """GET /agents/reports."""
    days = read_whole(call.query().get("days"), "days", least=1, most=reports.DAYS_LIMIT, default=DAYS)
    now = call.backend.now()
    window = reports.days_until(now, days)
    past = await call.backend.reader.past(call.agent.community_id, window)
    return Answer(wire.envelope(report_objects.show_report(reports.report_of(past, window, now=now))))
