"""Webhooks: how soon they arrive, what they cost, and what a dead receiver costs everybody else.

Three questions, each with its own servers and the same receiver, a process that reads and answers and does nothing
else (`receiver.py`):

- from a write's answer to the webhook's arrival, at 100 writes a second;
- deliveries for each second of processor time, beside a plain loop with aiohttp that only posts the same bodies over
  as many connections (`poster.py`): no log, no order, no signature, no record of what became of them;
- a receiver that is dead, with 100,000 events waiting for it: what a create costs the server, and how soon another
  endpoint's webhooks arrive, each beside the same without the dead one.
"""
