"""Attack case 4: whatever takes a right away ends the live shell and the running command within a second."""

from datetime import timedelta

import pytest
import trio

from tests.drivers import Answer, open_terminal, running_relay
from tests.terminal.test_whole_relay import REVOCATION_LIMIT_S, closed_in_time
from tests.webxterm.house import Client, Relay


class Case:
    """Ada administers, Bob may use the machine, Root stands above; `machine` is where Bob's shell runs."""

    def __init__(self, here: Relay, ada: Client, bob: Client, root: Client, agent_id: str) -> None:
        self.here, self.ada, self.bob, self.root = here, ada, bob, root
        self.bob_path = f"/api/users/{bob.actor.user_id}"
        self.machine = f"/api/machines/{agent_id}"
        self.grantee = {"user_id": bob.actor.user_id}


async def logs_out(case: Case) -> None:
    assert (await case.bob.post("/api/auth/logout")).status == 200


async def is_disabled(case: Case) -> None:
    assert (await case.ada.put(case.bob_path, {"enabled": False})).status == 200


async def is_deleted(case: Case) -> None:
    assert (await case.ada.delete(case.bob_path)).status == 200


async def gets_another_password(case: Case) -> None:
    assert (await case.ada.put(case.bob_path, {"password": "another password"})).status == 200


async def loses_the_grant(case: Case) -> None:
    assert (await case.ada.post(f"{case.machine}/access/revoke", case.grantee)).status == 200


async def sees_the_grant_end(case: Case) -> None:
    case.here.clock.advance(3601)
    await case.here.services.recheck("acme")


async def has_the_organization_suspended(case: Case) -> None:
    found = (await case.root.get("/api/admin/organizations", search="acme")).body["organizations"]
    path = f"/api/admin/organizations/{found[0]['id']}"
    assert (await case.root.put(path, {"enabled": False})).status == 200


async def loses_the_machine(case: Case) -> None:
    assert (await case.ada.delete(case.machine)).status == 200


WAYS = (
    logs_out, is_disabled, is_deleted, gets_another_password, loses_the_grant, sees_the_grant_end,
    has_the_organization_suspended, loses_the_machine,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_case_04_shell_and_command_end_within_a_second(tmp_path, way):
    async with running_relay(tmp_path) as here:
        ada, root = await here.organization("ada", "acme"), await here.super_admin()
        bob = await here.user(ada, "bob")
        async with here.agent(ada) as agent, trio.open_nursery() as nursery:
            agent.command = lambda run: Answer(holds=True)
            case = Case(here, ada, bob, root, agent.agent_id)
            end = (here.clock.now() + timedelta(hours=1)).isoformat()
            await ada.post(f"{case.machine}/access/grant", case.grantee | {"expires_at": end})
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as shell:
                answered = await nursery.start(_command, bob, case.machine)
                await here.until(lambda: _is_running(agent))
                await way(case)
                with trio.fail_after(REVOCATION_LIMIT_S):
                    assert (await closed_in_time(shell))[0] in {4401, 4403, 4410}
                    assert (await answered()).status in {401, 403, 404, 503, 504}


async def _command(bob: Client, machine: str, task_status=trio.TASK_STATUS_IGNORED) -> None:
    done, found = trio.Event(), []

    async def answered():
        await done.wait()
        return found[0]

    task_status.started(answered)
    found.append(await bob.post(f"{machine}/command", {"command": "sleep 600", "wait": True, "timeout": 300}))
    done.set()


async def _is_running(agent) -> bool:
    return any(type(each).__name__ == "RunCommand" for each in agent.seen)
