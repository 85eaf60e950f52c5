"""Case 19: what a hostile provider, page or address can try on the way in by OpenID Connect."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from relay.domain.identity import CONSUMER_TID, Issuer
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, NOW, OWN_TID, identity_provider, misbehave
from tests.webxterm.oidc_house import Browser, relay_with

NOT_PROVEN = {"error": "Our SSO did not prove who you are"}
EXPIRED = {"error": "The login took too long or was begun in another browser: try again"}


@pytest.fixture(scope="module")
def started():
    with identity_provider() as url:
        yield url


@pytest.fixture
def provider(started):
    misbehave(started)
    return started


@pytest.mark.parametrize(
    "how",
    [
        {"claims": {"nonce": "another"}}, {"claims": {"nonce": None}}, {"claims": {"iss": "https://evil.example"}},
        {"claims": {"iss": None}}, {"claims": {"aud": "another client"}}, {"claims": {"aud": [CLIENT_ID, "another"]}},
        {"claims": {"aud": None}}, {"claims": {"azp": "another"}}, {"claims": {"exp": NOW - 61}},
        {"claims": {"exp": None}}, {"claims": {"exp": "tomorrow"}}, {"claims": {"iat": NOW + 3600}},
        {"claims": {"nbf": NOW + 3600}}, {"claims": {"sub": None}}, {"sign": "none"}, {"sign": "HS256"},
        {"sign": "other key"}, {"sign": "new key"},
    ],
    ids=str,
)  # fmt: skip
async def test_case_19_an_id_token_that_does_not_hold_opens_nothing(tmp_path, provider, how):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        misbehave(provider, **how)
        assert await browser.log_in() == NOT_PROVEN


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False}, {"email_verified": None}, {"email_verified": "false"}, {"email_verified": 2},
        {"email": "\uff41da@example.org"}, {"email": "ada@example.org, eve@example.org"},
        {"email": ["ada@example.org"]},
        {"email": "ada@example.org\n"}, {"email": ""}, {"email": "ada"},
    ],
    ids=str,
)  # fmt: skip
async def test_case_19_an_address_nobody_verified_takes_over_no_account(tmp_path, provider, claims):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        misbehave(provider, claims=claims)
        assert await browser.log_in() == {"error": "Our SSO gives no verified email for this login"}


async def test_case_19_a_stolen_code_or_state_is_worth_nothing_in_another_browser(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as thief, Browser(here) as victim:
        await here.organization("ada", "acme")
        callback = await thief.depart()
        assert await victim.arrive(callback) == EXPIRED  # login CSRF: the victim would act in the thief's account
        await victim.depart()
        assert await victim.arrive(callback) == EXPIRED
        here.clock.advance(601)
        assert await thief.arrive() == EXPIRED


async def test_case_19_an_answer_counts_once(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        await browser.depart()
        kept = browser.http.cookies.get("fairlead_oidc_sso")
        assert "token" in await browser.arrive()
        assert "fairlead_oidc_sso" not in browser.http.cookies
        assert await browser.arrive() == EXPIRED
        browser.http.cookies.set("fairlead_oidc_sso", kept)
        assert await browser.arrive() == {"error": "The provider refused the login: try again"}


@pytest.mark.parametrize("cookie", ["", "s1.", "s1.AAAA", "nonsense", "s1." + "A" * 5000])
async def test_case_19_a_made_up_cookie_is_none(tmp_path, provider, cookie):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        browser.http.cookies.set("fairlead_oidc_sso", cookie)
        assert await browser.arrive("/api/auth/oidc/sso/callback?code=x&state=") == EXPIRED


async def test_case_19_what_was_sealed_for_another_purpose_is_no_attempt(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        sealer = here.services.oidc.sealer
        for text in ("fl_ak_something", "{}", "[]", "1", '{"state": ""}'):
            browser.http.cookies.set("fairlead_oidc_sso", sealer.seal(text))
            assert await browser.arrive("/api/auth/oidc/sso/callback?code=x&state=") == EXPIRED


async def test_case_19_pkce_binds_the_code_to_the_attempt(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as thief, Browser(here) as victim:
        await here.organization("ada", "acme")
        stolen = dict(parse_qsl(urlsplit(await victim.depart()).query))
        own = dict(parse_qsl(urlsplit(await thief.depart()).query))
        mixed = urlencode({"code": stolen["code"], "state": own["state"]})
        found = await thief.arrive(f"/api/auth/oidc/sso/callback?{mixed}")
        assert found == {"error": "The provider refused the login: try again"}


async def test_case_19_providers_are_not_mixed_up(tmp_path, provider):
    other = Issuer(id="evil", issuer=provider, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Evil")
    sso = Issuer(id="sso", issuer=provider, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Our SSO")
    async with relay_with(tmp_path, provider, oidc_providers=(sso, other)) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        address = await browser.depart("evil")
        assert await browser.arrive(address.replace("/evil/", "/sso/")) == EXPIRED
        browser.http.cookies.set("fairlead_oidc_sso", browser.http.cookies.get("fairlead_oidc_evil"))
        assert await browser.arrive(address.replace("/evil/", "/sso/")) == EXPIRED
        browser.http.cookies.clear()
        another = {"error": "The answer came from another provider: try again"}
        misbehave(provider, answer={"iss": "https://evil.example"})
        assert await browser.log_in() == another
        misbehave(provider, answer={"iss": provider})
        assert "token" in await browser.log_in()


async def test_case_19_a_provider_that_promises_its_name_must_say_it(tmp_path, provider):
    misbehave(provider, metadata={"authorization_response_iss_parameter_supported": True})
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        assert await browser.log_in() == {"error": "The answer came from another provider: try again"}


async def test_case_19_a_discovery_document_of_somebody_else_is_refused(tmp_path, provider):
    misbehave(provider, metadata={"issuer": "https://evil.example"})
    async with relay_with(tmp_path, provider) as here:
        assert (await here.anybody.get("/api/auth/oidc/sso")).status == 503


@pytest.mark.parametrize(
    ("tenant", "claims", "comes_in"),
    [
        ("common", {"tid": OWN_TID, "xms_edov": True}, True),
        ("common", {"tid": OWN_TID, "xms_edov": "1"}, True),
        ("common", {"tid": OWN_TID}, False),
        ("common", {"tid": OWN_TID, "email_verified": True, "xms_edov": False}, False),
        ("organizations", {"tid": CONSUMER_TID, "xms_edov": True}, False),
        ("consumers", {"tid": OWN_TID, "xms_edov": True}, False),
        ("common", {"xms_edov": True}, False),
        (OWN_TID, {"tid": OWN_TID}, True),
        (OWN_TID, {"tid": CONSUMER_TID, "xms_edov": True}, False),
        (OWN_TID, {"xms_edov": True}, False),
    ],
)
async def test_case_19_microsoft_directories(tmp_path, provider, tenant, claims, comes_in):
    """Any directory's administrator can write any address into it."""
    issuer = {} if tenant == "common" else {"iss": f"{provider}/{tenant}/v2.0"}
    misbehave(provider, claims={**issuer, **claims})
    async with relay_with(tmp_path, provider, microsoft_tenant_id=tenant) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        assert ("token" in await browser.log_in("microsoft")) == comes_in


