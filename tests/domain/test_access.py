"""The rule of access, for any grants and groups: the highest right counts, a border is never crossed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.access import PERMISSIONS, Actor, Grant, Permission, Role, Via, allows, decide, refusal_text
from relay.domain.accounts import MACHINE_ROLE_NAMES, MachineRole, Source, machine_role_of
from relay.domain.groups import Group
from relay.domain.machines import Machine

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANTS = ("acme", "beta")
USERS = ("u1", "u2")
MACHINES = ("m1", "m2")


def actor(**more) -> Actor:
    fields = {
        "user_id": "u1", "username": "ada", "email": "ada@example.org", "role": Role.USER, "machine_role": "",
        "tenant_id": "acme", "tenant_name": "Acme", "source": Source.UI, "token_id": "t", "login_id": "l",
        "token_generation": 0, "token_expires_at": NOW, "login_at": NOW,
    }  # fmt: skip
    return Actor(**{**fields, **more})


def machine(**more) -> Machine:
    fields = {
        "id": "m1", "agent_id": "a1", "tenant_id": "acme", "name": "web", "description": "", "owner_id": "u9",
        "created_at": NOW, "updated_at": NOW, "metadata": {}, "allow_sudo": True,
    }  # fmt: skip
    return Machine(**{**fields, **more})


def grant(**more) -> Grant:
    fields = {
        "id": "g", "tenant_id": "acme", "machine_id": "m1", "user_id": "u1", "granted_by": "u9", "granted_at": NOW,
    }  # fmt: skip
    return Grant(**{**fields, **more})


def group(**more) -> Group:
    fields = {
        "id": "gr", "tenant_id": "acme", "name": "Ops", "description": "", "machine_role": "non-sudo",
        "member_ids": ("u1",), "machine_ids": ("m1",), "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Group(**{**fields, **more})


roles = st.sampled_from(sorted(MACHINE_ROLE_NAMES))
ends = st.one_of(st.none(), st.integers(-2, 2).map(lambda hours: NOW + timedelta(hours=hours)))
grants = st.lists(
    st.builds(
        grant, tenant_id=st.sampled_from(TENANTS), machine_id=st.sampled_from(MACHINES),
        user_id=st.sampled_from(USERS), machine_role=st.one_of(st.none(), roles), expires_at=ends,
    ),
    max_size=6,
)  # fmt: skip
groups = st.lists(
    st.builds(
        group, tenant_id=st.sampled_from(TENANTS), machine_role=roles,
        member_ids=st.lists(st.sampled_from(USERS)).map(tuple),
        machine_ids=st.lists(st.sampled_from(MACHINES)).map(tuple),
    ),
    max_size=4,
)  # fmt: skip
actors = st.builds(
    actor, user_id=st.sampled_from((*USERS, "")), role=st.sampled_from(Role), machine_role=roles,
    tenant_id=st.sampled_from(TENANTS),
)  # fmt: skip
machines = st.builds(
    machine, id=st.sampled_from(MACHINES), tenant_id=st.sampled_from(TENANTS), owner_id=st.sampled_from((*USERS, "")),
    allow_sudo=st.booleans(),
)  # fmt: skip


def _right(who: Actor, what: Machine, given_grants, given_groups, implicit=True):
    return decide(who, what, grants=given_grants, groups=given_groups, now=NOW, admin_implicit=implicit)


@given(actors, machines, grants, groups, st.booleans())
def test_no_right_crosses_a_border_or_belongs_to_nobody(who, what, some_grants, some_groups, implicit):
    found = _right(who, what, some_grants, some_groups, implicit)
    if not who.user_id or (who.role is not Role.SUPER_ADMIN and who.tenant_id != what.tenant_id):
        assert found is None


@given(actors, machines, grants, groups, st.booleans())
def test_sudo_needs_the_machines_leave(who, what, some_grants, some_groups, implicit):
    found = _right(who, what, some_grants, some_groups, implicit)
    if found is not None and found.sudo:
        assert what.allow_sudo
        assert found.machine_role is MachineRole.SUDO


@given(actors, machines, grants, groups, st.booleans())
def test_more_grants_and_groups_never_take_away(who, what, some_grants, some_groups, implicit):
    less = _right(who, what, some_grants[1:], some_groups[1:], implicit)
    more = _right(who, what, some_grants, some_groups, implicit)
    if less is not None:
        assert more is not None
        assert more.sudo >= less.sudo


@given(actors, machines, grants, groups)
def test_every_right_has_its_reason(who, what, some_grants, some_groups):
    found = _right(who, what, some_grants, some_groups)
    if found is None:
        return
    match found.via:
        case Via.DIRECT:
            assert found.grant in some_grants
            assert found.grant.is_valid(NOW)
            assert (found.grant.user_id, found.grant.machine_id) == (who.user_id, what.id)
        case Via.GROUP:
            assert any(each.id == found.group_id and who.user_id in each.member_ids for each in some_groups)
        case Via.OWNER:
            assert what.owner_id == who.user_id
        case Via.ADMIN:
            assert who.is_admin


@pytest.mark.parametrize(
    ("user_role", "grant_role", "sudo"),
    [
        ("sudo", None, True),
        ("", None, False),
        ("", "sudo", True),
        ("sudo", "non-sudo", False),
        ("user", "allow_sudo", True),
    ],
)
def test_a_grants_role_overrides_the_users(user_role, grant_role, sudo):
    found = _right(actor(machine_role=user_role), machine(), [grant(machine_role=grant_role)], [])
    assert found.sudo is sudo


def test_a_grant_ends_at_its_end():
    assert grant(expires_at=NOW + timedelta(milliseconds=1)).is_valid(NOW)
    assert not grant(expires_at=NOW).is_valid(NOW)
    assert _right(actor(), machine(), [grant(expires_at=NOW)], []) is None


def test_administrators_without_implicit_access_have_only_what_was_given():
    admin = actor(role=Role.COMPANY_ADMIN)
    assert _right(admin, machine(), [], []).via is Via.ADMIN
    assert _right(admin, machine(), [], [], implicit=False) is None
    assert _right(admin, machine(), [grant()], [], implicit=False).via is Via.DIRECT


def test_case_10_each_role_may_do_exactly_what_the_table_says():
    assert PERMISSIONS[Role.SUPER_ADMIN] == set(Permission)
    assert PERMISSIONS[Role.COMPANY_ADMIN] == set(Permission) - {
        Permission.MANAGE_ORGANIZATIONS, Permission.SYSTEM_CONFIGURATION,
    }  # fmt: skip
    assert PERMISSIONS[Role.USER] == {
        Permission.PUBLIC, Permission.AUTHENTICATED, Permission.VIEW_MACHINES, Permission.USE_MACHINES,
        Permission.VIEW_OWN_PROFILE,
    }  # fmt: skip
    assert not any(allows("nobody", each) for each in Permission)


@pytest.mark.parametrize(
    ("permission", "text"),
    [
        (Permission.MANAGE_ORGANIZATIONS, "Super admin access required"),
        (Permission.MANAGE_USERS, "Admin access required"),
        (Permission.USE_MACHINES, "Not authorized"),
    ],
)
def test_what_a_person_without_the_permission_is_told(permission, text):
    assert refusal_text(permission) == text


@given(st.text())
def test_only_two_spellings_mean_sudo(name):
    assert (machine_role_of(name) is MachineRole.SUDO) is (name in {"sudo", "allow_sudo"})
