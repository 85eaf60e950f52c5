"""The link that proves an address; and what the relay says when it sends no mail."""

import pytest

from relay.api.webxterm.email_verification import VERIFIED
from relay.app import serve
from relay.config import Config, ConfigError
from tests.post_office import post_office
from tests.webxterm.house import PASSWORD, Client, Relay, mail_settings, relay

GONE = "This link is invalid or has expired: ask for a new one in your profile"
SIGNUP = {
    "username": "ada", "email": "ada@example.org", "password": PASSWORD, "first_name": "Ada", "last_name": "L",
    "organization_name": "Acme", "company_name": "Acme",
}  # fmt: skip


async def sign_up(here: Relay) -> tuple[Client, str]:
    """Somebody signed up, and the sentence they were told."""
    answer = await here.anybody.post("/api/auth/signup", SIGNUP)
    assert answer.status == 201
    return await here.client("ada"), answer.body["message"]


async def is_verified(who: Client) -> bool:
    return (await who.get("/api/users/me")).body["user"]["email_verified"]


def path_of(link: str) -> str:
    assert link.startswith("https://relay.example/")
    return link.removeprefix("https://relay.example")


async def test_a_sign_up_gets_a_link_that_verifies_the_address(tmp_path):
    with post_office() as office:
        async with relay(tmp_path, **mail_settings(office)) as here:
            ada, message = await sign_up(here)
            assert message == "User created successfully. Please check your email to verify your account."
            await here.carried()
            path = path_of(office.link("ada@example.org"))
            assert not await is_verified(ada)
            for _ in range(2):  # some mail servers look at links before their people do
                answer = await here.anybody.get(path)
                assert (answer.status, answer.body) == (200, {"message": VERIFIED})
            assert await is_verified(ada)
            rows = await here.services.database.collection("audit").find(
                {"tenant_id": "acme", "action": "email_verified"}
            )
            assert [row["username"] for row in rows] == ["ada"]
            assert (await ada.post("/api/auth/verify-email/resend")).status == 409


async def test_a_browser_is_shown_a_page_without_script(tmp_path):
    with post_office() as office:
        async with relay(tmp_path, **mail_settings(office)) as here:
            await sign_up(here)
            await here.carried()
            answer = await here.http.get(path_of(office.link("ada@example.org")), headers={"accept": "text/html,*/*"})
            assert answer.headers["content-type"].startswith("text/html")
            assert "is confirmed" in answer.text
            assert "<script" not in answer.text
            assert "content-security-policy" in answer.headers


async def test_a_link_is_for_one_address_one_day_and_only_the_newest_works(tmp_path):
    with post_office() as office:
        async with relay(tmp_path, **mail_settings(office)) as here:
            ada, _ = await sign_up(here)
            await here.carried()
            first = path_of(office.link("ada@example.org"))
            assert (await ada.post("/api/auth/verify-email/resend")).status == 200
            await here.carried()
            second = path_of(office.link("ada@example.org"))
            for path in (first, "/api/auth/verify-email?token=x"):
                answer = await here.anybody.get(path)
                assert (answer.status, answer.error) == (400, GONE)
            users = here.services.database.collection("users")
            own = {"_id": ada.actor.user_id}
            await users.update_one(own, {"$set": {"email": "eve@x.org", "email_folded": "eve@x.org"}})
            assert (await here.anybody.get(second)).error == GONE
            await users.update_one(own, {"$set": {"email": "ada@example.org", "email_folded": "ada@example.org"}})
            here.clock.advance(24 * 3600)
            assert (await here.anybody.get(second)).error == GONE
            ada = await here.client("ada")
            assert not await is_verified(ada)


async def test_links_are_stored_as_digests_and_letters_sealed(tmp_path):
    with post_office() as office:
        async with relay(tmp_path, **mail_settings(office)) as here:
            await sign_up(here)
            await here.carried()
            token = office.link("ada@example.org").rpartition("=")[2]
            (row,) = await here.services.database.collection("email_links").find({"tenant_id": "acme"})
            assert token not in repr(row)
            answer = await here.anybody.post("/api/auth/verify-email", {"token": token})
            assert (answer.status, answer.body) == (200, {"message": VERIFIED})


async def test_case_21_a_host_header_poisons_no_link(tmp_path):
    with post_office() as office:
        async with relay(tmp_path, **mail_settings(office)) as here:
            poison = {
                "host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example",
                "x-forwarded-proto": "http", "origin": "https://evil.example",
            }  # fmt: skip
            answer = await here.http.post("/api/auth/signup", json=SIGNUP, headers=poison)
            assert answer.status_code in {201, 403}  # a foreign Origin may be refused at the door
            if answer.status_code == 403:
                del poison["origin"]
                assert (await here.http.post("/api/auth/signup", json=SIGNUP, headers=poison)).status_code == 201
            await here.carried()
            assert "evil" not in office.text("ada@example.org")
            path_of(office.link("ada@example.org"))


async def test_resending_is_limited(tmp_path):
    with post_office() as office:
        async with relay(tmp_path, **mail_settings(office)) as here:
            ada, _ = await sign_up(here)
            answers = [(await ada.post("/api/auth/verify-email/resend")).status for _ in range(6)]
            assert answers == [200] * 5 + [429]


async def test_without_mail_the_relay_says_so(tmp_path):
    async with relay(tmp_path) as here:
        ada, message = await sign_up(here)
        assert message == "User created successfully. This relay sends no mail, so your address stays unverified."
        answer = await ada.post("/api/auth/verify-email/resend")
        assert (answer.status, answer.error) == (503, "This relay sends no mail")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"smtp_host": "h", "public_url": "https://r.example"}, "SMTP_FROM"),
        ({"smtp_host": "h", "smtp_from": "f@example.org"}, "FAIRLEAD_PUBLIC_URL"),
        (
            {
                "smtp_host": "h", "smtp_from": "f@example.org", "public_url": "https://r.example", "smtp_tls": "none",
                "smtp_username": "u",
            },
            "in clear",
        ),
    ],
)  # fmt: skip
async def test_mail_settings_that_do_not_fit_stop_the_start(tmp_path, settings, words):
    with pytest.raises(ConfigError, match=words):
        await serve(Config(listen="127.0.0.1:0", data=tmp_path, **settings))
