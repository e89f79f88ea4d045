"""Bots: what a slow one costs the clients who write, how many questions are on their way to it, and memory.

The bot is a process that takes 2 s for each answer (`bot.py`). 500 conversations are with it. The same writes at a
steady rate go to two servers, each on a database of its own: one whose community has this bot, and one without a bot,
where the same conversations wait for an integrator who never comes.

- how long a client's write takes, and what it costs the server, with the bot and without; what the answers cost is in
  it;
- how many questions are on their way at once, as the bot sees it: when all 500 clients write in one go, which is far
  more than may be, and at the steady rate;
- resident memory before the load and after it;
- in the end, in the database: every client has an answer to the last that was written, and nothing has two.
"""
