"""Every refusal of the terminal API that a client may come to rely on: status and sentence, to the letter."""

import pytest
import trio

from tests.agent_double import AgentDouble
from tests.webxterm.house import PASSWORD, encoded, relay

SIGNUP = {
    "username": "johndoe", "email": "john@example.org", "password": PASSWORD, "first_name": "John",
    "last_name": "Doe", "organization_name": "Acme", "company_name": "Acme",
}  # fmt: skip
NO_SLUG = "organization_name must be 2 to 63 letters a-z, digits, spaces and hyphens, no hyphen at either end"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (None, "Authorization header required"),
        ("Basic YTpi", "Invalid authorization format. Use: Bearer <token>"),
        ("Bearer", "Invalid authorization format. Use: Bearer <token>"),
        ("Bearer x.y.z", "Invalid or expired token"),
    ],
)
async def test_the_sentences_of_401(tmp_path, header, text):
    async with relay(tmp_path) as home:
        headers = {} if header is None else {"authorization": header}
        response = await home.http.get("/api/machines", headers=headers)
        assert (response.status_code, response.json()) == (401, {"error": text})
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        *(({field: None}, 400, f"{field} is required") for field in SIGNUP),
        ({"username": "ab"}, 400, "username must be at least 3 characters"),
        ({"username": "a b c"}, 400, "username may only contain letters, digits, dots, underscores and hyphens"),
        ({"email": "nowhere"}, 400, "email must be a valid email address"),
        ({"password": "short"}, 400, "password must be at least 8 characters"),
        ({"first_name": 5}, 400, "first_name must be a string"),
        ({"organization_name": "Ä"}, 400, NO_SLUG),
        ({"organization_name": "-acme"}, 400, NO_SLUG),
        ({"organization_name": "Platform"}, 400, "organization_name is reserved: choose another one"),
        ({"username": "TAKEN", "organization_name": "Other"}, 409, "Username already exists"),
        ({"organization_name": "TAKEN"}, 409, "Organization already exists"),
    ],
)
async def test_signup(tmp_path, change, status, text):
    async with relay(tmp_path) as home:
        await home.organization("taken", "Taken")
        body = {name: value for name, value in {**SIGNUP, **change}.items() if value is not None}
        refused = await home.anybody.post("/api/auth/signup", body)
        assert (refused.status, refused.body) == (status, {"error": text})


async def test_signup_may_be_disabled(tmp_path):
    async with relay(tmp_path, signup_enabled=False) as home:
        refused = await home.anybody.post("/api/auth/signup", SIGNUP)
        assert (refused.status, refused.error) == (403, "Sign-up is disabled")


async def test_login(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        users = home.services.database.collection("users")
        login = home.anybody
        for body, status, text in (
            ({}, 400, "password is required"),
            ({"password": "x"}, 400, "email is required"),
            ({"email": "ada@example.org", "password": "wrong"}, 401, "Invalid credentials"),
            ({"username": "nobody", "password": "wrong"}, 401, "Invalid credentials"),
        ):
            refused = await login.post("/api/auth/login", body)
            assert (refused.status, refused.body) == (status, {"error": text})
        await users.update_one({"_id": admin.actor.user_id}, {"$set": {"enabled": False}})
        refused = await login.post("/api/auth/login", {"username": "ada", "password": PASSWORD})
        assert (refused.status, refused.error) == (403, "Account is disabled")
        refused = await admin.get("/api/machines")
        assert (refused.status, refused.error) == (401, "This account is disabled")
        refused = await login.post("/api/auth/refresh", {"token": admin.token})
        assert (refused.status, refused.error) == (403, "Account is disabled")


async def test_case_18_wrong_passwords_are_counted(tmp_path):
    async with relay(tmp_path) as home:
        await home.organization("ada", "Acme")
        wrong = {"username": "ada", "password": "wrong"}
        statuses = [(await home.anybody.post("/api/auth/login", wrong)).status for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        refused = await home.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})
        assert refused.status == 429
        assert 0 < int(refused.headers["retry-after"]) <= 900
        home.clock.advance(901)
        assert (await home.anybody.post("/api/auth/login", {"username": "ada", "password": PASSWORD})).status == 200


