"""Attack cases 5 and 6: tokens of another make, and refreshed ones in two hands."""

import base64
import hmac
import json
from typing import Any

import pytest
import trio

from relay.services.refresh_family import GRACE
from tests.webxterm.house import PASSWORD, Client, Relay, relay

INVALID = (401, "Invalid or expired token")


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes, digest: str = "sha256") -> str:
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.new(key, text.encode(), digest).digest())}"


def forgeries(token: str, key: bytes, public_key: bytes, other_sub: str) -> dict[str, str]:
    """What an attacker without the key may try, and what must not count though it is signed with it."""
    claims, header = claims_of(token), {"alg": "HS256", "typ": "JWT"}
    head, body, signature = token.split(".")
    return {
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "alg None": f"{part({'alg': 'None', 'typ': 'JWT'})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "public key as secret": signed(header, claims, public_key),
        "alg RS256": signed({"alg": "RS256", "typ": "JWT"}, claims, key),
        "alg HS512": signed({"alg": "HS512", "typ": "JWT"}, claims, key, "sha512"),
        "kid path": signed({**header, "kid": "../../dev/null"}, claims, b""),
        "kid sql": signed({**header, "kid": "x' UNION SELECT 'k"}, claims, b"k"),
        "signed, with kid": signed({**header, "kid": "1"}, claims, key),
        "signed, with jku": signed({**header, "jku": "https://evil.example/keys"}, claims, key),
        "signed, with crit": signed({**header, "crit": ["x"]}, claims, key),
        "other aud": signed(header, {**claims, "aud": "switch"}, key),
        "no aud": signed(header, {name: claims[name] for name in claims if name != "aud"}, key),
        "list of aud": signed(header, {**claims, "aud": ["api"]}, key),
        "other iss": signed(header, {**claims, "iss": "evil"}, key),
        "expired": signed(header, {**claims, "exp": claims["iat"]}, key),
        "exp of text": signed(header, {**claims, "exp": str(claims["exp"])}, key),
        "not yet": signed(header, {**claims, "nbf": claims["exp"]}, key),
        "another user's, unsigned": f"{head}.{part({**claims, 'sub': other_sub})}.{signature}",
        "tenant swapped, unsigned": f"{head}.{part({**claims, 'tenant_id': 'beta'})}.{signature}",
        "garbage": "a.b.c",
        "four parts": f"{token}.x",
        "huge": f"{head}.{part({**claims, 'x': 'x' * 9000})}.{signature}",
    }  # fmt: skip


async def test_case_05_no_token_of_another_make_is_believed(tmp_path):
    async with relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "beta")
        key = (tmp_path / "keys" / "jwt.key").read_bytes()
        public_key = here.services.credentials.relay_key
        assert eve.actor is not None
        believed = {}
        for name, token in forgeries(ada.token, key, public_key, eve.actor.user_id).items():
            answers = {(await Client(here.http, token).get("/api/users/me")).status}
            answers.add((await here.anybody.post("/api/auth/refresh", {"token": token[:8192]})).status)
            if answers != {401}:
                believed[name] = answers
        assert believed == {}
        assert (await ada.get("/api/users/me")).status == 200


async def test_case_05_a_tenant_claim_is_not_believed_even_when_signed(tmp_path):
    async with relay(tmp_path) as here:
        ada, eve = await here.organization("ada", "acme"), await here.organization("eve", "beta")
        machine = (await here.machine(eve, "beta-machine")).machine
        key = (tmp_path / "keys" / "jwt.key").read_bytes()
        claims = {**claims_of(ada.token), "tenant_id": "beta", "role": "super_admin", "groups": ["x"]}
        swapped = Client(here.http, signed({"alg": "HS256", "typ": "JWT"}, claims, key))
        me = await swapped.get("/api/users/me")
        assert (me.body["user"]["tenant_id"], me.body["user"]["role"]) == ("acme", "company_admin")
        assert (await swapped.get(f"/api/machines/{machine.agent_id}")).status == 404
        assert (await swapped.get("/api/admin/organizations")).status == 403


