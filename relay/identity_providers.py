"""The configured identity providers, built: part of the composition root."""

from collections.abc import Mapping

from relay.clock import Clock
from relay.config import Config, check_identity
from relay.domain.identity import GITHUB, MICROSOFT, Issuer
from relay.services.oidc import IdentityProvider

MICROSOFT_LOGIN = "https://login.microsoftonline.com"


def identity_providers(config: Config, clock: Clock) -> Mapping[str, IdentityProvider]:
    """By id. Raises ConfigError."""
    check_identity(config)
    if not (config.oidc_providers or config.microsoft_client_id or config.github_client_id):
        return {}
    from relay.outbound.client import OutboundClient  # OAuth and its HTTP client take 0.2 s to import
    from relay.outbound.github import GitHubProvider
    from relay.outbound.openid import MicrosoftProvider, OpenIdProvider

    client = OutboundClient(private_origins=config.oidc_private_origins)
    found: dict[str, IdentityProvider] = {
        each.id: OpenIdProvider(each, client=client, clock=clock) for each in config.oidc_providers
    }
    if config.microsoft_client_id:
        directory = config.microsoft_tenant_id
        found[MICROSOFT] = MicrosoftProvider(_microsoft(config), directory=directory, client=client, clock=clock)
    if config.github_client_id:
        found[GITHUB] = GitHubProvider(_github(config), client=client)
    return found


def _microsoft(config: Config) -> Issuer:
    return Issuer(
        id=MICROSOFT,
        issuer=f"{MICROSOFT_LOGIN}/{config.microsoft_tenant_id}/v2.0",
        client_id=config.microsoft_client_id,
        client_secret=config.microsoft_client_secret,
        name="Microsoft",
    )


def _github(config: Config) -> Issuer:
    return Issuer(
        id=GITHUB,
        issuer="https://github.com",
        client_id=config.github_client_id,
        client_secret=config.github_client_secret,
        name="GitHub",
    )
