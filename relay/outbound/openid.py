"""OpenID Connect, the relying party's side: discovery, the way there (state, nonce, PKCE S256), the exchange of the
code, and the id_token, of which nothing is believed before signature, issuer, audience, nonce and times are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from relay.clock import Clock
from relay.domain.identity import (
    SHARED_DIRECTORIES,
    Attempt,
    Issuer,
    is_directory_welcome,
    microsoft_email,
    verified_email,
)
from relay.outbound.client import OutboundClient, bounded_time, place_of
from relay.outbound.errors import IdentityRefused, OutboundFailed

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a key that only the provider has. `none` and the HMACs are not among them."""
CACHE_S = 3600.0
KEYS_AGAIN_S = 60.0
"""An unknown key asks for the key set again, but not more often than this."""
MAX_SKEW_S = 60
MAX_ID_TOKEN_CHARS = 32 * 1024
SCOPE = "openid profile email"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(slots=True)
class _Cached:
    value: Any
    fetched_at: float


class OpenIdProvider:
    """One issuer. `email_of` says whose word counts for an address."""

    prompt = ""

    def __init__(self, issuer: Issuer, *, client: OutboundClient, clock: Clock) -> None:
        self.id, self.name = issuer.id, issuer.name
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._cache: dict[str, _Cached] = {}

    async def authorize_url(self, attempt: Attempt) -> str:
        """Where the browser goes. Raises OutboundFailed."""
        metadata = await self._metadata()
        more = {"prompt": self.prompt} if self.prompt else {}
        return authorization_url(
            self._oauth(metadata, attempt), metadata["authorization_endpoint"], attempt, nonce=attempt.nonce, **more
        )

    async def identify(self, code: str, attempt: Attempt, issuer: str) -> str:
        """The verified address of whoever came back. Raises IdentityRefused, OutboundFailed."""
        metadata = await self._metadata()
        self._check_sender(issuer, metadata)
        answer = await exchange(self._oauth(metadata, attempt), metadata["token_endpoint"], code, attempt)
        token = answer.get("id_token")
        if not isinstance(token, str) or len(token) > MAX_ID_TOKEN_CHARS:
            raise IdentityRefused(f"{self.name} did not say who you are")
        claims = await self._verified(token, metadata)
        self._check(claims, metadata, attempt)
        if "email" not in claims:
            claims = {**claims, **await self._more(metadata, answer, claims)}
        return self.email_of(claims)

    def email_of(self, claims: Mapping[str, Any]) -> str:
        """The address, if it counts; else nothing."""
        return verified_email(claims)

    def expected_issuer(self, claims: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
        """Who must have signed."""
        return str(metadata["issuer"])

    def _oauth(self, metadata: Mapping[str, Any], attempt: Attempt) -> AsyncOAuth2Client:
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_post" if "client_secret_post" in methods else "client_secret_basic"
        return oauth(self._issuer, self._client, attempt, scope=SCOPE, method=method)

    async def _metadata(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await self._cached("metadata", self._discover, CACHE_S)
        return found

    async def _discover(self) -> Mapping[str, Any]:
        address = self._issuer.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = await self._client.get_json(address)
        if not isinstance(metadata, dict) or not all(isinstance(metadata.get(each), str) for each in _ENDPOINTS):
            raise OutboundFailed("the discovery document lacks an endpoint")
        if not self._is_issuer(metadata.get("issuer")):
            raise OutboundFailed("the discovery document names another issuer")
        for each in _ENDPOINTS:
            place_of(metadata[each])
        return metadata

    def _is_issuer(self, said: object) -> bool:
        return said == self._issuer.issuer

    def _check_sender(self, issuer: str, metadata: Mapping[str, Any]) -> None:
        """RFC 9207: a provider that names itself in the answer must be the one that was asked."""
        is_named = metadata.get("authorization_response_iss_parameter_supported") is True
        if (issuer or is_named) and issuer != metadata["issuer"]:
            raise IdentityRefused("The answer came from another provider: try again")

    async def _verified(self, token: str, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._decoded(token, await self._keys(metadata, CACHE_S))
        except (JoseError, ValueError):  # perhaps signed by a key that is newer than the key set at hand
            keys = await self._keys(metadata, KEYS_AGAIN_S)
        try:
            return self._decoded(token, keys)
        except (JoseError, ValueError, RecursionError) as error:
            raise IdentityRefused(f"{self.name} did not prove who you are") from error

    def _decoded(self, token: str, keys: KeySet) -> Mapping[str, Any]:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims

    async def _keys(self, metadata: Mapping[str, Any], age_s: float) -> KeySet:
        async def fetch() -> KeySet:
            found = await self._client.get_json(metadata["jwks_uri"])
            try:
                return KeySet.import_key_set({"keys": [each for each in found["keys"] if each.get("kty") != "oct"]})
            except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                raise OutboundFailed("no usable key set") from error

        keys: KeySet = await self._cached("keys", fetch, age_s)
        return keys

    async def _cached(self, name: str, fetch: Callable[[], Any], age_s: float) -> Any:
        known, now = self._cache.get(name), self._clock.monotonic()
        if known is None or now - known.fetched_at >= age_s:
            known = self._cache[name] = _Cached(await fetch(), now)
        return known.value

    def _check(self, claims: Mapping[str, Any], metadata: Mapping[str, Any], attempt: Attempt) -> None:
        """Raises IdentityRefused. The nonce is compared in constant time: it is the secret of this attempt."""
        nonce = claims.get("nonce")
        sound = (
            claims.get("iss") == self.expected_issuer(claims, metadata)
            and self._is_audience(claims)
            and isinstance(nonce, str)
            and compare_digest(nonce.encode(), attempt.nonce.encode())
            and isinstance(claims.get("sub"), str)
            and self._is_current(claims)
        )
        if not sound:
            raise IdentityRefused(f"{self.name} did not prove who you are")

    def _is_audience(self, claims: Mapping[str, Any]) -> bool:
        audience, party = claims.get("aud"), claims.get("azp")
        mine = self._issuer.client_id
        if party is not None and party != mine:
            return False
        return audience == mine or (
            isinstance(audience, list) and mine in audience and (len(audience) == 1 or bool(party))
        )

    def _is_current(self, claims: Mapping[str, Any]) -> bool:
        now = self._clock.now().timestamp()
        times = [claims.get(each, now) for each in ("iat", "nbf")]
        if not all(isinstance(each, int | float) for each in (*times, claims.get("exp"))):
            return False
        return bool(now < claims["exp"] + MAX_SKEW_S and all(each <= now + MAX_SKEW_S for each in times))

    async def _more(
        self, metadata: Mapping[str, Any], answer: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the userinfo endpoint adds, if it speaks of the same person."""
        endpoint, token = metadata.get("userinfo_endpoint"), answer.get("access_token")
        if not isinstance(endpoint, str) or not isinstance(token, str):
            return {}
        found = await self._client.get_json(endpoint, {"authorization": f"Bearer {token}"})
        if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
            raise IdentityRefused(f"{self.name} did not prove who you are")
        return {name: found[name] for name in ("email", "email_verified") if name in found}


class MicrosoftProvider(OpenIdProvider):
    """Microsoft: one issuer a directory, named by a template where several directories may come in."""

    prompt = "select_account"

    def __init__(self, issuer: Issuer, *, directory: str, client: OutboundClient, clock: Clock) -> None:
        super().__init__(issuer, client=client, clock=clock)
        self._directory = directory

    def email_of(self, claims: Mapping[str, Any]) -> str:
        """The address, if this directory's word counts; else nothing."""
        return microsoft_email(claims, directory=self._directory)

    def expected_issuer(self, claims: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
        """The template with the token's own directory, if that one may come in. Raises IdentityRefused."""
        tid = claims.get("tid")
        if not isinstance(tid, str) or not is_directory_welcome(tid, directory=self._directory):
            raise IdentityRefused("This Microsoft directory may not log in here")
        issuer = str(metadata["issuer"])
        return issuer.replace("{tenantid}", tid) if self._directory in SHARED_DIRECTORIES else issuer

    def _is_issuer(self, said: object) -> bool:
        """A named directory's document may say its id where the address says its domain; the place must be the same."""
        return isinstance(said, str) and place_of(said) == place_of(self._issuer.issuer)

    def _check_sender(self, issuer: str, metadata: Mapping[str, Any]) -> None:
        """Microsoft does not name itself in the answer."""


def oauth(issuer: Issuer, client: OutboundClient, attempt: Attempt, *, scope: str, method: str) -> AsyncOAuth2Client:
    """The OAuth client of one attempt, over the guarded transport."""
    return AsyncOAuth2Client(
        client_id=issuer.client_id,
        client_secret=issuer.client_secret,
        token_endpoint_auth_method=method,
        scope=scope,
        redirect_uri=attempt.redirect_uri,
        code_challenge_method="S256",
        **client.settings(),
    )


def authorization_url(client: AsyncOAuth2Client, endpoint: str, attempt: Attempt, **more: str) -> str:
    """With state, PKCE challenge and whatever else the provider wants."""
    url, _ = client.create_authorization_url(endpoint, state=attempt.state, code_verifier=attempt.code_verifier, **more)
    return str(url)


async def exchange(client: AsyncOAuth2Client, endpoint: str, code: str, attempt: Attempt) -> Mapping[str, Any]:
    """The code for tokens. Raises IdentityRefused (the provider said no), OutboundFailed."""
    try:
        with bounded_time():
            async with client:
                answer = await client.fetch_token(
                    endpoint, code=code, code_verifier=attempt.code_verifier, grant_type="authorization_code"
                )
    except (AuthlibBaseError, ValueError, TypeError, RecursionError) as error:
        raise IdentityRefused("The provider refused the login: try again") from error
    return answer if isinstance(answer, dict) else {}