async def test_machines(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        bob = await home.user(admin, "bob")
        machine = (await home.machine(admin)).machine
        path = f"/api/machines/{machine.agent_id}"
        for step, status, text in (
            (bob.post("/api/machines", {"name": "x"}), 403, "Admin access required"),
            (admin.post("/api/machines", {}), 400, "name is required"),
            (admin.post("/api/machines", {"name": "WEB-1"}), 409, "Machine with this name already exists"),
            (
                admin.post("/api/machines", {"name": "x", "linux_user": "R o"}),
                400,
                "linux_user must be a valid Linux user name",
            ),
            (admin.get("/api/machines/by-id/xyz"), 400, "Invalid machine ID"),
            (admin.get(f"/api/machines/by-id/{'f' * 24}"), 404, "Machine not found"),
            (admin.get("/api/machines/by-id"), 404, "Machine not found"),
            (bob.get(f"/api/machines/by-id/{machine.id}"), 403, "Not authorized"),
            (bob.get(path), 403, "Not authorized"),
            (admin.get("/api/machines/nothing"), 404, "Machine not found"),
            (admin.get("/api/machines", status="lost"), 400, "status must be pending, online or offline"),
            (admin.get("/api/machines", page=0), 400, "page must be at least 1"),
            (admin.get("/api/machines", limit="many"), 400, "limit must be a whole number"),
            (bob.delete(path), 403, "Admin access required"),
            (admin.delete("/api/machines/nothing"), 404, "Machine not found"),
            (admin.post(f"{path}/command", {}), 400, "command is required"),
            (admin.post(f"{path}/command", {"command": " "}), 400, "command is required"),
            (admin.post(f"{path}/command", {"command": "x" * 8193}), 400, "command must be at most 8192 characters"),
            (admin.post(f"{path}/command", {"command": "x", "timeout": 301}), 400, "timeout must be at most 300"),
            (bob.post(f"{path}/command", {"command": "id"}), 403, "Not authorized"),
            (admin.post(f"{path}/command", {"command": "id"}), 503, "Machine is offline"),
            (admin.get(f"{path}/logs/search"), 400, "q is required"),
            (admin.get(f"{path}/logs", **{"from": "yesterday"}), 400, "Invalid from date"),
            (admin.get(f"{path}/logs", to="9999-12-31T23:59:59-14:00"), 400, "Invalid to date"),
            (admin.get(f"{path}/logs", limit=501), 400, "limit must be at most 500"),
        ):
            refused = await step
            assert (refused.status, refused.body) == (status, {"error": text})


async def test_access_and_groups(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        other = await home.organization("carol", "Beta")
        bob = await home.user(admin, "bob")
        machine = (await home.machine(admin)).machine
        path = f"/api/machines/{machine.agent_id}/access"
        group = (await admin.post("/api/groups", {"name": "Ops"})).body["group"]["id"]
        user_id = bob.actor.user_id

        def give(**more):
            return admin.post(f"{path}/grant", {"user_id": user_id, **more})

        for step, status, text in (
            (admin.post(f"{path}/grant", {}), 400, "user_id is required"),
            (admin.post(f"{path}/grant", {"user_id": other.actor.user_id}), 404, "User not found"),
            (give(machine_role="root"), 400, "machine_role must be sudo or non-sudo"),
            (give(expires_at="2020-01-01T00:00:00Z"), 400, "expires_at must be in the future"),
            (give(expires_at="9999-12-31T23:59:59-12:00"), 400, "expires_at must be a time before the year 3000"),
            (give(expires_at="2027-01-01T00:00:00"), 400, "expires_at must be a time such as 2026-01-31T12:00:00Z"),
            (bob.post(f"{path}/grant", {"user_id": user_id}), 403, "Not authorized"),
            (admin.post(f"{path}/revoke", {}), 400, "user_id is required"),
            (admin.post("/api/groups", {}), 400, "name is required"),
            (admin.post("/api/groups", {"name": "OPS"}), 409, "Group already exists"),
            (admin.get("/api/groups/grp_123"), 400, "Invalid group ID"),
            (admin.get(f"/api/groups/{'f' * 24}"), 404, "Group not found"),
            (other.get(f"/api/groups/{group}"), 404, "Group not found"),
            (bob.put(f"/api/groups/{group}", {"name": "x"}), 403, "Admin access required"),
            (admin.put(f"/api/groups/{group}", {"name": ""}), 400, "name is required"),
            (admin.post(f"/api/groups/{group}/members", {}), 400, "user_id is required"),
            (admin.delete(f"/api/groups/{group}/members", {"user_id": user_id}), 404, "User not in group"),
            (admin.post(f"/api/groups/{group}/machines", {}), 400, "machine_ids is required"),
            (admin.post(f"/api/groups/{group}/machines", {"machine_ids": []}), 400, "machine_ids is required"),
            (admin.post(f"/api/groups/{group}/machines", {"machine_ids": ["nope"]}), 404, "Machine not found: nope"),
            (admin.delete(f"/api/groups/{group}/machines/nope"), 404, "Machine not in group"),
            (admin.delete("/api/terminal/sessions/nope"), 404, "Session not found"),
            (admin.get("/api/sessions/nope"), 404, "Session not found"),
            (admin.get("/api/users/nope"), 400, "Invalid user ID"),
            (bob.get("/api/users"), 403, "Admin access required"),
            (admin.get("/api/users", tenant_id="beta"), 403, "Access denied to this tenant"),
        ):  # fmt: skip
            refused = await step
            assert (refused.status, refused.body) == (status, {"error": text})


async def test_enrolment(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        created = await home.machine(admin)
        agent = AgentDouble(created.machine.agent_id)
        register = "/api/agent/register"
        good = {"token": created.registration_token, "public_key": encoded(agent)}
        for body, status, text in (
            ({}, 400, "token is required"),
            ({"token": good["token"]}, 400, "public_key is required"),
            ({**good, "public_key": "short"}, 400, "public_key must be a base64url Ed25519 public key"),
            ({**good, "token": "fl_enrol_x"}, 401, "Invalid or expired registration token"),
        ):
            refused = await home.anybody.post(register, body)
            assert (refused.status, refused.body) == (status, {"error": text})
        answers = []

        async def enrol():
            answers.append(await home.anybody.post(register, good))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(enrol)
            nursery.start_soon(enrol)
        assert sorted(answer.status for answer in answers) == [200, 401]
        (won,) = [answer.body for answer in answers if answer.status == 200]
        assert set(won) == {"agent_id", "machine_id", "name", "relay_key", "heartbeat_interval"}


async def test_unknown_paths_methods_and_bodies(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        assert ((await admin.get("/api/nothing")).status, (await admin.get("/api/nothing")).error) == (404, "Not found")
        wrong = await admin.put("/api/machines", {})
        assert (wrong.status, wrong.error) == (405, "Method not allowed")
        assert {"GET", "POST"} <= set(wrong.headers["allow"].split(", "))
        headers = {"authorization": f"Bearer {admin.token}"}
        for content in (b"{", b"[]", b"\xff", b'"x"', b'{"name": ' + b"[" * 5000):
            response = await home.http.post("/api/machines", content=content, headers=headers)
            assert (response.status_code, response.json()) == (400, {"error": "Invalid request body"})
        huge = await home.http.post("/api/machines", content=b"x" * (1024 * 1024 + 1), headers=headers)
        assert huge.status_code == 413


async def test_a_right_taken_back_over_http_closes_the_shell(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        bob = await home.user(admin, "bob")
        async with home.agent(admin) as agent:
            path = f"/api/machines/{agent.agent_id}/access"
            await admin.post(f"{path}/grant", {"user_id": bob.actor.user_id})
            session = (await home.services.terminals.open(bob.actor, agent.agent_id)).session
            await admin.post(f"{path}/revoke", {"user_id": bob.actor.user_id})
            with trio.fail_after(1):
                await session.closed.wait()
            assert session.reason.code == 4403
