"""GitHub: OAuth without OpenID Connect: who one is comes from its API, the address from its list of verified ones."""

from relay.domain.identity import Attempt, Issuer, github_email
from relay.outbound.client import OutboundClient
from relay.outbound.errors import IdentityRefused, OutboundFailed
from relay.outbound.openid import authorization_url, exchange, oauth

WEB = "https://github.com"
API = "https://api.github.com"
SCOPE = "read:user user:email"
NO_EMAIL = "Could not retrieve email from GitHub"


class GitHubProvider:
    """GitHub itself. Only tests name other addresses."""

    def __init__(self, issuer: Issuer, *, client: OutboundClient, web: str = WEB, api: str = API) -> None:
        self.id, self.name = issuer.id, issuer.name
        self._issuer = issuer
        self._client = client
        self._web = web
        self._api = api

    async def authorize_url(self, attempt: Attempt) -> str:
        """Where the browser goes."""
        client = oauth(self._issuer, self._client, attempt, scope=SCOPE, method="client_secret_post")
        return authorization_url(client, f"{self._web}/login/oauth/authorize", attempt)

    async def identify(self, code: str, attempt: Attempt, issuer: str) -> str:
        """The verified address of whoever came back. Raises IdentityRefused, OutboundFailed."""
        client = oauth(self._issuer, self._client, attempt, scope=SCOPE, method="client_secret_post")
        answer = await exchange(client, f"{self._web}/login/oauth/access_token", code, attempt)
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise IdentityRefused("The provider refused the login: try again")
        headers = {
            "authorization": f"Bearer {token}",
            "accept": "application/vnd.github+json",
            "user-agent": "fairlead",
        }
        try:
            profile = await self._client.get_json(f"{self._api}/user", headers)
            listed = await self._client.get_json(f"{self._api}/user/emails", headers)
        except OutboundFailed as error:
            raise IdentityRefused(NO_EMAIL) from error
        email = github_email(profile if isinstance(profile, dict) else {}, listed)
        if not email:
            raise IdentityRefused(NO_EMAIL)
        return email
