"""Groups and users: who may read and change them, and every refusal."""

import pytest

from relay.domain.access import Actor
from relay.domain.errors import Conflict, Forbidden, Invalid, NotFound
from relay.domain.paging import page_request
from relay.services.accounts import NewUser
from relay.services.groups import NewGroup
from tests.services.house import PASSWORD, house

EVERYTHING = page_request(None, None)


def _new(name: str, **more) -> NewUser:
    fields = {
        "username": name,
        "email": f"{name}@example.org",
        "password": PASSWORD,
        "first_name": "F",
        "last_name": "L",
    }
    return NewUser(**{**fields, **more})


async def test_a_groups_life(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        bob = await home.add_user(admin, "bob")
        place = await home.machine(admin, connected=False)
        groups = home.services.groups
        group = await groups.create(admin, NewGroup(name="Ops", description="d"))
        await groups.create(admin, NewGroup(name="Dev"))
        for _ in range(2):
            await groups.add_members(admin, group.id, [bob.user_id])
            await groups.add_machines(admin, group.id, [place.machine_id, place.agent_id])
        assert [each.username for each in (await groups.members(bob, group.id, EVERYTHING)).items] == ["bob"]
        assert [each.agent_id for each in (await groups.machines(bob, group.id, EVERYTHING)).items] == [place.agent_id]
        assert [each.name for each in (await groups.list_visible(bob, EVERYTHING)).items] == ["Dev", "Ops"]
        assert [each.name for each in (await groups.list_visible(bob, EVERYTHING, search="op")).items] == ["Ops"]
        changed = await groups.update(admin, group.id, name="Operations", machine_role="sudo")
        assert (changed.name, changed.machine_role, changed.description) == ("Operations", "sudo", "d")
        assert (await home.login("bob")).groups == ("Operations",)
        await groups.remove_member(admin, group.id, bob.user_id)
        await groups.remove_machine(admin, group.id, place.agent_id)
        await groups.delete(admin, group.id)
        with pytest.raises(NotFound, match="Group not found"):
            await groups.delete(admin, group.id)
        actions = [row["action"] for row in await home.rows("audit", resource="group")]
        assert actions == [
            "group_created", "group_created", "group_member_added", "group_machine_added", "group_member_added",
            "group_machine_added", "group_updated", "group_member_removed", "group_machine_removed", "group_deleted",
        ]  # fmt: skip
        (row,) = await home.rows("audit", action="group_updated")
        assert row["details"] == {
            "name": "Ops", "new_name": "Operations", "old_machine_role": "non-sudo", "new_machine_role": "sudo",
        }  # fmt: skip


async def test_what_a_group_refuses(tmp_path):
    async with house(tmp_path) as home:
        admin, carol = await home.signup(), await home.signup("carol", "Beta")
        place = await home.machine(admin, connected=False)
        foreign = await home.machine(carol, "theirs", connected=False)
        groups = home.services.groups
        group = await groups.create(admin, NewGroup(name="Ops"))
        other = await groups.create(admin, NewGroup(name="Dev"))
        refusals = [
            (groups.get(admin, "xyz"), Invalid, "Invalid group ID"),
            (groups.get(admin, "f" * 24), NotFound, "Group not found"),
            (groups.get(carol, group.id), NotFound, "Group not found"),
            (groups.create(admin, NewGroup(name="OPS")), Conflict, "Group already exists"),
            (groups.create(admin, NewGroup(name="")), Invalid, "name is required"),
            (groups.create(admin, NewGroup(name="X", member_ids=[carol.user_id])), NotFound, "User not found"),
            (groups.create(admin, NewGroup(name="X", machine_role="root")), Invalid, "machine_role must be"),
            (groups.update(admin, other.id, name="ops"), Conflict, "Group already exists"),
            (groups.update(admin, other.id, description="\x07"), Invalid, "control characters"),
            (groups.add_members(admin, group.id, []), Invalid, "user_id is required"),
            (groups.add_members(admin, group.id, [admin.user_id, carol.user_id]), NotFound, "User not found"),
            (groups.add_machines(admin, group.id, []), Invalid, "machine_ids is required"),
            (
                groups.add_machines(admin, group.id, [place.agent_id, foreign.agent_id]),
                NotFound,
                f"Machine not found: {foreign.agent_id}",
            ),
            (groups.remove_member(admin, group.id, ""), Invalid, "user_id is required"),
            (groups.remove_member(admin, group.id, admin.user_id), NotFound, "User not in group"),
            (groups.remove_machine(admin, group.id, place.agent_id), NotFound, "Machine not in group"),
            (groups.remove_machine(admin, group.id, foreign.agent_id), NotFound, "Machine not in group"),
        ]
        for attempt, refusal, text in refusals:
            with pytest.raises(refusal, match=text):
                await attempt
        unchanged = await groups.get(admin, group.id)
        assert (unchanged.member_ids, unchanged.machine_ids) == ((), ())
        await groups.create(carol, NewGroup(name="Ops"))


async def test_a_new_user_and_everything_it_may_be_refused_for(tmp_path):
    async with house(tmp_path) as home:
        admin, carol = await home.signup(), await home.signup("carol", "Beta")
        await home.services.groups.create(admin, NewGroup(name="Ops"))
        users = home.services.users
        entry = await users.create(admin, _new("bob", machine_role="sudo"), groups=["ops"])
        assert (entry.user.role, entry.user.machine_role, entry.groups, entry.tenant_name) == (
            "user", "sudo", ["Ops"], "Acme",
        )  # fmt: skip
        refusals = [
            (users.create(admin, _new("bob")), Conflict, "Username already exists"),
            (users.create(carol, _new("BOB")), Conflict, "Username already exists"),
            (users.create(admin, _new("bob2", email="Bob@Example.org")), Conflict, "Email already exists in this"),
            (users.create(admin, _new("eve"), role="super_admin"), Invalid, "role must be company_admin or user"),
            (users.create(admin, _new("eve", machine_role="root")), Invalid, "machine_role must be"),
            (users.create(admin, _new("eve"), groups=["None"]), Invalid, "Group not found: None"),
            (users.create(admin, _new("eve"), tenant_id="beta"), Forbidden, "Access denied to this tenant"),
            (users.create(admin, _new("ab")), Invalid, "username must be at least 3 characters"),
            (users.create(admin, _new("a" * 51)), Invalid, "username must be at most 50"),
            (users.create(admin, _new("e v e")), Invalid, "username may only contain"),
            (users.create(admin, _new("eve", email="nowhere")), Invalid, "email must be a valid email address"),
            (users.create(admin, _new("eve", password="short")), Invalid, "password must be at least 8 characters"),
            (users.create(admin, _new("eve", password="x" * 1025)), Invalid, "password must be at most 1024"),
            (users.create(admin, _new("eve", first_name=" ")), Invalid, "first_name is required"),
        ]
        for attempt, refusal, text in refusals:
            with pytest.raises(refusal, match=text):
                await attempt
        await users.create(carol, _new("bob3", email="bob@example.org"))
        assert len(await home.audited("user_created")) == 2


async def test_who_sees_which_users(tmp_path):
    async with house(tmp_path) as home:
        admin, carol, root = await home.signup(), await home.signup("carol", "Beta"), await home.super_admin()
        bob = await home.add_user(admin, "bob")
        users = home.services.users

        async def names(actor: Actor, **asked):
            return [each.user.username for each in (await users.list_visible(actor, EVERYTHING, **asked)).items]

        assert await names(admin) == ["ada", "bob"]
        assert await names(root) == ["ada", "bob", "carol", "root"]
        assert await names(root, tenant_id="beta") == ["carol"]
        assert await names(admin, search="BOB@") == ["bob"]
        assert await names(admin, role="company_admin") == ["ada"]
        assert await names(admin, enabled=False) == []
        assert (await users.get(bob, bob.user_id)).user.username == "bob"
        assert (await users.me(bob)).organization.display_name == "Acme"
        for actor, user_id, refusal in (
            (bob, admin.user_id, Forbidden),
            (carol, bob.user_id, NotFound),
            (admin, "f" * 24, NotFound),
            (admin, "me!", Invalid),
        ):
            with pytest.raises(refusal):
                await users.get(actor, user_id)
