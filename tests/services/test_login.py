"""Logins: who gets a token, what it is good for, and what ends it."""

import pytest

from relay.domain.accounts import Role, Source
from relay.domain.errors import Conflict, Forbidden, Invalid, Refusal, Unauthenticated
from relay.services.accounts import NewUser
from relay.services.login_outcomes import LoggedIn, TenantChoice
from tests.services.house import CALLER, PASSWORD, house


async def test_signup_makes_an_organization_and_its_administrator(tmp_path):
    async with house(tmp_path) as home:
        actor = await home.signup("ada", "My Company Inc")
        assert (actor.tenant_id, actor.tenant_name, actor.role) == (
            "my-company-inc", "My Company Inc", Role.COMPANY_ADMIN,
        )  # fmt: skip
        assert [row["action"] for row in await home.audited("signup")] == ["signup"]
        stored = (await home.rows("users"))[0]
        assert PASSWORD not in repr(stored)
        assert stored["password_hash"].startswith("$argon2id$")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("username", "Ada", "Username already exists"),
        ("organization", "ACME", "Organization already exists"),
    ],
)
async def test_signup_conflicts_leave_nothing_behind(tmp_path, field, value, text):
    async with house(tmp_path) as home:
        await home.signup("ada", "Acme")
        name = value if field == "username" else "bob"
        organization = value if field == "organization" else "Other"
        with pytest.raises(Conflict, match=text):
            await home.signup(name, organization)
        assert len(await home.rows("users")) == 1
        assert await home.database.collection("organizations").count({}) == 1


@pytest.mark.parametrize("name", ["", "x", "-ab", "ab-", "Platform", "a/b", "ümlaut", "a" * 64])
async def test_organization_names_that_make_no_slug_are_refused(tmp_path, name):
    async with house(tmp_path) as home:
        with pytest.raises(Invalid):
            await home.signup("ada", name)


async def test_signup_can_be_switched_off(tmp_path):
    async with house(tmp_path, signup_enabled=False) as home:
        with pytest.raises(Forbidden, match="Sign-up is disabled"):
            await home.signup()


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org", "Ada@Example.ORG"])
async def test_login_by_name_or_email_whatever_the_case(tmp_path, name):
    async with house(tmp_path) as home:
        await home.signup("ada")
        actor = await home.login(name)
        assert (actor.username, actor.source) == ("ada", Source.UI)
        assert (await home.rows("users"))[0]["last_login"] == home.clock.now()


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong"), ("nobody", PASSWORD), ("nobody@example.org", PASSWORD), ("ada", PASSWORD + "x" * 2000),
     ("a" * 400, PASSWORD), ("", PASSWORD)],
)  # fmt: skip
async def test_case_17_every_wrong_login_says_the_same_and_is_recorded(tmp_path, name, password):
    async with house(tmp_path) as home:
        await home.signup("ada")
        with pytest.raises(Unauthenticated, match=r"^Invalid credentials$"):
            await home.services.login.login(CALLER, name=name, password=password)
        (row,) = await home.audited("login_failed")
        assert row["status"] == "failure"
        assert password not in repr(row)


async def test_a_right_password_of_a_disabled_account_says_so(tmp_path):
    async with house(tmp_path) as home:
        actor = await home.signup()
        users = home.database.collection("users")
        await users.update_one({"_id": actor.user_id}, {"$set": {"enabled": False}})
        with pytest.raises(Forbidden, match="Account is disabled"):
            await home.services.login.login(CALLER, name="ada", password=PASSWORD)
        with pytest.raises(Unauthenticated, match="Invalid credentials"):
            await home.services.login.login(CALLER, name="ada", password="wrong")
        await users.update_one({"_id": actor.user_id}, {"$set": {"enabled": True}})
        await home.database.collection("organizations").update_one({"name": "acme"}, {"$set": {"enabled": False}})
        with pytest.raises(Forbidden, match="Organization is disabled"):
            await home.services.login.login(CALLER, name="ada", password=PASSWORD)


async def _twins(home):
    """Two accounts of one person in two organizations."""
    for name, organization in (("ada", "Acme"), ("ada2", "Beta")):
        new = NewUser(username=name, email="ada@example.org", password=PASSWORD, first_name="A", last_name="E")
        await home.services.accounts.signup(CALLER, new, organization_name=organization, company_name=organization)


