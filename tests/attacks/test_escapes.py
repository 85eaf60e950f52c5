"""Attack case 28: what a hostile machine writes never reaches a terminal that shows lists, exports or log lines.

The live view is the terminal emulator's own affair; here is everything that is not a terminal: lists, exports, the
relay's log, refusals. JSON carries control characters as escapes, which no terminal acts on.
"""

import json

import pytest

from relay.domain.names import plain
from tests.attacks.world import machine_with_shell
from tests.drivers import AgentDouble, Refused, open_terminal, running_relay
from tests.webxterm.house import encoded

NASTY = (
    "\x1b]52;c;cHduZWQ=\x07", "\x1b]8;;javascript:alert(1)\x1b\\x\x1b]8;;\x1b\\", "\x1b[21t", "\x1bP$q\"p\x1b\\",
    "\x1b[6n", "\x1b_apc\x1b\\", "\x1b[" + "9" * 3000 + "m", "\x9b31m", "\u202egnp.exe", "\x00",
    "\r\nforged: line", "\x7f\x08",
)  # fmt: skip


async def test_case_28_a_machines_facts_and_commands_reach_lists_without_control_characters(tmp_path):
    async with running_relay(tmp_path) as here, machine_with_shell(here) as (ada, _):
        for number, nasty in enumerate(NASTY):
            created = await here.machine(ada, f"m{number}")
            claim = nasty[:200]
            await here.anybody.post("/api/agent/register", {
                "token": created.registration_token, "public_key": encoded(AgentDouble("x")), "hostname": claim,
                "os": claim, "arch": claim, "linux_user": claim, "agent_version": claim, "metadata": {"k": claim},
            })  # fmt: skip
        for path in ("/api/machines", "/api/dashboard/recent-machines"):
            shown = await ada.get(path)
            assert _controls(shown.text) == set(), path
            for machine in shown.body["machines"]:
                for value in machine.values():
                    assert _controls(str(value)) == set(), (path, value)


async def test_case_28_a_logged_command_is_escaped_in_json_and_harmless_in_csv(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        async with here.agent(ada, "web-1") as agent, open_terminal(here.running.url, agent.agent_id, ada.token):
            for nasty in NASTY:
                agent.log(f"echo {nasty}", 0)
            path = f"/api/machines/{agent.agent_id}/logs"

            async def all_there() -> bool:
                return (await ada.get(path)).body["total"] >= len(NASTY)

            await here.until(all_there)
            for asked in (path, "/api/logs/search?format=jsonl", "/api/logs/search?format=csv"):
                shown = await ada.get(asked)
                assert shown.status == 200, shown.text
                assert _controls(shown.text) <= {"\r", "\n"}, asked


async def test_case_28_a_refusal_does_not_repeat_what_moves_a_cursor(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        for nasty in NASTY:
            for body in ({"name": nasty}, {"name": "m", "tags": [nasty]}, {"name": "m", "tenant_id": nasty}):
                answer = await ada.post("/api/machines", body)
                assert _controls(answer.text) == set()
                assert _controls(json.dumps(answer.body, ensure_ascii=False).replace("\\", "")) == set()


async def test_case_28_a_machine_that_refuses_a_shell_cannot_paint_the_reason(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        async with here.agent(ada, "web-1") as agent:
            agent.refuses = "no \x1b]0;owned\x07 shell\r\nfor you \u202e"
            with pytest.raises(Refused) as refused:
                async with open_terminal(here.running.url, agent.agent_id, ada.token, dialect="plain"):
                    pass
            assert _controls(refused.value.body["error"]) == set()


def _controls(text: str) -> set[str]:
    """The characters of a text that do something instead of showing something."""
    return {each for each in text if plain(each, 1) != each and not each.isspace()} | (set(text) & set("\r\n\x0b\x0c"))
