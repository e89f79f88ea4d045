"""Making the baseline's database and an access token for its one community."""

import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import jwt
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from bench.baseline.tables import Category, Community, Table, make_durable
from bench.baseline.tokens import ALGORITHM, ISSUER, TYPE

TOKEN_S = 3600
"""An access token lives one hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one community of a benchmark's database."""

    community_id: int
    client_id: str


def make_database(path: Path, *, category_id: int) -> Account:
    """Make the tables, a community and its category."""
    engine = create_engine(f"sqlite:///{path}")
    make_durable(engine)
    return make_tables(engine, category_id=category_id)


def make_tables(engine: Engine, *, category_id: int) -> Account:
    """Make the same on any engine, and dispose of it."""
    Table.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        community = Community(name="Bench", client_id=str(uuid.uuid4()))
        session.add(community)
        session.flush()
        session.add(Category(id=category_id, community_id=community.id, name="Support"))
        account = Account(community_id=community.id, client_id=community.client_id)
    engine.dispose()
    return account


def mint_token(account: Account, *, key: str) -> str:
    """Return an access token with the claims of the published example."""
    now = int(time.time())
    claims = {
        "cid": account.community_id,
        "type": TYPE,
        "nbf": now,
        "exp": now + TOKEN_S,
        "iss": ISSUER,
        "aud": account.client_id,
        "rid": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)
