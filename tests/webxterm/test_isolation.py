"""Attack cases 7, 9, 10: every route and everybody. A new route without its row here fails.

The columns: nobody, a user of the organization without grants, a user and an administrator of another organization, a
user with a grant, the organization's administrator, a super admin. 404 is what another organization sees.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from relay.api.webxterm import ROUTES
from tests.webxterm.house import PASSWORD, Client, Relay, relay

COLUMNS = ("nobody", "user", "foreign_user", "foreign_admin", "granted", "admin", "super_admin")
FOREIGN = {"foreign_user", "foreign_admin"}
MARK = "acme"
"""Stands in every name of the organization that others must not see."""


@dataclass
class World:
    """Two organizations and the platform; makes what a row needs afresh for each request."""

    relay: Relay
    people: dict[str, Client]
    made: int = 0

    @property
    def admin(self) -> Client:
        return self.people["admin"]

    @property
    def granted_id(self) -> str:
        return self.people["granted"].actor.user_id

    def number(self) -> int:
        self.made += 1
        return self.made

    async def machine(self) -> dict[str, str]:
        """A machine of Acme, with a grant for `granted`."""
        machine = (await self.relay.machine(self.admin, f"{MARK}-machine-{self.number()}")).machine
        await self.relay.services.access.grant(self.admin.actor, machine.agent_id, user_id=self.granted_id)
        return {"agent_id": machine.agent_id, "machine_id": machine.id}

    async def group(self) -> dict[str, str]:
        """A group of Acme with one member and one machine."""
        machine = await self.machine()
        answer = await self.admin.post(
            "/api/groups",
            {
                "name": f"{MARK}-group-{self.number()}",
                "member_ids": [self.admin.actor.user_id],
                "machine_ids": [machine["agent_id"]],
            },
        )
        return {"group_id": answer.body["group"]["id"], "machine_id": machine["agent_id"]}

    async def session(self) -> dict[str, str]:
        """An open session of Acme's administrator on a machine."""
        machine = await self.machine()
        session_id = f"session-{self.number()}"
        now = self.relay.clock.now()
        await self.relay.services.database.collection("sessions").insert_one(
            {
                "_id": session_id, "tenant_id": "acme", "machine_id": machine["machine_id"],
                "agent_id": machine["agent_id"], "machine_name": f"{MARK}-machine", "user_id": self.admin.actor.user_id,
                "username": "acme-admin", "login_tenant_id": "acme", "source": "ui", "status": "active",
                "started_at": now,
            }
        )  # fmt: skip
        return {"session_id": session_id}

    async def command(self) -> dict[str, str]:
        """What came of a command of Acme's administrator on a machine."""
        machine = await self.machine()
        command_id, now = f"{self.number():024x}", self.relay.clock.now()
        await self.relay.services.database.collection("command_results").insert_one(
            {
                "_id": command_id, "tenant_id": "acme", "machine_id": machine["machine_id"],
                "user_id": self.admin.actor.user_id, "command": f"{MARK}-command", "exit_code": 0, "success": True,
                "stdout": MARK, "stderr": "", "truncated": False, "duration_ms": 1, "error": None, "created_at": now,
                "expires_at": now + timedelta(hours=1),
            }
        )  # fmt: skip
        return {**machine, "command_id": command_id}

    async def person(self) -> dict[str, str]:
        """Acme's administrator."""
        return {"user_id": self.admin.actor.user_id}

    async def nothing(self) -> dict[str, str]:
        return {}


Make = Callable[[World], Awaitable[dict[str, str]]]
Body = Callable[[World], Any]


@dataclass
class Row:
    """What each column is answered; `make` gives the path's values, `body` and `query` the rest."""

    expected: tuple[int, ...]
    make: Make = World.nothing
    body: Body = lambda world: {}
    query: dict[str, str] | None = None
    ends_login: bool = False


def same(status: int) -> tuple[int, ...]:
    return (status,) * len(COLUMNS)


ANYBODY_KNOWN = (401, 200, 200, 200, 200, 200, 200)
ADMINS = (401, 403, 403, 200, 403, 200, 200)
CREATES = (401, 403, 403, 201, 403, 201, 400)
CHANGES = (401, 403, 403, 404, 403, 200, 200)
READS_IN_ORG = (401, 200, 404, 404, 200, 200, 200)
WITH_ACCESS = (401, 403, 404, 404, 200, 200, 200)
GIVES_ACCESS = (401, 403, 404, 404, 403, 200, 200)


