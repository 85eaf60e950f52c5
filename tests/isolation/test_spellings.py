"""Attack case 9: no other way of writing a path gets round a refusal."""

from tests.isolation.people import DEAD
from tests.isolation.world import MARK, world_of
from tests.webxterm.house import relay

SPELLINGS = (
    "/api/machines/{}/", "/api//machines/{}", "/API/machines/{}", "/api/machines/%2e%2e/machines/{}",
    "/api/machines/{}%2flogs", "/api/machines/{};x", "/api/machines/..;/{}", "/api/machines/{}.json",
    "/api/machines/by-id/{}", "/api/./machines/{}", "/api/machines/{}%00", "/api/machines/{}/logs/../",
)  # fmt: skip


async def test_case_09_no_spelling_of_a_path_gets_round_a_refusal(tmp_path):
    async with relay(tmp_path) as home, world_of(home) as world:
        agent_id = (await world.machine())["agent_id"]
        for path in SPELLINGS:
            for column in ("nobody", "user", "foreign_user", "foreign_admin", *DEAD.keys() - {"disabled_organization"}):
                for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                    answer = await world.people[column].ask(method, path.format(agent_id))
                    assert MARK not in answer.text
                    assert answer.status >= 300 or method == "OPTIONS", (path, column, method, answer.status)
        assert (await world.admin.get(f"/api/machines/{agent_id}")).status == 200


async def test_case_09_a_header_does_not_change_method_or_path(tmp_path):
    async with relay(tmp_path) as home, world_of(home) as world:
        agent_id = (await world.machine())["agent_id"]
        user = world.people["granted"]
        for header in ("x-http-method-override", "x-http-method", "x-method-override"):
            headers = {"authorization": f"Bearer {user.token}", header: "DELETE"}
            for method in ("GET", "POST"):
                await home.http.request(
                    method, f"/api/machines/{agent_id}", headers=headers, params={"_method": "DELETE"}
                )
        for header in ("x-original-url", "x-rewrite-url", "x-forwarded-uri"):
            headers = {"authorization": f"Bearer {user.token}", header: f"/api/machines/{agent_id}"}
            assert MARK not in (await home.http.request("GET", "/api/health", headers=headers)).text
        assert (await world.admin.get(f"/api/machines/{agent_id}")).status == 200
