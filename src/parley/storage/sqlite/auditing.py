"""What `parley verify` checks of SQLite alone: the file, and the index of what is searched, which is its own tables."""

import re
import sqlite3
from contextlib import closing

from parley.ports import Finding
from parley.storage import migrations
from parley.storage.rebuilding import Progress
from parley.storage.scripts import Ask, Script

INTEGRITY = "PRAGMA integrity_check(1)"
REFERENCES = "PRAGMA foreign_key_check"

# What each index is made of.
SEARCHED = {
    "messages": "SELECT id, community_id, text AS words FROM messages",
    "titles": "SELECT id, community_id, title AS words FROM conversations WHERE title IS NOT NULL",
    "authors": """
        SELECT c.id, c.community_id,
            coalesce(u.name, '') || ' ' || coalesce(u.email, '') || ' ' || coalesce(u.identifier, '') AS words
        FROM conversations c JOIN users u ON u.id = c.author_id
    """,
}
# What is not among the entries of its community.
LACKING = {
    kind: f"""
        SELECT count(*), min(id) FROM (
            SELECT id, community_id FROM ({searched})
            EXCEPT
            SELECT f.rowid, o.id FROM communities o CROSS JOIN found_{kind} f
            WHERE found_{kind} MATCH 'whose : "c' || o.id || '"'
        )
    """
    for kind, searched in SEARCHED.items()
}
# Entries of what is not there. The sizes are the list of all entries.
LEFT_OVER = {
    kind: f"SELECT count(*), min(id) FROM (SELECT id FROM found_{kind}_docsize EXCEPT SELECT id FROM ({searched}))"
    for kind, searched in SEARCHED.items()
}
# Titles and authors are kept with their entries.
DIFFERING = {
    kind: f"""
        SELECT count(*), min(s.id) FROM ({SEARCHED[kind]}) s CROSS JOIN found_{kind} f ON f.rowid = s.id
        WHERE f.words IS NOT s.words
    """
    for kind in ("titles", "authors")
}
# Messages are not, so it is their number of words that is compared.
MESSAGES = "SELECT count(*) FROM messages"
SIZES = """
    SELECT m.id, m.text, d.sz FROM messages m JOIN found_messages_docsize d ON d.id = m.id
    WHERE m.id > $1 ORDER BY m.id LIMIT $2
"""
AT_ONCE = 2_000  # messages held in memory at a time
_INDEX = re.compile(r"CREATE VIRTUAL TABLE found_messages\b.*?\);", re.DOTALL)


def file() -> Script[Finding]:
    """Whether the file is sound."""
    ((word,),) = yield Ask(INTEGRITY)
    dangling = yield Ask(REFERENCES)
    if word != "ok":
        return Finding("file", holds=False, detail=f"the file is damaged: {' '.join(word.split())}")
    if dangling:
        return Finding(
            "file", holds=False, detail=f"{len(dangling)} references lead nowhere, the first in {dangling[0][0]}"
        )
    return Finding("file", holds=True, detail="the file is sound and every reference leads somewhere")


def search(progress: Progress) -> Script[Finding]:
    """Whether all that is searched has its entry in the index, and nothing else."""
    wrong: list[str] = []
    for kind in SEARCHED:
        wrong += yield from _told(LACKING[kind], f"{kind} have no entry")
        wrong += yield from _told(LEFT_OVER[kind], f"entries of {kind} are left over")
    for kind, text in DIFFERING.items():
        wrong += yield from _told(text, f"{kind} have other words in their entry")
    if miscounted := (yield from _miscounted(progress)):
        wrong.append(f"{len(miscounted)} messages have other words in their entry, first {miscounted[0]}")
    promise = "every message, title and author has its entry, and every entry is of one"
    return Finding("search", not wrong, "; ".join(wrong) or promise)


def _told(text: str, fault: str) -> Script[list[str]]:
    ((count, first),) = yield Ask(text)
    return [f"{count} {fault}, first {first}"] if count else []


def _made() -> str:
    """How the index of messages is made: by our own words, for those in the file may be anybody's."""
    texts = (_INDEX.search(step.sql) for step in reversed(migrations.steps("sqlite")))
    return next(found[0] for found in texts if found is not None)


def _miscounted(progress: Progress) -> Script[list[int]]:
    """The messages whose entries have another number of words than an index made anew, some thousand at a time."""
    ((total,),) = yield Ask(MESSAGES)
    wrong: list[int] = []
    done, last = 0, 0
    with closing(sqlite3.connect(":memory:")) as anew:
        anew.execute(_made())
        while page := (yield Ask(SIZES, (last, AT_ONCE))):
            anew.execute("INSERT INTO found_messages (found_messages) VALUES ('delete-all')")
            anew.executemany(
                "INSERT INTO found_messages (rowid, whose, words) VALUES (?, 'c', ?)", [row[:2] for row in page]
            )
            anew.commit()
            sizes = dict(anew.execute("SELECT id, sz FROM found_messages_docsize"))
            wrong += [number for number, _, size in page if size != sizes[number]]
            done, last = done + len(page), page[-1][0]
            progress(done, total)
    return wrong
