"""Signed tokens: JWT, HS256 and nothing else. Adds and checks iss, aud, jti, iat, nbf, exp; the rest is the caller's.

Times are checked against the injected clock, not the library's. Whether a token was revoked is the services' affair.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from relay.clock import Clock
from relay.domain.errors import Unauthenticated
from relay.ids import Ids

ISSUER = "fairlead"
ALGORITHM = "HS256"
MAX_TOKEN_CHARS = 8192
"""Longer than any token of ours; the rest is not worth a hash."""
MAX_SKEW_S = 5
"""A token may come from another node whose clock runs a little ahead."""
_REFUSAL = "Invalid or expired token"
_NUMBERS = ("iat", "nbf", "exp")
_TEXTS = ("iss", "aud", "jti", "sub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A signed token, its id and the moment it ends."""

    token: str
    jti: str
    expires_at: datetime


class Tokens:
    """Signs and reads tokens under one secret of at least 32 bytes."""

    def __init__(self, secret: bytes, *, clock: Clock, ids: Ids) -> None:
        self._key = OctKey.import_key(secret)
        self._clock = clock
        self._ids = ids

    def issue(self, claims: Mapping[str, Any], *, audience: str, lifetime_s: int) -> Issued:
        """Sign `claims`; `sub` must be among them. The token ends `lifetime_s` seconds from now."""
        now = int(self._clock.now().timestamp())
        jti, end = self._ids.object_id(), now + lifetime_s
        body = {**claims, "iss": ISSUER, "aud": audience, "jti": jti, "iat": now, "nbf": now, "exp": end}
        header = {"alg": ALGORITHM, "typ": "JWT"}
        token = jws.serialize_compact(header, json.dumps(body).encode(), self._key, algorithms=[ALGORITHM])
        return Issued(token=token, jti=jti, expires_at=datetime.fromtimestamp(end, UTC))

    def read(self, token: str, *, audience: str) -> Mapping[str, Any]:
        """The claims of a token for `audience`. Raises Unauthenticated for anything not ours, not now, not here."""
        claims = self._verified(token)
        sound = (
            all(type(claims.get(name)) is int for name in _NUMBERS)
            and all(isinstance(claims.get(name), str) for name in _TEXTS)
            and claims["iss"] == ISSUER
            and claims["aud"] == audience
        )
        if not sound or not self._is_current(claims):
            raise Unauthenticated(_REFUSAL)
        return claims

    def _is_current(self, claims: Mapping[str, Any]) -> bool:
        now = self._clock.now().timestamp()
        return bool(claims["nbf"] <= now + MAX_SKEW_S and now < claims["exp"])

    def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise Unauthenticated(_REFUSAL)
        try:
            found = jws.deserialize_compact(token, self._key, algorithms=[ALGORITHM])
            claims = json.loads(found.payload)
        except (JoseError, ValueError, RecursionError) as error:
            raise Unauthenticated(_REFUSAL) from error
        if found.protected.get("alg") != ALGORITHM or set(found.protected) - {"alg", "typ"}:
            raise Unauthenticated(_REFUSAL)  # kid, jku, crit …: we never write them, nobody may steer us with them
        return claims if isinstance(claims, dict) else {}
