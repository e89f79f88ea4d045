"""The baseline: the same work as most people would write it well, to have something to compare with.

FastAPI, SQLAlchemy 2 ORM sessions and pydantic on one uvicorn process (uvloop, httptools); one transaction
for each request on SQLite in WAL mode with `synchronous=FULL`. It is meant to be as fast as this way of
writing allows. What was chosen in its favour:

- The form of the endpoints is the faster of the two that are usual: `def` in FastAPI's thread pool. The
  other, `async def` with an async engine, is the target `baseline-loop`. `baseline-blocking` is a third:
  faster, and unusual.
- Transactions begin with BEGIN IMMEDIATE on a pool of one connection: writers wait in the pool's queue and
  are woken at once, instead of sleeping in SQLite's busy handler.
- The place in the queue is a counter on the community's row; `COUNT(*)` over an index, which grows with the
  queue, is the target `baseline-count`.
- Its token is checked by signature, times, issuer, type and audience only, not for revocation.
- No access log, no foreign key checks, no middleware.
"""
