"""The access token of a request, as a FastAPI dependency."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

ALGORITHM = "HS512"
ISSUER = "baseline"
TYPE = "Community"

_bearer = HTTPBearer()
_UNAUTHORIZED = 401


class Caller(BaseModel):
    """Who calls: the community and the client id its token was made for."""

    community_id: int
    client_id: str


class TokenCheck:
    """Checks a bearer token: signature, times, issuer and type."""

    def __init__(self) -> None:
        """Read the key from the environment."""
        self._key = os.environ["BASELINE_KEY"]

    async def __call__(self, bearer: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)]) -> Caller:
        """Return the caller; async because it waits for nothing and needs no thread."""
        try:
            claims = jwt.decode(
                bearer.credentials,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["exp", "nbf", "aud", "cid"], "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise HTTPException(_UNAUTHORIZED, "invalid_token") from error
        if claims["type"] != TYPE:
            raise HTTPException(_UNAUTHORIZED, "invalid_token")
        return Caller(community_id=claims["cid"], client_id=claims["aud"])
