"""Live streams: what an idle one costs in memory, and whether creates go on while thousands are held.

Three servers on SQLite, each with two communities. The streams are `GET /events` of the quiet one, in which nothing
happens; the creates are the other's. So no create is told to any stream: what is measured is that so many are there.

- how much resident memory the server has after creates, with 1,000 streams, and with 5,000, once each of them has had
  a heartbeat; one process holds them all (`holder.py`) and counts what each hears;
- what a create costs, and how long it takes, while 5,000 streams are held, beside a server with one stream and one
  with none: the first of all streams has the server read its log, the others have not;
- in the end, that each stream is still open, how long it ever heard nothing, and how soon all of them have heard of
  something that happens in the quiet community after all.
"""
