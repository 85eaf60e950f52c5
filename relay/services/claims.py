"""What our own tokens carry beside the standard claims, read strictly: a signature proves who wrote, not what."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from relay.domain.accounts import Source
from relay.domain.errors import Unauthenticated

C = TypeVar("C", bound=Struct)


class Stage(StrEnum):
    """How far a login has come: what its session token is asked for next."""

    CHOICE = "choice"
    CODE = "code"
    SECOND_FACTOR = "second_factor"
    DONE = "done"


class ApiClaims(Struct, frozen=True, kw_only=True):
    """The part of an API token that is believed; the rest is there for clients to read."""

    sub: str
    jti: str
    exp: int
    login_id: str
    login_at: int
    generation: int
    source: Source


class SessionClaims(Struct, frozen=True, kw_only=True):
    """A preauth or switch token: the accounts to choose from, each with its token generation; `sub` is the one chosen.

    `emails` are the mailboxes (folded) and `factors` the accounts whose second factor this login has proven so far.
    """

    sub: str
    aud: str
    login_id: str
    login_at: int
    accounts: dict[str, int]
    source: Source
    method: str = "password"
    stage: Stage = Stage.CHOICE
    emails: list[str] = []
    factors: list[str] = []
    switched: bool = False


def read_claims(kind: type[C], claims: Mapping[str, Any], *, refusal: str) -> C:
    """The claims as `kind`. Raises Unauthenticated(`refusal`) when an older relay wrote others."""
    try:
        return msgspec.convert(claims, kind)
    except msgspec.ValidationError as error:
        raise Unauthenticated(refusal) from error
