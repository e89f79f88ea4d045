"""Give out, use and revoke refresh tokens; rotate the signing keys."""

from datetime import datetime, timedelta

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import texts
from parley.core.access import RefreshToken, Scope, SigningKey
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import KeyRotated, TokenAdded, TokenRevoked
from parley.ports import SERVER, Need

USE_NOTED_EVERY = timedelta(minutes=1)  # lastUsedAt is at most this late; a write for each use would buy nothing


class AddToken(msgspec.Struct, frozen=True, kw_only=True):
    """A further refresh token. Refused with ConflictError when a token of that name is in use."""

    community_id: int
    name: str
    scope: Scope
    secret_hash: bytes
    by: str

    def needs(self, need: Need) -> None:
        """The community and whether the name is free."""
        need.communities.add(self.community_id)
        need.token_names.add((self.community_id, texts.key_of(self.name)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> RefreshToken:
        """Add the token."""
        draft.community(self.community_id)
        name_key = texts.key_of(self.name)
        if draft.token_named(self.community_id, name_key) is not None:
            msg = f"There is already a token named {texts.shown(self.name)}; revoke it first or take another name."
            raise ConflictError(msg)
        token = RefreshToken(
            id=draft.next_number("token"),
            community_id=self.community_id,
            name=self.name,
            scope=self.scope,
            secret_hash=self.secret_hash,
            created_at=now,
        )
        draft.put_token(token)
        draft.name_token(self.community_id, name_key, token.id)
        added = TokenAdded(token.id, token.name, token.scope)
        draft.record(added, community_id=self.community_id, by=self.by, at=now)
        return token


class RevokeToken(msgspec.Struct, frozen=True, kw_only=True):
    """End a refresh token and every access token made from it. Refused with NotFoundError when there is none."""

    community_id: int
    name: str
    by: str

    def needs(self, need: Need) -> None:
        """The token."""
        need.communities.add(self.community_id)
        need.token_names.add((self.community_id, texts.key_of(self.name)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> RefreshToken:
        """Revoke it; its name is free again."""
        name_key = texts.key_of(self.name)
        token = draft.token_named(self.community_id, name_key)
        if token is None:
            msg = f"There is no token named {texts.shown(self.name)}."
            raise NotFoundError(msg)
        revoked = msgspec.structs.replace(token, revoked_at=now)
        draft.put_token(revoked)
        draft.name_token(self.community_id, name_key, None)
        draft.record(TokenRevoked(token.id, token.name), community_id=self.community_id, by=self.by, at=now)
        return revoked


class NoteTokenUse(msgspec.Struct, frozen=True, kw_only=True):
    """Remember that a refresh token was used; housekeeping, so no event."""

    community_id: int
    token_id: int

    def needs(self, need: Need) -> None:
        """The token."""
        need.tokens.add(self.token_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Move `last_used_at` on, unless it was moved a moment ago."""
        token = draft.token(self.token_id)
        if token is None or token.community_id != self.community_id:
            return
        if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
            draft.put_token(msgspec.structs.replace(token, last_used_at=now))


class RotateKey(msgspec.Struct, frozen=True, kw_only=True):
    """Put a new signing key in charge; the former ones verify for two hours more."""

    sealed: bytes
    by: str
    only_if_none: bool = False
    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """The keys there are."""
        need.signing_keys = True

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> SigningKey:
        """Retire the newest key, add the new one."""
        keys = draft.signing_keys()
        if keys and self.only_if_none:
            return keys[0]
        for key in keys:
            if key.retired_at is None:
                draft.put_signing_key(msgspec.structs.replace(key, retired_at=now))
        key = SigningKey(id=draft.next_number("signing_key"), sealed=self.sealed, created_at=now)
        draft.put_signing_key(key)
        draft.record(KeyRotated(key.id), community_id=SERVER, by=self.by, at=now)
        return key


class ResealKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Store the signing keys in another sealed form, after the operator set a secret key; housekeeping, no event."""

    sealed: tuple[tuple[int, bytes], ...]
    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """The keys there are."""
        need.signing_keys = True

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Replace the sealed form of the keys that still exist."""
        forms = dict(self.sealed)
        for key in draft.signing_keys():
            if key.id in forms:
                draft.put_signing_key(msgspec.structs.replace(key, sealed=forms[key.id]))
