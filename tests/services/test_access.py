"""Who may use which machine, and how fast that ends: grants, groups, roles, logins, machines."""

from datetime import timedelta

import pytest
import trio

from relay.domain.access import Via
from relay.domain.errors import Forbidden, Invalid, NotFound
from relay.domain.paging import PageRequest
from relay.services.groups import NewGroup
from tests.services.house import house


async def _shell(home, actor, place, **more):
    opened = await home.services.terminals.open(actor, place.agent_id, **more)
    return opened.session


async def _closed(session):
    with trio.fail_after(1):
        await session.closed.wait()
    return session.reason.code


async def test_without_a_grant_there_is_no_way_in_and_the_try_is_recorded(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        with pytest.raises(Forbidden, match="Not authorized"):
            await _shell(home, bob, place)
        with pytest.raises(Forbidden, match="Not authorized"):
            await home.services.machines.get(bob, place.agent_id)
        (row,) = await home.audited("access_denied")
        assert (row["username"], row["resource_id"], row["status"]) == ("bob", place.agent_id, "failure")
        assert place.agent.shells == {}


async def test_case_42_of_two_grants_at_once_there_is_one(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin, connected=False)
        async with trio.open_nursery() as nursery:
            for role in ("sudo", "non-sudo", "sudo"):
                nursery.start_soon(
                    lambda role=role: home.services.access.grant(
                        admin, place.agent_id, user_id=bob.user_id, machine_role=role
                    )
                )
        assert len(await home.rows("grants")) == 1
        await home.services.machines.get(bob, place.agent_id)


async def test_granting_again_changes_role_and_end(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob", machine_role="user")
        place = await home.machine(admin, connected=False)
        end = home.clock.now() + timedelta(hours=1)
        await home.services.access.grant(admin, place.agent_id, username="BOB", machine_role="sudo", expires_at=end)
        (entry,) = (await home.services.access.list_users(admin, place.agent_id)).items
        assert (entry.user.username, entry.machine_role, entry.via, entry.grant.expires_at) == (
            "bob", "sudo", Via.DIRECT, end,
        )  # fmt: skip
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        (entry,) = (await home.services.access.list_users(admin, place.agent_id)).items
        assert (entry.machine_role, entry.grant.expires_at) == ("user", None)
        given = [row["details"] for row in await home.rows("audit", action="access_granted")]
        assert [(each["machine_role"], each["expires_at"]) for each in given] == [("sudo", end.isoformat()), ("", "")]


@pytest.mark.parametrize(
    ("asked", "refusal", "text"),
    [
        ({}, Invalid, "user_id is required"),
        ({"user_id": "nobody"}, NotFound, "User not found"),
        ({"user_id": "f" * 24}, NotFound, "User not found"),
        ({"username": "carol"}, NotFound, "User not found"),
        ({"username": "bob", "machine_role": "root"}, Invalid, "machine_role must be sudo or non-sudo"),
        ({"username": "bob", "expires_at": timedelta(0)}, Invalid, "expires_at must be in the future"),
    ],
)
async def test_grants_that_are_refused(tmp_path, asked, refusal, text):
    async with house(tmp_path) as home:
        admin = await home.signup()
        await home.add_user(admin, "bob")
        await home.signup("carol", "Beta")
        place = await home.machine(admin, connected=False)
        if "expires_at" in asked:
            asked = {**asked, "expires_at": home.clock.now() + asked["expires_at"]}
        with pytest.raises(refusal, match=text):
            await home.services.access.grant(admin, place.agent_id, **asked)
        assert await home.rows("grants") == []


async def test_only_administrators_and_the_owner_give_access(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob, eve = await home.add_user(admin, "bob"), await home.add_user(admin, "eve")
        place = await home.machine(admin, connected=False)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        with pytest.raises(Forbidden, match="Not authorized"):
            await home.services.access.grant(bob, place.agent_id, user_id=eve.user_id)
        with pytest.raises(Forbidden, match="Not authorized"):
            await home.services.access.revoke(bob, place.agent_id, user_id=bob.user_id)
        await home.database.collection("machines").update_one(
            {"_id": place.machine_id}, {"$set": {"owner_id": bob.user_id}}
        )
        await home.services.access.grant(bob, place.agent_id, user_id=eve.user_id)
        await home.services.machines.get(eve, place.agent_id)


async def test_case_07_another_organization_sees_nothing(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        carol = await home.signup("carol", "Beta")
        place = await home.machine(admin)
        for use in (home.services.machines.get, home.services.machines.delete, home.services.access.list_users):
            with pytest.raises(NotFound, match="Machine not found"):
                await use(carol, place.agent_id)
        with pytest.raises(NotFound):
            await home.services.access.grant(carol, place.agent_id, user_id=carol.user_id)
        with pytest.raises(NotFound):
            await _shell(home, carol, place)
        await home.machine(carol, "web-1", connected=False)


async def test_revoking_a_grant_closes_the_shell_unless_a_group_still_gives_it(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        group = await home.services.groups.create(
            admin, NewGroup(name="Ops", member_ids=[bob.user_id], machine_ids=[place.agent_id])
        )
        session = await _shell(home, bob, place)
        await home.services.access.revoke(admin, place.agent_id, user_id=bob.user_id)
        assert not session.closed.is_set()
        await home.services.groups.remove_member(admin, group.id, bob.user_id)
        assert await _closed(session) == 4403
        await home.services.access.revoke(admin, place.agent_id, user_id=bob.user_id)
        assert len(await home.audited("access_revoked")) == 2


@pytest.mark.parametrize("change", ["remove_member", "remove_machine", "delete"])
async def test_each_end_of_group_access_closes_the_shell(tmp_path, change):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        group = await home.services.groups.create(admin, NewGroup(name="Ops"))
        await home.services.groups.add_members(admin, group.id, [bob.user_id])
        await home.services.groups.add_machines(admin, group.id, [place.agent_id])
        session = await _shell(home, bob, place)
        match change:
            case "remove_member":
                await home.services.groups.remove_member(admin, group.id, bob.user_id)
            case "remove_machine":
                await home.services.groups.remove_machine(admin, group.id, place.agent_id)
            case "delete":
                await home.services.groups.delete(admin, group.id)
        assert await _closed(session) == 4403
        with pytest.raises(Forbidden):
            await _shell(home, bob, place)


async def test_logout_closes_what_that_login_opened_and_nothing_else(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        other = await home.login("ada")
        first, second = await _shell(home, admin, place), await _shell(home, other, place)
        await home.services.auth.logout(admin)
        assert await _closed(first) == 4401
        assert not second.closed.is_set()


@pytest.mark.parametrize(
    ("collection", "where", "change", "code"),
    [
        ("users", {"username_folded": "bob"}, {"enabled": False}, 4401),
        ("users", {"username_folded": "bob"}, {"token_generation": 1}, 4401),
        ("organizations", {"name": "acme"}, {"enabled": False}, 4401),
        ("grants", {}, {"machine_role": "non-sudo"}, 4403),
    ],
)
async def test_case_04_a_lost_standing_closes_the_shell(tmp_path, collection, where, change, code):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id, machine_role="sudo")
        session = await _shell(home, bob, place)
        assert place.agent.shell(session.session_id).opening.sudo
        where = where or {"user_id": bob.user_id, "tenant_id": "acme"}
        await home.database.collection(collection).update_one(where, {"$set": change})
        await home.services.recheck("acme")
        assert await _closed(session) == code


async def test_a_demoted_administrator_loses_the_shells_that_came_with_the_role(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        eve = await home.add_user(admin, "eve", role="company_admin")
        place = await home.machine(admin)
        session = await _shell(home, eve, place)
        await home.database.collection("users").update_one({"_id": eve.user_id}, {"$set": {"role": "user"}})
        await home.services.recheck("acme")
        assert await _closed(session) == 4403


async def test_deleting_a_machine_ends_its_shells_and_sends_its_agent_away(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id)
        group = await home.services.groups.create(admin, NewGroup(name="Ops", machine_ids=[place.machine_id]))
        session = await _shell(home, bob, place)
        await home.services.machines.delete(admin, place.agent_id)
        assert await _closed(session) == 4410
        await home.until(lambda: _ended(place))
        assert place.socket.close_code == 4404
        assert await home.rows("grants") == []
        assert (await home.services.groups.get(admin, group.id)).machine_ids == ()
        with pytest.raises(NotFound, match="Machine not found"):
            await home.services.machines.delete(admin, place.agent_id)
        assert (await home.rows("sessions"))[0]["machine_name"] == "web-1"
        assert len(await home.audited("machine_deleted")) == 1


async def _ended(place):
    return place.socket.close_code is not None


async def test_a_grant_that_ends_closes_the_shell_within_one_look(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin)
        end = home.clock.now() + timedelta(seconds=60)
        await home.services.access.grant(admin, place.agent_id, user_id=bob.user_id, expires_at=end)
        session = await _shell(home, bob, place)
        home.clock.advance(59)
        await home.services.upkeep.end_rights()
        assert not session.closed.is_set()
        home.clock.advance(1)
        await home.services.upkeep.end_rights()
        assert await _closed(session) == 4403
        assert (await home.services.access.list_users(admin, place.agent_id)).total == 0


async def test_administrators_without_implicit_access_need_a_grant_too(tmp_path):
    async with house(tmp_path, admin_implicit_access=False) as home:
        admin = await home.signup()
        eve = await home.add_user(admin, "eve", role="company_admin")
        place = await home.machine(admin)
        await home.services.machines.get(eve, place.agent_id)
        with pytest.raises(Forbidden):
            await _shell(home, eve, place)
        await home.services.access.grant(eve, place.agent_id, user_id=eve.user_id)
        await _shell(home, eve, place)


async def test_a_super_admin_may_everywhere_and_it_is_recorded_where_the_machine_is(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        root = await home.super_admin()
        place = await home.machine(admin)
        session = await _shell(home, root, place)
        (row,) = await home.audited("machine_access")
        assert (row["tenant_id"], row["username"], row["details"]["via"]) == ("acme", "root", "admin")
        await home.services.auth.logout(root)
        assert await _closed(session) == 4401


async def test_access_is_listed_for_direct_and_group_but_not_for_administrators(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob, eve = await home.add_user(admin, "bob"), await home.add_user(admin, "eve")
        place = await home.machine(admin, connected=False)
        await home.services.access.grant(admin, place.agent_id, user_id=eve.user_id)
        await home.services.groups.create(
            admin, NewGroup(name="Ops", member_ids=[bob.user_id, eve.user_id], machine_ids=[place.agent_id])
        )
        entries = (await home.services.access.list_users(bob, place.agent_id)).items
        assert [(each.user.username, each.via) for each in entries] == [
            ("bob", Via.GROUP), ("eve", Via.DIRECT), ("eve", Via.GROUP),
        ]  # fmt: skip
        page = await home.services.access.list_users(bob, place.agent_id, PageRequest(page=2, limit=2))
        assert ([(each.user.username, each.via) for each in page.items], page.total) == ([("eve", Via.GROUP)], 3)


async def test_shells_of_one_login_are_judged_together_and_each_by_its_own(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob, eve = await home.add_user(admin, "bob"), await home.add_user(admin, "eve")
        place, other = await home.machine(admin), await home.machine(admin, "web-2")
        for user in (bob, eve):
            for each in (place, other):
                await home.services.access.grant(admin, each.agent_id, user_id=user.user_id)
        lost = [await _shell(home, bob, place) for _ in range(3)]
        kept = [await _shell(home, bob, other), await _shell(home, eve, place)]
        await home.services.access.revoke(admin, place.agent_id, user_id=bob.user_id)
        assert [await _closed(session) for session in lost] == [4403] * 3
        assert not any(session.closed.is_set() for session in kept)


async def test_case_42_of_two_deletions_at_once_one_finds_nothing(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin, connected=False)
        outcomes = []

        async def delete():
            try:
                outcomes.append(await home.services.machines.delete(admin, place.agent_id))
            except NotFound as error:
                outcomes.append(error.text)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(delete)
            nursery.start_soon(delete)
        assert sorted(outcomes, key=str) == ["Machine not found", None]
        assert len(await home.audited("machine_deleted")) == 1
