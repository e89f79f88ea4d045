"""Whom an author means, settled inside an action: looked up, refreshed, or made."""

from datetime import datetime

from parley.actions.draft import Draft, Fresh
from parley.core import people
from parley.core.errors import Problems
from parley.core.people import Author, User
from parley.core.texts import shown
from parley.ports import Need


def needs_author(need: Need, community_id: int, author: Author) -> None:
    """Say what `settle_author` will look up."""
    if author.is_bot:
        need.bots.add(community_id)
    if author.id is not None:
        need.users.add((community_id, author.id))
    if author.email_key is not None:
        need.emails.add((community_id, author.email_key))
    if author.identifier is not None:
        need.identifiers.add((community_id, author.identifier))


def settle_author(draft: Draft, community_id: int, author: Author, *, path: str, now: datetime, fresh: Fresh) -> User:
    """The user an author means (spec §4: id before e-mail before customIdentifier), made when there is none.

    Raises InvalidError for an id that this community does not have.
    """
    if author.is_bot:
        return draft.bot(community_id)
    user = _find(draft, community_id, author, path)
    if user is None:
        settled = people.new_client(author, id=fresh(), community_id=community_id, now=now)
    else:
        settled = people.refresh(
            user,
            author,
            email_is_free=author.email_key is None or draft.user_by_email(community_id, author.email_key) is None,
            identifier_is_free=(
                author.identifier is None or draft.user_by_identifier(community_id, author.identifier) is None
            ),
        )
    if settled is not user:
        draft.put_user(settled)
    return settled


def _find(draft: Draft, community_id: int, author: Author, path: str) -> User | None:
    if author.id is not None:
        user = draft.user(community_id, author.id)
        if user is None:
            problems = Problems()
            problems.add(f"{path}.id", f"there is no user {shown(author.id)} in this community")
            problems.refuse_if_any()
        return user
    by_email = None if author.email_key is None else draft.user_by_email(community_id, author.email_key)
    if by_email is not None or author.identifier is None:
        return by_email
    return draft.user_by_identifier(community_id, author.identifier)