async def test_case_19_a_directory_cannot_sign_for_another(tmp_path, provider):
    misbehave(provider, claims={"tid": CONSUMER_TID, "xms_edov": True, "iss": f"{provider}/{OWN_TID}/v2.0"})
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        assert await browser.log_in("microsoft") == {"error": "Microsoft did not prove who you are"}


ADA = {"email": "ada@example.org", "primary": True, "verified": True}
OTHER = {"email": "eve@example.org", "primary": True, "verified": True}


@pytest.mark.parametrize(
    ("profile", "emails", "comes_in"),
    [
        ({"email": None}, [ADA], True),
        ({}, [{**ADA, "verified": False}], False),
        ({}, [{**ADA, "verified": "yes"}], False),
        ({"email": None}, [{**ADA, "primary": False}], False),
        ({}, [], False),
        ({}, {"message": "hidden"}, False),
        ({}, [OTHER, {**ADA, "primary": False}], True),
        ({}, ["ada@example.org"], False),
    ],
)
async def test_case_19_github_addresses(tmp_path, provider, profile, emails, comes_in):
    misbehave(provider, profile=profile, emails=emails)
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        found = await browser.log_in("github")
        assert ("token" in found) == comes_in
        assert comes_in or found == {"error": "Could not retrieve email from GitHub"}


async def test_case_19_a_providers_words_are_never_shown(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        for error, text in (
            ("access_denied", "Our SSO login was cancelled"),
            ("<script>alert(1)</script>", "Our SSO login was refused"),
        ):
            misbehave(provider, answer={"error": error, "error_description": "<b>evil</b>", "code": None})
            assert await browser.log_in() == {"error": text}
        long = await browser.http.get("/api/auth/oidc/sso/callback?error=" + "x" * 201)
        assert long.status_code == 400
        assert "x" * 20 not in long.text


async def test_case_19_no_redirect_leads_elsewhere(tmp_path, provider):
    evil = quote("https://evil.example")
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        for name in ("redirect_uri", "next", "return_to", "frontend_url"):
            begun = await browser.http.get(
                f"/api/auth/oidc/sso?{name}={evil}", headers={"x-forwarded-host": "evil.example"}
            )
            assert "evil" not in begun.headers["location"]
        await browser.depart()
        done = await browser.http.get(f"{browser.callback}&next={evil}", headers={"host": "evil.example"})
        assert done.headers["location"].startswith("/oauth/callback#")
        assert "error" not in dict(parse_qsl(urlsplit(done.headers["location"]).fragment))


async def test_case_19_a_head_of_the_address_bar_shows_no_account_key(tmp_path, provider):
    async with relay_with(tmp_path, provider) as here, Browser(here) as browser:
        await here.organization("ada", "acme")
        await browser.depart()
        done = await browser.http.get(browser.callback)
        assert "fl_ak_" not in done.headers["location"]
        assert done.headers["cache-control"] == "no-store"
        assert "?" not in done.headers["location"].partition("#")[0]
