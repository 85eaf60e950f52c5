"""Logging in with an identity provider: a real one of our own, in its own process, and a browser's way through it."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from relay.config import ConfigError, read_config
from tests.drivers import running_relay
from tests.identity_provider import NOW, OWN_TID, identity_provider, misbehave, seen
from tests.webxterm.house import Client
from tests.webxterm.oidc_house import PROVIDERS, Browser, relay_with
from tests.webxterm.test_second_factors import Person, code_of


@pytest.fixture(scope="module")
def started():
    with identity_provider() as url:
        yield url


@pytest.fixture
def provider(started):
    misbehave(started)
    return started


def trusted(**more) -> dict:
    """Claims whose address Microsoft vouches for."""
    return {"tid": OWN_TID, "xms_edov": True, **more}


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_person_logs_in(tmp_path, provider, name):
    misbehave(provider, claims=trusted())
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        ada = await here.organization("ada", "acme")
        found = await browser.log_in(name)
        assert found.keys() >= {"token", "session_token", "expires_in"}, found
        assert "user" not in found
        me = await Client(here.http, found["token"]).get("/api/users/me")
        assert me.body["user"]["id"] == ada.actor.user_id
        rows = await here.services.database.collection("audit").find({"tenant_id": "acme", "action": "login"})
        assert rows[-1]["details"]["method"] == f"oidc:{name}"


async def test_what_is_sent_to_the_provider(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        begun = await browser.http.get("/api/auth/oidc/sso")
        cookie = begun.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/api/auth/oidc", "Max-Age=600"))
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["scope"] == ["openid profile email"]
        assert asked["redirect_uri"] == [f"{here.running.url}/api/auth/oidc/sso/callback"]
        assert asked["response_type"] == ["code"]
        for secret in ("state", "nonce"):
            assert asked[secret][0] not in cookie
        await browser.log_in()
        assert seen(provider)["token"]["code_verifier"] not in cookie
        microsoft = await browser.http.get("/api/auth/oidc/microsoft")
        assert parse_qs(urlsplit(microsoft.headers["location"]).query)["prompt"] == ["select_account"]


async def test_several_organizations_are_a_choice(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        bea = await here.organization("bea", "beta")
        users = here.services.database.collection("users")
        where = {"_id": bea.actor.user_id}
        await users.update_one(where, {"$set": {"email": "ada@example.org", "email_folded": "ada@example.org"}})
        found = await browser.log_in()
        assert (found["requires_selection"], "token" in found) == ("true", False)
        tenants = json.loads(base64.urlsafe_b64decode(found["tenants"]))
        assert [each["tenant_id"] for each in tenants] == ["acme", "beta"]
        chosen = {"session_token": found["session_token"], "tenant_id": "beta"}
        answer = await here.anybody.post("/api/auth/select-tenant", chosen)
        assert answer.body["user"]["tenant_id"] == "beta"


async def test_nobody_gets_an_account_by_logging_in(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("bea", "beta")
        assert await browser.log_in() == {"error": "No account found for this email"}
        users = here.services.database.collection("users")
        assert await users.find_one({"email_folded": "ada@example.org"}) is None
        (row,) = await here.services.database.collection("audit").find(
            {"tenant_id": "platform", "action": "login_failed"}
        )
        assert row["details"] == {"method": "oidc:sso", "reason": "No account found for this email"}


async def test_a_closed_account_stays_closed(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        ada = await here.organization("ada", "acme")
        users = here.services.database.collection("users")
        await users.update_one({"_id": ada.actor.user_id}, {"$set": {"enabled": False}})
        assert await browser.log_in() == {"error": "Account is disabled"}
        await users.update_one({"_id": ada.actor.user_id}, {"$set": {"enabled": True}})
        organizations = here.services.database.collection("organizations")
        await organizations.update_one({"name": "acme"}, {"$set": {"enabled": False}})
        assert await browser.log_in() == {"error": "Organization is disabled"}


async def test_a_second_factor_is_asked_for_as_after_a_password(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        me = Person(here, await here.organization("ada", "acme"), "ada")
        secret, _ = await me.add_totp()
        here.clock.advance(30)
        misbehave(provider, claims={"exp": NOW + 600})
        found = await browser.log_in()
        assert (found["requires_second_factor"], "token" in found) == ("true", False)
        assert "totp" in json.loads(base64.urlsafe_b64decode(found["methods"]))
        assert (await Client(here.http, found["session_token"]).get("/api/users/me")).status == 401
        done = await me.prove(found["session_token"], "totp", code_of(here, secret))
        assert done.status == 200
        (newest, *_) = (await Client(here.http, done.body["token"]).get("/api/profile/logins")).body["logins"]
        assert (newest["method"].startswith("oidc:sso"), newest["current"]) == (True, True)


async def test_a_required_second_factor_is_set_up_first(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        ada = await here.organization("ada", "acme")
        assert (await ada.put("/api/organization", {"second_factor_required": True})).status == 200
        found = await browser.log_in()
        assert found["second_factor_enrolment_required"] == "true"
        answer = await Client(here.http, found["token"]).get("/api/machines")
        assert (answer.status, answer.error) == (403, "Second factor enrolment required")


async def test_who_is_not_configured_says_so(tmp_path):
    async with running_relay(tmp_path) as here:
        for name, text in (("microsoft", "Microsoft"), ("github", "GitHub")):
            answer = await here.anybody.get(f"/api/auth/oidc/{name}")
            assert (answer.status, answer.error) == (501, f"{text} login is not configured")
        assert (await here.anybody.get("/api/auth/oidc/nobody")).status == 404
        assert (await here.anybody.get("/api/auth/oidc/providers")).body == {"providers": [], "display_names": {}}


@pytest.mark.parametrize("name", ["%0Cn%C3%91", "sso%0D%0ASet-Cookie:%20a=b", "%C3%BB", "SSO", "sso;a=b", "nobody"])
async def test_a_return_from_no_provider_puts_nothing_into_a_header(tmp_path, provider, name):
    async with relay_with(tmp_path, provider) as here:
        done = await here.http.get(f"/api/auth/oidc/{name}/callback?state=a&code=b")
        assert (done.status_code, done.json()) == (404, {"error": "Login provider not found"})
        assert "set-cookie" not in done.headers


async def test_who_is_configured_is_listed(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here:
        assert (await here.anybody.get("/api/auth/oidc/providers")).body == {
            "providers": ["github", "microsoft", "sso"],
            "display_names": {"github": "GitHub", "microsoft": "Microsoft", "sso": "Our SSO"},
        }


async def test_the_result_goes_to_the_configured_console(tmp_path, provider):
    settings = {"frontend_url": "https://console.example", "oidc_redirect_base_url": "https://relay.example"}
    async with relay_with(tmp_path, provider, **settings) as here:
        begun = await here.http.get("/api/auth/oidc/sso")
        assert begun.headers["set-cookie"].endswith("Secure")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["redirect_uri"] == ["https://relay.example/api/auth/oidc/sso/callback"]
        done = await here.http.get("/api/auth/oidc/sso/callback")
        assert done.headers["location"].startswith("https://console.example/oauth/callback#error=")


async def test_a_provider_that_is_down_is_said_to_be(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        misbehave(provider, paths={"/.well-known/openid-configuration": {"status": 500, "body": "x"}})
        answer = await here.anybody.get("/api/auth/oidc/sso")
        assert (answer.status, answer.error) == (503, "Our SSO cannot be reached: try again")
        misbehave(provider)
        await browser.depart()
        misbehave(provider, paths={"/token": {"status": 502, "body": "x"}})
        assert await browser.arrive() == {"error": "Our SSO cannot be reached: try again"}


async def test_discovery_and_keys_are_asked_for_once_an_hour_and_a_new_key_at_once(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        before = len(seen(provider)["fetched"])
        await browser.log_in()
        await browser.log_in()
        fetched = [each for each in seen(provider)["fetched"][before:] if each != "/seen"]
        assert sorted(set(fetched)) == ["/.well-known/openid-configuration", "/authorize", "/jwks"]
        assert (fetched.count("/.well-known/openid-configuration"), fetched.count("/jwks")) == (1, 1)
        misbehave(provider, sign="new key", rolled=True)
        here.clock.advance(60)
        assert "token" in await browser.log_in()


async def test_the_address_may_come_from_userinfo(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        bare = {"email": None, "email_verified": None}
        misbehave(provider, claims=bare)
        assert "token" in await browser.log_in()
        misbehave(provider, claims=bare, userinfo={"sub": "person-2"})
        assert await browser.log_in() == {"error": "Our SSO did not prove who you are"}


async def test_departures_and_returns_are_limited(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here:
        statuses = [(await here.http.get("/api/auth/oidc/sso/callback")).status_code for _ in range(61)]
        assert statuses == [302] * 60 + [429]
        assert (await here.http.get("/api/auth/oidc/sso")).status_code == 429


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "{}", "[]", '[{"id": "sso"}]',
        '[{"id":"github","issuer":"https://x.example","client_id":"a","client_secret":"hidden","name":"X"}]',
        '[{"id":"a b","issuer":"https://x.example","client_id":"a","client_secret":"hidden","name":"X"}]',
        '[{"id":"a","issuer":"ftp://x.example","client_id":"a","client_secret":"hidden","name":"X"}]',
        '[{"id":"a","issuer":"https://x.example","client_id":1,"client_secret":"hidden","name":"X"}]',
    ],
)  # fmt: skip
def test_a_list_of_providers_that_cannot_be_read_is_named_and_not_repeated(text):
    with pytest.raises(ConfigError, match="OIDC_PROVIDERS must be a JSON list") as refused:
        read_config({"OIDC_PROVIDERS": text})
    assert "hidden" not in str(refused.value)


async def test_half_a_client_does_not_start(tmp_path):
    with pytest.raises(ConfigError, match="GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET belong together"):
        async with running_relay(tmp_path, github_client_id="x"):
            pass