def _signup(world: World) -> dict[str, str]:
    number = world.number()
    return {
        "username": f"new-{number}", "email": f"new-{number}@example.org", "password": PASSWORD, "first_name": "N",
        "last_name": "N", "organization_name": f"New {number}", "company_name": f"New {number}",
    }  # fmt: skip


def _user(world: World) -> dict[str, str]:
    number = world.number()
    return {
        "username": f"u-{number}", "email": f"u-{number}@example.org", "password": PASSWORD, "first_name": "U",
        "last_name": "U",
    }  # fmt: skip


def _login(world: World) -> dict[str, str]:
    return {"email": "stranger@example.org", "password": PASSWORD}


def _grantee(world: World) -> dict[str, str]:
    return {"user_id": world.granted_id}


def _member(world: World) -> dict[str, str]:
    return {"user_id": world.admin.actor.user_id}


TABLE: dict[str, Row] = {
    "POST /api/auth/signup": Row(same(201), body=_signup),
    "POST /api/auth/login": Row(same(401), body=_login),
    "POST /api/auth/select-tenant": Row(same(401), body=lambda world: {"session_token": "x", "tenant_id": "acme"}),
    "POST /api/auth/logout": Row(ANYBODY_KNOWN, ends_login=True),
    "POST /api/auth/refresh": Row((400, 200, 200, 200, 200, 200, 200)),
    "POST /api/profile/reset-password": Row(
        (401, 400, 400, 400, 400, 400, 400),
        body=lambda world: {"current_password": "x", "new_password": "new password"},
    ),
    "GET /api/users/me": Row(ANYBODY_KNOWN),
    "GET /api/users": Row(ADMINS),
    "GET /api/users/{user_id}": Row((401, 403, 404, 404, 403, 200, 200), World.person),
    "POST /api/users": Row(CREATES, body=_user),
    "GET /api/machines": Row(ANYBODY_KNOWN, World.machine),
    "POST /api/machines": Row(CREATES, body=lambda world: {"name": f"m-{world.number()}"}),
    "GET /api/machines/by-id/{machine_id}": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}": Row(WITH_ACCESS, World.machine),
    "DELETE /api/machines/{agent_id}": Row(CHANGES, World.machine),
    "POST /api/machines/{agent_id}/command": Row(
        (401, 403, 404, 404, 503, 503, 503), World.machine, lambda world: {"command": "id"}
    ),
    "GET /api/machines/{agent_id}/commands/{command_id}": Row(
        (401, 403, 404, 404, 403, 200, 200), World.command
    ),
    "GET /api/machines/{agent_id}/logs": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/logs/search": Row(WITH_ACCESS, World.machine, query={"q": "x"}),
    "GET /api/machines/{agent_id}/sessions": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/sessions/active": Row(WITH_ACCESS, World.machine),
    "GET /api/machines/{agent_id}/access/users": Row(WITH_ACCESS, World.machine),
    "POST /api/machines/{agent_id}/access/grant": Row(GIVES_ACCESS, World.machine, _grantee),
    "POST /api/machines/{agent_id}/access/revoke": Row(GIVES_ACCESS, World.machine, _grantee),
    "GET /api/groups": Row(ANYBODY_KNOWN, World.group),
    "POST /api/groups": Row(CREATES, body=lambda world: {"name": f"g-{world.number()}"}),
    "GET /api/groups/{group_id}": Row(READS_IN_ORG, World.group),
    "PUT /api/groups/{group_id}": Row(CHANGES, World.group, lambda world: {"description": "x"}),
    "DELETE /api/groups/{group_id}": Row(CHANGES, World.group),
    "GET /api/groups/{group_id}/members": Row(READS_IN_ORG, World.group),
    "POST /api/groups/{group_id}/members": Row(CHANGES, World.group, _grantee),
    "DELETE /api/groups/{group_id}/members": Row(CHANGES, World.group, _member),
    "GET /api/groups/{group_id}/machines": Row(READS_IN_ORG, World.group),
    "POST /api/groups/{group_id}/machines": Row(CHANGES, World.group, lambda world: {"machine_ids": ["{machine_id}"]}),
    "DELETE /api/groups/{group_id}/machines/{machine_id}": Row(CHANGES, World.group),
    "GET /api/terminal/sessions": Row(ANYBODY_KNOWN, World.session),
    "DELETE /api/terminal/sessions/{session_id}": Row(GIVES_ACCESS, World.session),
    "GET /api/sessions/{session_id}": Row(WITH_ACCESS, World.session),
    "GET /api/dashboard/stats": Row(ANYBODY_KNOWN),
    "GET /api/dashboard/recent-machines": Row(ANYBODY_KNOWN, World.machine),
    "GET /api/dashboard/recent-activity": Row(ANYBODY_KNOWN),
}  # fmt: skip


