"""Ends of access that come by themselves, in a relay whose own timers run; and ends that meet each other."""

from datetime import timedelta

import trio

from tests.drivers import Answer, open_terminal, running_relay


async def _grant(ada, agent, bob, here, seconds: float | None) -> None:
    end = here.clock.now() + timedelta(seconds=seconds) if seconds else None
    await here.services.access.grant(ada.actor, agent.agent_id, user_id=bob.actor.user_id, expires_at=end)


async def test_case_42_a_grants_end_closes_shell_and_command_within_a_second(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            bob = await here.user(ada, "bob")
            await _grant(ada, agent, bob, here, 60)
            agent.command = lambda run: Answer(holds=True)
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                sent = await here.services.commands.send(bob.actor, agent.agent_id, "sleep 99")
                here.clock.advance(61)
                began = trio.current_time()
                assert (await term.until_closed())[0] == 4403
                await sent.ended.wait()
                assert trio.current_time() - began < 1
                assert sent.refusal.text == "Access was revoked while the command ran"


async def test_case_42_a_grants_end_counts_for_a_shell_that_was_opened_by_a_group(tmp_path):
    """The group goes first, the shell lives on by the grant, and must end with it."""
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            bob = await here.user(ada, "bob")
            body = {"name": "Ops", "member_ids": [bob.actor.user_id], "machine_ids": [agent.agent_id]}
            group_id = (await ada.post("/api/groups", body)).body["group"]["id"]
            await _grant(ada, agent, bob, here, 60)
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                (live,) = here.services.upkeep.live.sessions.values()
                assert live.access.via == "group"
                assert (await ada.delete(f"/api/groups/{group_id}")).status == 200
                await term.type("still here")
                await term.until_text("still here")
                (live,) = here.services.upkeep.live.sessions.values()
                assert live.access.via == "direct"
                here.clock.advance(61)
                assert (await term.until_closed())[0] == 4403


async def test_case_42_an_end_that_is_put_off_in_time_does_not_close(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        async with here.agent(ada) as agent:
            bob = await here.user(ada, "bob")
            await _grant(ada, agent, bob, here, 60)
            async with open_terminal(here.running.url, agent.agent_id, bob.token) as term:
                await _grant(ada, agent, bob, here, None)
                here.clock.advance(61)
                await here.services.upkeep.end_rights()
                await term.type("still here")
                await term.until_text("still here")
                assert list(here.services.upkeep.live.ending_by(here.clock.now())) == []
