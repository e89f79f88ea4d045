"""The baseline: the same work as most people would write it well, to have something to compare with.

FastAPI, SQLAlchemy 2 ORM sessions and pydantic on one uvicorn process (uvloop, httptools); one transaction
for each request on SQLite in WAL mode with `synchronous=FULL`. It is meant to be as fast as this way of
writing allows. What was chosen in its favour:

- The endpoints are `def` functions in FastAPI's thread pool. `baseline-blocking` is another form, faster for a write
  by itself, and unusual: every other request waits as well.
- Writing transactions begin with BEGIN IMMEDIATE on a pool of one connection: writers wait in the pool's queue and
  are woken at once, instead of sleeping in SQLite's busy handler. Reads have a pool of their own and never wait for
  a writer.
- A conversation comes with its author and fields in one query, its messages with theirs in another, over the index that
  has their order: joins, which are faster here than `selectinload`.
- The place in the queue is a counter on the community's row; `COUNT(*)` over an index, which grows with the
  queue, is the target `baseline-count`.
- Its token is checked by signature, times, issuer, type and audience only, not for revocation.
- On PostgreSQL, where the benchmark of that name runs it, the community's row is read FOR UPDATE, since its counters
  would be wrong otherwise, and the pool has the size that was fastest.
- No access log, no middleware; no foreign key checks but on PostgreSQL.
"""