@pytest.mark.parametrize("use", ["switch as api", "api as switch", "key as refresh"])
async def test_case_05_a_token_is_good_for_its_own_purpose_only(tmp_path, use):
    async with relay(tmp_path) as here:
        await here.organization("ada", "acme")
        login = (await here.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})).body
        if use == "switch as api":
            answer = await Client(here.http, login["session_token"]).get("/api/users/me")
        elif use == "api as switch":
            body = {"session_token": login["token"], "tenant_id": "acme"}
            answer = await here.anybody.post("/api/auth/select-tenant", body)
        else:
            answer = await here.anybody.post("/api/auth/refresh", {"token": login["user"]["api_key"]})
        assert answer.status == 401


async def refreshed(here: Relay, token: str, **headers: str) -> tuple[int, str]:
    response = await here.http.post("/api/auth/refresh", json={"token": token}, headers=headers)
    return response.status_code, response.json().get("token", response.json().get("error", ""))


async def test_case_06_refresh_reuse_kills_the_family(tmp_path):
    async with relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        stolen = ada.token
        _, mine = await refreshed(here, stolen)
        here.clock.advance(GRACE.total_seconds())
        assert await refreshed(here, stolen) == INVALID
        for token in (mine, stolen):
            assert (await Client(here.http, token).get("/api/users/me")).status == 401
            assert await refreshed(here, token) == INVALID
        rows = await here.services.database.collection("audit").find({"tenant_id": "acme", "action": "token_reused"})
        assert [(row["username"], row["severity"], row["status"]) for row in rows] == [("ada", "warning", "failure")]
        assert (await (await here.client("ada")).get("/api/users/me")).status == 200  # signing in again is no trouble


@pytest.mark.parametrize("thief", [{"user-agent": "curl/8.0"}, {"x-forwarded-for": "198.51.100.7"}])
async def test_case_06_another_client_gets_no_grace(tmp_path, thief):
    from ipaddress import ip_network

    async with relay(tmp_path, trusted_proxies=(ip_network("127.0.0.0/8"),)) as here:
        ada = await here.organization("ada", "acme")
        _, mine = await refreshed(here, ada.token)
        assert await refreshed(here, ada.token, **thief) == INVALID
        assert (await Client(here.http, mine).get("/api/users/me")).status == 401


async def test_case_06_two_refreshes_in_a_race_both_go_on(tmp_path):
    async with relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        found: list[tuple[int, str]] = []

        async def knock() -> None:
            found.append(await refreshed(here, ada.token))

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(knock)
        assert [status for status, _ in found] == [200] * 4
        assert len({token for _, token in found}) == 4
        for _, token in found:
            assert (await Client(here.http, token).get("/api/users/me")).status == 200
        here.clock.advance(3600)
        for _, token in found:  # each goes its own way from here
            assert (await refreshed(here, token))[0] == 200


async def test_case_06_a_refreshed_token_stays_good_and_no_switch_outlives_the_chain(tmp_path):
    async with relay(tmp_path, refresh_chain_days=2) as here:
        await here.organization("ada", "acme")
        login = (await here.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})).body
        await refreshed(here, login["token"])
        assert (await Client(here.http, login["token"]).get("/api/users/me")).status == 200
        session_token = login["session_token"]
        for _ in range(2):
            here.clock.advance(23 * 3600)
            body = {"session_token": session_token, "tenant_id": "acme"}
            switched = await here.anybody.post("/api/auth/select-tenant", body)
            session_token = switched.body["session_token"]
        assert switched.body["expires_in"] == 2 * 3600
        here.clock.advance(2 * 3600)
        assert (await Client(here.http, switched.body["token"]).get("/api/users/me")).status == 401
        answer = await here.anybody.post(
            "/api/auth/select-tenant", {"session_token": session_token, "tenant_id": "acme"}
        )
        assert answer.status == 401