async def test_several_organizations_are_a_choice_and_the_choice_a_login(tmp_path):
    async with house(tmp_path) as home:
        await _twins(home)
        choice = await home.services.login.login(CALLER, name="ada@example.org", password=PASSWORD)
        assert isinstance(choice, TenantChoice)
        assert {each.user.tenant_id for each in choice.available} == {"acme", "beta"}
        with pytest.raises(Unauthenticated):
            await home.services.auth.authenticate(choice.session_token)
        chosen = await home.services.login.select_tenant(CALLER, session_token=choice.session_token, tenant_id="beta")
        actor = await home.services.auth.authenticate(chosen.token)
        assert (actor.username, actor.tenant_id) == ("ada2", "beta")
        with pytest.raises(Forbidden, match="Access to this tenant is not allowed"):
            await home.services.login.select_tenant(CALLER, session_token=choice.session_token, tenant_id="gamma")


async def test_a_switch_token_changes_organization_until_logout(tmp_path):
    async with house(tmp_path) as home:
        await _twins(home)
        choice = await home.services.login.login(CALLER, name="ada@example.org", password=PASSWORD)
        first = await home.services.login.select_tenant(CALLER, session_token=choice.session_token, tenant_id="acme")
        other = await home.services.login.select_tenant(CALLER, session_token=first.session_token, tenant_id="beta")
        assert [row["details"] for row in await home.audited("login")][-1]["tenant_switch"] is True
        actor = await home.services.auth.authenticate(other.token)
        await home.services.auth.logout(actor)
        for token in (first.token, other.token):
            with pytest.raises(Unauthenticated):
                await home.services.auth.authenticate(token)
        with pytest.raises(Unauthenticated, match="Invalid or expired session"):
            await home.services.login.select_tenant(CALLER, session_token=first.session_token, tenant_id="acme")


async def test_a_changed_password_ends_the_choice_it_was_made_with(tmp_path):
    async with house(tmp_path) as home:
        await _twins(home)
        choice = await home.services.login.login(CALLER, name="ada@example.org", password=PASSWORD)
        await home.database.collection("users").update_one(
            {"username_folded": "ada2"}, {"$inc": {"token_generation": 1}}
        )
        with pytest.raises(Forbidden):
            await home.services.login.select_tenant(CALLER, session_token=choice.session_token, tenant_id="beta")


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
async def test_select_tenant_refuses_what_is_no_session_token(tmp_path, token):
    async with house(tmp_path) as home:
        with pytest.raises(Unauthenticated, match="Invalid or expired session"):
            await home.services.login.select_tenant(CALLER, session_token=token, tenant_id="acme")


