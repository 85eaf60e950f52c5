"""An explanation never contradicts the decision, and each reason it names would be enough alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.access import Role, Via, decide
from relay.domain.explanation import Circumstances, explain
from relay.domain.machines import Status
from tests.domain.test_access import NOW, USERS, actor, grant, grants, group, groups, machine

asked = {
    "who": st.builds(actor, role=st.sampled_from(Role), tenant_id=st.sampled_from(["acme", "beta"])),
    "what": st.builds(machine, owner_id=st.sampled_from([*USERS, "u9"]), allow_sudo=st.booleans()),
    "some_grants": grants,
    "some_groups": groups,
    "implicit": st.booleans(),
}


@given(**asked)
def test_it_says_what_the_decision_says(who, what, some_grants, some_groups, implicit):
    rest = {"grants": some_grants, "groups": some_groups, "now": NOW, "admin_implicit": implicit}
    told, decided = explain(who, what, **rest), decide(who, what, **rest)
    assert told.access == decided
    assert (told.access is not None) is bool(told.reasons) is told.can_open
    assert ("may not" in told.sentence) is (decided is None)
    assert told.obstacles or decided is not None


@given(**asked)
def test_each_reason_alone_is_enough(who, what, some_grants, some_groups, implicit):
    told = explain(who, what, grants=some_grants, groups=some_groups, now=NOW, admin_implicit=implicit)
    for reason in told.reasons:
        access = reason.access
        alone = decide(
            actor(role=who.role if access.via is Via.ADMIN else Role.USER, tenant_id=who.tenant_id),
            what if access.via is Via.OWNER else machine(owner_id="nobody", allow_sudo=what.allow_sudo),
            grants=[access.grant] if access.grant else [],
            groups=[each for each in some_groups if access.via is Via.GROUP and each.id == access.group_id],
            now=NOW,
            admin_implicit=implicit,
        )
        assert alone is not None, reason
        assert alone.via is access.via


def told(**more):
    fields = {"grants": [], "groups": [], "now": NOW, **more}
    return explain(fields.pop("who", actor()), fields.pop("what", machine()), **fields)


@pytest.mark.parametrize(
    ("more", "obstacle"),
    [
        ({}, "ada has no direct access to web"),
        ({"grants": [grant(expires_at=NOW - timedelta(hours=1))]}, "What ada was given ended at 2026-11-21 11:00 UTC"),
        ({"groups": [group(machine_ids=())]}, "The group Ops, which ada is in, does not hold web"),
        ({"groups": [group(member_ids=())]}, "ada is not in the group Ops, which holds web"),
        ({"what": machine(tenant_id="beta")}, "web belongs to another organization"),
        (
            {"who": actor(role=Role.COMPANY_ADMIN), "admin_implicit": False},
            "Administrators have no access by their role alone on this relay (ADMIN_IMPLICIT_ACCESS is off)",
        ),
    ],
)
def test_what_is_missing_is_named(more, obstacle):
    found = told(**more)
    assert found.access is None
    assert obstacle in found.obstacles
    assert obstacle in found.sentence


@pytest.mark.parametrize(
    ("circumstances", "obstacle"),
    [
        (Circumstances(is_enabled=False), "The account ada is disabled"),
        (Circumstances(organization_enabled=False), "The organization is disabled"),
        (Circumstances(must_change_password=True), "ada has to change the one-time password first"),
        (Circumstances(lacks_second_factor=True), "The organization requires a second factor, and ada has none"),
        (Circumstances(status=Status.PENDING), "web is pending: no agent has enrolled for it yet"),
        (Circumstances(status=Status.OFFLINE), "web is offline"),
    ],
)
def test_what_stands_in_the_way_of_a_right_is_named(circumstances, obstacle):
    found = told(grants=[grant()], circumstances=circumstances)
    assert (found.access is not None, found.can_open) == (True, False)
    assert obstacle in found.obstacles
    assert found.sentence == f"ada may open web, because ada was given web; just now it is not possible: {obstacle}."


def test_sudo_that_the_agent_does_not_allow_is_told():
    found = told(grants=[grant(machine_role="sudo")], what=machine(allow_sudo=False))
    assert found.can_open
    assert not found.access.sudo
    assert found.obstacles == ["No sudo: the agent of web was enrolled without --allow-sudo"]
