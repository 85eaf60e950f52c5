"""Every answer's fields, over a running relay with an agent: exactly those of the contract, in its spelling."""

import re

import pytest

from tests.agent_double import Answer
from tests.webxterm.house import PASSWORD, relay

COUNTS = {"total", "page", "limit", "total_pages"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MACHINE = {
    "machine_id", "agent_id", "name", "description", "hostname", "os", "arch", "ip_address", "ip_addresses",
    "linux_user", "allow_sudo", "agent_version", "status", "is_connected", "cpu_percent", "memory_percent",
    "disk_percent", "network_rx_bytes", "network_tx_bytes", "uptime", "uptime_seconds", "last_active", "tags",
    "metadata", "group_ids", "owner_id", "tenant_id", "created_at",
}  # fmt: skip
OWN_USER = {
    "id", "username", "email", "first_name", "last_name", "tenant_id", "tenant_name", "role", "machine_role",
    "groups", "email_verified", "api_key",
}  # fmt: skip
USER = (OWN_USER - {"api_key"}) | {"enabled", "created_at", "last_login"}
LOG = {
    "id", "command", "user_id", "username", "timestamp", "success", "source", "session_id", "machine_id",
    "machine_name", "agent_id", "exit_code", "duration_ms", "cwd", "method", "confidence", "attested",
    "ip_address", "browser",
    "os",
}  # fmt: skip
SESSION = {
    "session_id", "agent_id", "machine_id", "machine_name", "user_id", "username", "source", "status", "started_at",
    "ended_at", "browser", "os", "ip_address", "command_count", "duration_seconds", "close_reason",
    "recording_available", "cols", "rows",
}  # fmt: skip
GROUP = {
    "id", "name", "description", "machine_role", "member_count", "machine_count", "tenant_id", "created_at",
    "updated_at",
}  # fmt: skip


async def test_signup_login_refresh_logout(tmp_path):
    async with relay(tmp_path) as home:
        body = {
            "username": "johndoe", "email": "John@Example.org", "password": PASSWORD, "first_name": "John",
            "last_name": "Doe", "organization_name": "My Company Inc", "company_name": "My Company Inc.",
        }  # fmt: skip
        made = await home.anybody.post("/api/auth/signup", body)
        assert made.status == 201
        assert made.body == {
            "message": "User created successfully. This relay sends no mail, so your address stays unverified.",
            "user_id": made.body["user_id"],
            "username": "johndoe",
            "organization": "My Company Inc.",
        }
        logged = await home.anybody.post("/api/auth/login", {"email": "john@example.ORG", "password": PASSWORD})
        assert logged.status == 200
        assert set(logged.body) == {
            "token", "user", "expires_in", "session_token", "available_tenants", "must_reset_password",
        }  # fmt: skip
        assert set(logged.body["user"]) == OWN_USER
        assert (logged.body["user"]["tenant_id"], logged.body["expires_in"]) == ("my-company-inc", 86400)
        assert logged.body["available_tenants"] == [
            {
                "tenant_id": "my-company-inc", "tenant_name": "My Company Inc.", "username": "johndoe",
                "user_id": made.body["user_id"],
            }
        ]  # fmt: skip
        client = home.anybody
        client.token = logged.body["token"]
        renewed = await home.anybody.post("/api/auth/refresh", {"token": client.token})
        assert (renewed.status, set(renewed.body), renewed.body["expires_in"]) == (200, {"token", "expires_in"}, 86400)
        gone = await client.post("/api/auth/logout")
        assert (gone.status, gone.body) == (200, {"message": "Logged out successfully"})
        for token in (client.token, renewed.body["token"]):
            client.token = token
            refused = await client.get("/api/users/me")
            assert (refused.status, refused.error) == (401, "Invalid or expired token")


async def test_a_choice_of_organizations(tmp_path):
    async with relay(tmp_path) as home:
        for name, organization in (("ada1", "Acme"), ("ada2", "Beta")):
            body = {
                "username": name, "email": "ada@example.org", "password": PASSWORD, "first_name": "A",
                "last_name": "E", "organization_name": organization, "company_name": organization,
            }  # fmt: skip
            assert (await home.anybody.post("/api/auth/signup", body)).status == 201
        choice = await home.anybody.post("/api/auth/login", {"email": "ada@example.org", "password": PASSWORD})
        assert set(choice.body) == {"requires_tenant_selection", "tenants", "session_token"}
        assert [each["tenant_id"] for each in choice.body["tenants"]] == ["acme", "beta"]
        token = choice.body["session_token"]
        chosen = await home.anybody.post("/api/auth/select-tenant", {"session_token": token, "tenant_id": "beta"})
        assert (chosen.status, chosen.body["user"]["username"]) == (200, "ada2")


async def test_users(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        me = await admin.get("/api/users/me")
        assert set(me.body["user"]) == OWN_USER
        made = await admin.post(
            "/api/users",
            {"username": "bob", "email": "bob@example.org", "password": PASSWORD, "first_name": "B", "last_name": "B"},
        )
        assert (made.status, set(made.body), set(made.body["user"])) == (201, {"user"}, USER)
        assert made.body["user"]["last_login"] is None
        listed = await admin.get("/api/users", page=1, limit=1)
        assert set(listed.body) == {"users"} | COUNTS
        assert {key: listed.body[key] for key in COUNTS} == {"total": 2, "page": 1, "limit": 1, "total_pages": 2}
        one = await admin.get(f"/api/users/{made.body['user']['id']}")
        assert one.body == made.body


async def test_machines(tmp_path):
    async with relay(tmp_path, public_url="https://relay.example") as home:
        admin = await home.organization("ada", "Acme")
        made = await admin.post("/api/machines", {"name": "production-server", "metadata": {"team": "ops"}})
        machine = made.body["machine"]
        assert (made.status, set(machine)) == (
            201,
            MACHINE | {"registration_token", "registration_expires_at", "install_command"},
        )
        token = machine["registration_token"]
        assert machine["install_command"] == f"curl -fsSL https://relay.example/install.sh | sh -s -- --token {token}"
        assert re.fullmatch(r"fl_enrol_[A-Za-z0-9_-]{43}", token)
        assert (machine["status"], machine["last_active"], machine["cpu_percent"]) == ("pending", None, None)
        listed = await admin.get("/api/machines")
        assert set(listed.body) == {"machines"} | COUNTS
        assert set(listed.body["machines"][0]) == MACHINE
        by_id = await admin.get(f"/api/machines/by-id/{machine['machine_id']}")
        one = await admin.get(f"/api/machines/{machine['agent_id']}")
        assert by_id.body == one.body
        assert one.body["machine"]["metadata"] == {"team": "ops"}
        gone = await admin.delete(f"/api/machines/{machine['agent_id']}")
        assert (gone.status, gone.body) == (200, {"message": "Machine deleted successfully"})


async def test_enrolment_commands_logs_and_dashboard(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        async with home.agent(admin, "web-1", hostname="web", os="Debian 12", allow_sudo=True) as agent:
            agent.command = lambda run: Answer(stdout=b"ok\xff", stderr=b"", exit_code=0)
            path = f"/api/machines/{agent.agent_id}"
            machine = (await admin.get(path)).body["machine"]
            assert (machine["status"], machine["is_connected"], machine["hostname"]) == ("online", True, "double")
            assert TIME.fullmatch(machine["last_active"])
            sent = await admin.post(f"{path}/command", {"command": "ls -la /var/log"})
            assert sent.body == {
                "message": "Command sent", "command": "ls -la /var/log", "command_id": sent.body["command_id"],
                "status": "sent",
            }  # fmt: skip
            waited = await admin.post(f"{path}/command", {"command": "ls", "wait": True, "timeout": 5})
            assert waited.body == {
                "message": "Command finished", "command": "ls", "command_id": waited.body["command_id"],
                "status": "finished", "exit_code": 0, "stdout": "ok\ufffd", "stderr": "", "truncated": False,
                "duration_ms": 12, "success": True,
            }  # fmt: skip

            async def both_logged():
                return (await admin.get(f"{path}/logs")).body["total"] == 2

            await home.until(both_logged)
            logs = await admin.get(f"{path}/logs")
            assert set(logs.body) == {"logs"} | COUNTS
            assert logs.body["limit"] == 100
            assert set(logs.body["logs"][0]) == LOG
            assert TIME.fullmatch(logs.body["logs"][0]["timestamp"])
            found = await admin.get(f"{path}/logs/search", q="VAR/LOG")
            assert [each["command"] for each in found.body["logs"]] == ["ls -la /var/log"]
            stats = await admin.get("/api/dashboard/stats")
            assert stats.body == {
                "online_count": 1, "offline_count": 0, "pending_count": 0, "total_machines": 1, "active_sessions": 0,
                "avg_cpu": 1.5, "avg_memory": 2.5, "avg_disk": 0.0,
            }  # fmt: skip
            recent = await admin.get("/api/dashboard/recent-machines")
            assert set(recent.body["machines"][0]) == {
                "agent_id", "name", "status", "cpu_percent", "memory_percent", "last_active",
            }  # fmt: skip
            activity = await admin.get("/api/dashboard/recent-activity")
            assert set(activity.body) == {"activities"}
            assert set(activity.body["activities"][0]) == {
                "id", "command", "machine_name", "agent_id", "username", "source", "timestamp",
            }  # fmt: skip


async def test_sessions(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        async with home.agent(admin) as agent:
            opened = await home.services.terminals.open(admin.actor, agent.agent_id, session_id="cli-1")
            agent.log("false", 1)

            async def logged():
                return (await admin.get("/api/sessions/cli-1")).body["logs_total"] == 1

            await home.until(logged)
            one = await admin.get("/api/sessions/cli-1")
            assert set(one.body) == {"session", "logs", "logs_total"} | COUNTS
            assert set(one.body["session"]) == SESSION
            assert set(one.body["logs"][0]) == {
                "id", "command", "timestamp", "success", "exit_code", "duration_ms", "cwd", "method", "confidence",
            }  # fmt: skip
            assert (one.body["logs"][0]["command"], one.body["logs"][0]["success"]) == ("false", False)
            for path in ("/api/terminal/sessions", f"/api/machines/{agent.agent_id}/sessions/active"):
                listed = await admin.get(path)
                assert set(listed.body) == {"sessions"} | COUNTS
                assert [each["session_id"] for each in listed.body["sessions"]] == ["cli-1"]
            closed = await admin.delete("/api/terminal/sessions/cli-1")
            assert (closed.status, closed.body) == (200, {"message": "Session closed"})
            assert opened.session.reason.code == 1000
            again = await admin.delete("/api/terminal/sessions/cli-1")
            assert (again.status, again.error) == (404, "Session not found")
            past = await admin.get(f"/api/machines/{agent.agent_id}/sessions")
            (session,) = past.body["sessions"]
            assert (session["status"], session["close_reason"]) == ("closed", "closed by its user")
            assert TIME.fullmatch(session["ended_at"])


async def test_access_and_groups(tmp_path):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        bob = await home.user(admin, "bob")
        machine = (await home.machine(admin)).machine
        path = f"/api/machines/{machine.agent_id}/access"
        granted = await admin.post(
            f"{path}/grant",
            {"user_id": bob.actor.user_id, "machine_role": "allow_sudo", "expires_at": "2026-12-01T00:00:00+02:00"},
        )
        assert granted.body == {"message": "Access granted"}
        (entry,) = (await admin.get(f"{path}/users")).body["users"]
        assert entry == {
            "user_id": bob.actor.user_id, "username": "bob", "email": "bob@example.org", "role": "user",
            "machine_role": "allow_sudo", "via": "direct", "group_id": None, "granted_by": admin.actor.user_id,
            "granted_at": entry["granted_at"], "expires_at": "2026-11-30T22:00:00Z",
        }  # fmt: skip
        revoked = await admin.post(f"{path}/revoke", {"username": "bob"})
        assert revoked.body == {"message": "Access revoked"}
        made = await admin.post("/api/groups", {"name": "Ops", "description": "d"})
        assert (made.status, set(made.body["group"])) == (201, GROUP)
        group = f"/api/groups/{made.body['group']['id']}"
        for step, message in (
            (admin.post(f"{group}/members", {"user_id": bob.actor.user_id}), "Member added to group"),
            (admin.post(f"{group}/machines", {"machine_ids": [machine.agent_id]}), "Machines added to group"),
        ):
            assert (await step).body == {"message": message}
        assert (await bob.get(f"/api/machines/{machine.agent_id}")).body["machine"]["group_ids"] == [
            made.body["group"]["id"]
        ]
        members = await bob.get(f"{group}/members")
        assert members.body == {
            "members": [{"user_id": bob.actor.user_id, "username": "bob", "email": "bob@example.org", "role": "user"}],
            "total": 1, "page": 1, "limit": 1, "total_pages": 1,
        }  # fmt: skip
        machines = await bob.get(f"{group}/machines")
        assert machines.body["machines"] == [{"agent_id": machine.agent_id, "name": "web-1", "status": "pending"}]
        renamed = await admin.put(group, {"name": "Operations"})
        assert (renamed.body["group"]["name"], renamed.body["group"]["member_count"]) == ("Operations", 1)
        for step, message in (
            (admin.delete(f"{group}/members", {"user_id": bob.actor.user_id}), "Member removed from group"),
            (admin.delete(f"{group}/machines/{machine.agent_id}"), "Machine removed from group"),
            (admin.delete(group), "Group deleted successfully"),
        ):
            assert (await step).body == {"message": message}
        listed = await admin.get("/api/groups")
        assert listed.body == {"groups": [], "total": 0, "page": 1, "limit": 1, "total_pages": 1}


@pytest.mark.parametrize("how", ["body", "query"])
async def test_a_member_is_removed_by_body_or_by_query(tmp_path, how):
    async with relay(tmp_path) as home:
        admin = await home.organization("ada", "Acme")
        user_id = admin.actor.user_id
        made = await admin.post("/api/groups", {"name": "Ops", "member_ids": [user_id]})
        path = f"/api/groups/{made.body['group']['id']}/members"
        if how == "body":
            removed = await admin.delete(path, {"user_id": user_id})
        else:
            removed = await admin.delete(path, user_id=user_id)
        assert removed.body == {"message": "Member removed from group"}
