"""Case 43: whatever is asked of the relay, no entry of the audit log holds a secret that was sent or given away."""

import json
import re

import pytest

from tests.isolation.asking import ask
from tests.isolation.rows import gather
from tests.isolation.world import world_of
from tests.webxterm.house import PASSWORD, relay

SECRET = re.compile(
    r'"(?:token|registration_token|session_token|api_key|secret|refresh_token|code|otpauth_url|password|new_password)"'
    r':\s*"([^"]{8,})"'
)
"""Fields of answers that open something."""


@pytest.mark.parametrize("column", ["admin", "super_admin", "granted"])
async def test_case_43_no_secret_in_the_audit_log(tmp_path, column):
    (tmp_path / "agent.pyz").write_bytes(b"served where the build has left no agent")
    async with relay(tmp_path) as home, world_of(home) as world:
        secrets = {PASSWORD, *(person.token for person in world.people.values() if person.token)}
        for name, row in gather().items():
            _, text = await ask(world, name, row, column)
            secrets |= set(SECRET.findall(text))
        assert len(secrets) > len(world.people), "something was given away"
        rows = await home.services.database.collection("audit").find(
            {"timestamp": {"$gte": home.clock.now().replace(year=1971)}}
        )
        assert len(rows) > 20
        text = json.dumps(rows, default=str)
        assert [secret for secret in secrets if secret in text] == []