async def test_case_05_an_api_token_is_no_session_token_and_the_other_way_round(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        found = await home.token("ada")
        with pytest.raises(Unauthenticated):
            await home.services.login.select_tenant(CALLER, session_token=found.token, tenant_id="acme")
        with pytest.raises(Unauthenticated):
            await home.services.auth.authenticate(found.session_token)
        with pytest.raises(Unauthenticated):
            await home.services.auth.refresh(found.session_token, ip_address="", user_agent="")


@pytest.mark.parametrize(
    ("collection", "where", "change", "refusal", "text"),
    [
        (
            "users",
            {"username_folded": "ada"},
            {"$set": {"enabled": False}},
            Unauthenticated,
            "This account is disabled",
        ),
        ("users", {"username_folded": "ada"}, {"$inc": {"token_generation": 1}}, Unauthenticated, "Invalid or expired"),
        ("organizations", {"name": "acme"}, {"$set": {"enabled": False}}, Forbidden, "Organization is disabled"),
    ],
)
async def test_a_token_is_as_good_as_its_account_is_now(tmp_path, collection, where, change, refusal, text):
    async with house(tmp_path) as home:
        await home.signup()
        found = await home.token("ada")
        await home.database.collection(collection).update_one(where, change)
        with pytest.raises(refusal, match=text):
            await home.services.auth.authenticate(found.token)


async def test_a_token_of_a_deleted_user_says_so(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        found = await home.token("ada")
        await home.database.collection("users").delete_one({"username_folded": "ada"})
        with pytest.raises(Unauthenticated, match="User not found"):
            await home.services.auth.authenticate(found.token)


async def test_role_and_groups_are_read_from_the_store_not_the_token(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        found = await home.token("ada")
        await home.database.collection("users").update_one({"username_folded": "ada"}, {"$set": {"role": "user"}})
        actor = await home.services.auth.authenticate(found.token)
        assert (actor.role, actor.groups) == (Role.USER, ())


async def test_logout_ends_the_token_and_those_refreshed_from_it(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        first = await home.token("ada")
        second, _ = await home.services.auth.refresh(first.token, ip_address="", user_agent="")
        other = await home.token("ada")
        home.clock.advance(90)
        actor = await home.services.auth.authenticate(second)
        await home.services.auth.logout(actor)
        await home.services.auth.logout(actor)
        for token in (first.token, second):
            with pytest.raises(Unauthenticated, match="Invalid or expired token"):
                await home.services.auth.authenticate(token)
        await home.services.auth.authenticate(other.token)
        (row,) = await home.audited("logout")
        assert row["details"]["session_duration_s"] == 90


async def test_refresh_lasts_as_long_as_the_chain_and_no_longer(tmp_path):
    async with house(tmp_path, refresh_chain_days=2) as home:
        await home.signup()
        token = (await home.token("ada")).token
        for _ in range(3):
            home.clock.advance(15 * 3600)
            token, expires_in = await home.services.auth.refresh(token, ip_address="", user_agent="")
        assert expires_in == 3 * 3600
        home.clock.advance(3 * 3600 - 1)
        await home.services.auth.authenticate(token)
        home.clock.advance(1)
        with pytest.raises(Unauthenticated):
            await home.services.auth.refresh(token, ip_address="", user_agent="")


async def test_refresh_refusals(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        token = (await home.token("ada")).token
        with pytest.raises(Invalid, match="token is required"):
            await home.services.auth.refresh("", ip_address="", user_agent="")
        await home.database.collection("users").update_one({"username_folded": "ada"}, {"$set": {"enabled": False}})
        with pytest.raises(Forbidden, match="Account is disabled"):
            await home.services.auth.refresh(token, ip_address="", user_agent="")


async def test_the_account_key_is_shown_to_its_owner_and_stored_sealed(tmp_path):
    async with house(tmp_path) as home:
        actor = await home.signup()
        key = await home.services.auth.api_key(actor.user_id)
        assert key.startswith("fl_ak_")
        assert key not in repr(await home.rows("users"))
        await home.database.collection("users").update_one({"_id": actor.user_id}, {"$set": {"api_key_sealed": "s1.x"}})
        assert await home.services.auth.api_key(actor.user_id) == ""
        assert await home.services.auth.api_key("0" * 24) == ""


async def test_a_new_user_must_change_the_password_and_logs_in(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        await home.add_user(admin, "bob")
        found = await home.token("bob")
        assert isinstance(found, LoggedIn)
        assert found.account.user.must_reset_password


async def test_super_admins_are_made_once_each_and_stand_above(tmp_path):
    async with house(tmp_path) as home:
        assert not await home.services.accounts.has_super_admin()
        assert not await home.services.accounts.has_organizations()
        root = await home.super_admin()
        assert root.tenant_id == "platform"
        assert await home.services.accounts.has_super_admin()
        assert not await home.services.accounts.has_organizations()
        with pytest.raises(Refusal, match="Username already exists"):
            await home.super_admin()
        await home.super_admin("root2")
        user, organization = await home.services.accounts.create_first_organization(
            name="Home", username="eve", email="eve@example.org", password=PASSWORD
        )
        assert (user.must_reset_password, organization.name) == (True, "home")
        assert await home.services.accounts.has_organizations()
        assert (await home.services.accounts.find_organization("home")).display_name == "Home"


async def test_tokens_of_another_make_are_refused_though_signed(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        tokens = home.services.auth.tokens
        api = tokens.issue({"sub": "x"}, audience="api", lifetime_s=60).token
        switch = tokens.issue({"sub": "x", "accounts": []}, audience="switch", lifetime_s=60).token
        with pytest.raises(Unauthenticated, match="Invalid or expired token"):
            await home.services.auth.authenticate(api)
        with pytest.raises(Unauthenticated, match="Invalid or expired session"):
            await home.services.login.select_tenant(CALLER, session_token=switch, tenant_id="acme")


async def test_nobody_is_crowded_out_of_an_address(tmp_path):
    async with house(tmp_path) as home:
        await home.signup("ada", "Acme")
        for number in range(12):
            home.clock.advance(1)
            new = NewUser(
                username=f"eve{number}", email="ada@example.org", password="another one", first_name="E", last_name="E"
            )
            await home.services.accounts.signup(CALLER, new, organization_name=f"Eve {number}", company_name="Eve")
        assert (await home.login("ada@example.org")).username == "ada"