def test_every_route_has_its_row():
    assert {f"{route.method} {route.path}" for route in ROUTES} == set(TABLE)


async def _world(home: Relay) -> World:
    admin = await home.organization("acme-admin", "Acme")
    foreign = await home.organization("beta-admin", "Beta")
    people = {
        "nobody": home.anybody,
        "user": await home.user(admin, "acme-user"),
        "foreign_user": await home.user(foreign, "beta-user"),
        "foreign_admin": foreign,
        "granted": await home.user(admin, "acme-granted"),
        "admin": admin,
        "super_admin": await home.super_admin(),
    }
    return World(home, people)


async def _ask(world: World, name: str, row: Row, column: str) -> tuple[int, str]:
    method, path = name.split(" ")
    values = await row.make(world)
    client = world.people[column]
    if row.ends_login and client.actor is not None:
        client = await world.relay.client(client.actor.username)
    body = row.body(world) if method != "GET" else None
    if isinstance(body, dict) and "machine_ids" in body:
        body = {"machine_ids": [values["machine_id"]]}
    answer = await client.ask(method, path.format(**values), body, **(row.query or {}))
    if answer.status >= 400:
        assert answer.error, (name, column, answer.text)
        assert set(answer.body) == {"error"}
    return answer.status, answer.text


@pytest.mark.parametrize("column", COLUMNS)
async def test_case_07_each_route_answers_each_person_as_the_table_says(tmp_path, column):
    async with relay(tmp_path) as home:
        world = await _world(home)
        index = COLUMNS.index(column)
        wrong = {}
        for name, row in TABLE.items():
            status, text = await _ask(world, name, row, column)
            if status != row.expected[index]:
                wrong[name] = f"{status} instead of {row.expected[index]}: {text[:100]}"
            if column in FOREIGN and MARK in text:
                wrong[name] = f"shows another organization: {text[:200]}"
        assert wrong == {}


SPELLINGS = (
    "/api/machines/{}/", "/api//machines/{}", "/API/machines/{}", "/api/machines/%2e%2e/machines/{}",
    "/api/machines/{}%2flogs", "/api/machines/{};x", "/api/machines/{}.json", "/api/machines/by-id/{}",
)  # fmt: skip


async def test_case_09_no_spelling_of_a_path_gets_round_a_refusal(tmp_path):
    async with relay(tmp_path) as home:
        world = await _world(home)
        agent_id = (await world.machine())["agent_id"]
        for path in SPELLINGS:
            for column in ("nobody", "user", "foreign_user", "foreign_admin"):
                for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                    answer = await world.people[column].ask(method, path.format(agent_id))
                    assert MARK not in answer.text
                    assert answer.status >= 300 or method == "OPTIONS", (path, column, method, answer.status)
        assert (await world.admin.get(f"/api/machines/{agent_id}")).status == 200


async def test_case_11_fields_nobody_may_set_are_ignored(tmp_path):
    async with relay(tmp_path) as home:
        world = await _world(home)
        extra = {
            "tenant_id": "", "role": "super_admin", "is_admin": True, "owner_id": "x", "enabled": False,
            "email_verified": True, "id": "0" * 24, "group_ids": ["x"],
        }  # fmt: skip
        signed_up = await home.anybody.post("/api/auth/signup", {**_signup(world), **extra})
        assert signed_up.status == 201
        entry = await home.services.users.get(world.people["super_admin"].actor, signed_up.body["user_id"])
        assert (str(entry.user.role), entry.user.enabled, entry.user.email_verified) == ("company_admin", True, False)
        made = await world.admin.post("/api/machines", {"name": "m", **extra})
        assert made.body["machine"]["owner_id"] == world.admin.actor.user_id
        assert made.body["machine"]["tenant_id"] == "acme"
        assert (await world.admin.post("/api/users", {**_user(world), "role": "super_admin"})).status == 400
        refused = await world.admin.post("/api/machines", {"name": "n", "tenant_id": "beta"})
        assert (refused.status, refused.error) == (403, "Access denied to this tenant")
