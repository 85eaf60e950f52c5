"""Case 14: what an agent says of itself widens nothing."""

from tests.drivers import running_relay
from tests.webxterm.house import encoded
from tests.webxterm.test_runs import ended, enrolled, start


async def test_case_14_an_agent_cannot_put_itself_under_a_tag_that_commands_go_to(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "acme")
        wanted = {
            "tags": ["prod"],
            "group_ids": ["x"],
            "hostname": "prod",
            "metadata": {"tags": "prod"},
        }
        async with here.agent(ada, "liar", **wanted) as liar:
            await enrolled(here, ada, "real", tags=["prod"])
            again = {"token": "x", "public_key": encoded(liar), **wanted}
            assert (await here.anybody.post("/api/agent/register", again)).status == 401
            assert (await ada.get(f"/api/machines/{liar.agent_id}")).body["machine"]["tags"] == []
            _, lanes = await ended(here, ada, await start(ada, tags=["prod"]))
            assert set(lanes) == {"real"}
