"""The link: proving, retrying, and a relay that is wrong, hostile, silent or gone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
import trio.testing
from wsproto.events import Pong

from agent import connection
from agent.backoff import Backoff
from agent.config import StateDirectory
from agent.errors import MachineDeleted
from agent.login import LoginUser
from agent.runner import Agent
from agent.telemetry import Telemetry
from protocol import messages
from tests.agent.conftest import StartAgent, enroll_here
from tests.agent.relay_double import AgentLink, RelayDouble

UseShell = Callable[[str], LoginUser]


def test_waits_double_under_a_cap_with_full_jitter() -> None:
    most = Backoff(lambda: 0.999999)
    assert [round(most.next_s()) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    most.reset()
    assert most.next_s() <= 1
    assert Backoff(lambda: 0.0).next_s() == 0
    half = Backoff(lambda: 0.5)
    assert [half.next_s() for _ in range(3)] == [0.5, 1, 2]


def test_a_refusal_waits_near_the_cap_and_stays_there() -> None:
    backoff = Backoff(lambda: 0.5)
    assert 45 <= backoff.slow_s() <= 60
    assert backoff.next_s() == 30


async def test_the_proof_tells_the_machines_facts(start_agent: StartAgent) -> None:
    proof = (await start_agent(allow_sudo=True)).proof
    assert proof.hostname == os.uname().nodename
    assert proof.arch == os.uname().machine
    assert proof.os
    assert proof.allow_sudo is True
    assert proof.sessions == ()
    assert not [address for address in proof.ip_addresses if address.startswith("127.")]


async def test_the_first_heartbeat_comes_at_once(start_agent: StartAgent) -> None:
    link = await start_agent()
    with trio.fail_after(5):
        while not link.heartbeats:
            await trio.testing.wait_all_tasks_blocked()
    beat = link.heartbeats[0]
    assert beat.uptime_seconds is not None
    assert beat.uptime_seconds > 0
    assert 0 < (beat.memory_percent or 0) <= 100
    assert beat.network_rx_bytes == 0


async def test_the_status_file_tells_the_truth(
    start_agent: StartAgent, state: StateDirectory, relay: RelayDouble
) -> None:
    link = await start_agent()
    await link.open()
    assert state.load_status()["connected"] is True
    relay.misbehave = keep_silent
    await link.drop()
    with trio.fail_after(5):
        while state.load_status()["connected"]:
            await trio.testing.wait_all_tasks_blocked()
    assert "link ended" in state.load_status()["detail"]


async def keep_silent(link: AgentLink) -> None:
    await link.ended.wait()


async def test_a_relay_with_another_key_gets_no_proof(
    relay: RelayDouble, state: StateDirectory, nursery: trio.Nursery, tmp_path: Path
) -> None:
    relay.pinned_seed = b"\x08" * 32
    await enroll_here(relay, state)
    nursery.start_soon(Agent(state, runtime=tmp_path / "run", random_unit=lambda: 0.0).run)
    with trio.fail_after(5):
        while relay.last_refusal is None:
            await trio.testing.wait_all_tasks_blocked()
    assert relay.last_refusal == 4401
    with trio.fail_after(5):
        while "pinned" not in state.load_status()["detail"]:
            await trio.testing.wait_all_tasks_blocked()
    assert relay.dials == 1


async def test_a_deleted_machine_stops_its_agent(relay: RelayDouble, state: StateDirectory, tmp_path: Path) -> None:
    await enroll_here(relay, state)
    relay.close_after_hello = (4404, "machine deleted")
    with pytest.raises(MachineDeleted, match="no longer knows"), trio.fail_after(5):
        await Agent(state, runtime=tmp_path / "run", random_unit=lambda: 0.0).run()


@pytest.mark.parametrize("code", [4401, 4409])
async def test_a_refused_agent_waits_long(
    code: int, relay: RelayDouble, state: StateDirectory, nursery: trio.Nursery, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await enroll_here(relay, state)
    relay.close_after_hello = (code, "no")
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await trio.sleep_forever()

    agent = Agent(state, runtime=tmp_path / "run", random_unit=lambda: 0.0)
    monkeypatch.setattr("agent.runner.trio.sleep", note)
    nursery.start_soon(agent.run)
    with trio.fail_after(5):
        while not waits:
            await trio.testing.wait_all_tasks_blocked()
    assert waits == [45]


GARBAGE = [
    b"",
    b"\x00",
    b"\xff" * 100,
    b"\x01\x00\x00\x00\x00not json",
    b'\x01\x00\x00\x00\x00{"type": "welcome"}',
    b'\x01\x00\x00\x00\x00{"type": "proof", "signature": "x"}',
    b"\x02\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00bytes on a channel nobody opened",
    b"\x04\x00\x00\x00\x09\x02\x00\x00\x00\x00\x00\x00\x00\x09",
    b'\x01\x00\x00\x00\x05{"type": "resize", "cols": 80, "rows": 24}',
    b'\x01\x00\x00\x00\x05{"type": "open_terminal", "session_id": "s", "cols": 0, "rows": 24, "username": "x"}',
    b"\x01" * 70_000,
]


@pytest.mark.parametrize("message", GARBAGE)
async def test_garbage_ends_the_link_and_not_the_agent(
    message: bytes, start_agent: StartAgent, relay: RelayDouble, use_shell: UseShell
) -> None:
    """Before the handshake's end and after it; the shells live on."""
    use_shell("/bin/sh")
    link = await start_agent()
    channel = await link.open()
    await channel.type("echo al''ive\n")
    await channel.wait_output("alive")
    await link.send(message)
    await link.ended.wait()
    link = await relay.agent()
    assert [held.session_id for held in link.proof.sessions] == ["s1"]
    channel = await link.resume("s1", channel.offset)
    await channel.type("echo still-$((1+1))\n")
    await channel.wait_output("still-2")


@pytest.mark.parametrize("message", GARBAGE)
async def test_garbage_in_place_of_a_challenge_is_survived(
    message: bytes, relay: RelayDouble, state: StateDirectory, nursery: trio.Nursery, tmp_path: Path
) -> None:
    async def send_garbage(link: AgentLink) -> None:
        relay.misbehave = None
        await link.send(message)
        await link.pump()

    await enroll_here(relay, state)
    relay.misbehave = send_garbage
    nursery.start_soon(Agent(state, runtime=tmp_path / "run", random_unit=lambda: 0.0).run)
    link = await relay.agent()
    assert relay.dials == 2
    assert link.proof.signature


async def test_text_messages_end_the_link(start_agent: StartAgent, relay: RelayDouble) -> None:
    link = await start_agent()
    await link.socket.send_message("text")
    await link.ended.wait()
    assert link.close_code == 4400
    await relay.agent()


async def test_a_relay_that_overruns_its_credit_is_cut(
    start_agent: StartAgent, relay: RelayDouble, use_shell: UseShell
) -> None:
    use_shell("/bin/sh")
    link = await start_agent()
    channel = await link.open()
    beyond = b"\x02" + channel.number.to_bytes(4, "big") + (10**9).to_bytes(8, "big") + b"x"
    await link.send(beyond)
    await link.ended.wait()
    assert link.close_code == 4400
    await relay.agent()


async def test_a_relay_that_answers_no_ping_is_left(
    start_agent: StartAgent, relay: RelayDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket stays open, but nobody is there: only the pings can tell."""
    monkeypatch.setattr(connection, "PING_INTERVAL_S", 0.05)
    fallen_silent = trio.Event()

    async def fall_silent(link: AgentLink) -> None:
        relay.misbehave = None
        assert await relay._prove(link)
        send = link.socket._send

        async def send_no_pong(event: object) -> None:
            if not isinstance(event, Pong):
                await send(event)

        monkeypatch.setattr(link.socket, "_send", send_no_pong)
        fallen_silent.set()
        await link.pump()

    link = await start_agent()
    relay.misbehave = fall_silent
    await link.drop()
    await fallen_silent.wait()
    await relay.agent()
    assert relay.dials == 3


async def test_open_sessions_are_closed_with_the_agent(
    relay: RelayDouble, state: StateDirectory, use_shell: UseShell, tmp_path: Path
) -> None:
    use_shell("/bin/bash")
    await enroll_here(relay, state)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Agent(state, runtime=tmp_path / "run", random_unit=lambda: 0.0).run)
        link = await relay.agent()
        channel = await link.open()
        await channel.type("echo $$-pid\r")
        await channel.until(lambda: b"-pid\r\n" in channel.output.replace(b"$$-pid", b""), "for the pid")
        nursery.cancel_scope.cancel()
    assert not (tmp_path / "run").exists()
    assert state.load_status()["detail"] == "stopped"


def test_telemetry_reads_rates_between_two_beats(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    (proc / "net").mkdir(parents=True)
    head = "Inter-|   Receive\n face |bytes\n    lo: 999 0 0 0 0 0 0 0 999 0\n"
    (proc / "stat").write_text("cpu  100 0 100 700 100 0 0 0 0 0\n")
    (proc / "net/dev").write_text(head + "  eth0: 1000 0 0 0 0 0 0 0 500 0\n")
    (proc / "meminfo").write_text("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\n")
    (proc / "uptime").write_text("12.5 3\n")
    (proc / "loadavg").write_text("0.25 0.5 1 1/2 3\n")
    times = iter([10.0, 12.0])
    telemetry = Telemetry(lambda: next(times), root=tmp_path)
    first = telemetry.heartbeat()
    assert (first.cpu_percent, first.network_rx_bytes, first.memory_percent) == (None, 0, 75.0)
    (proc / "stat").write_text("cpu  150 0 150 750 150 0 0 0 0 0\n")
    (proc / "net/dev").write_text(head + "  eth0: 3000 0 0 0 0 0 0 0 700 0\n")
    second = telemetry.heartbeat()
    assert (second.cpu_percent, second.network_rx_bytes, second.network_tx_bytes) == (50.0, 1000.0, 100.0)
    assert (second.uptime_seconds, second.load) == (12.5, 0.25)
    assert second.disk_percent is not None


def test_telemetry_without_proc_knows_nothing(tmp_path: Path) -> None:
    telemetry = Telemetry(lambda: 0.0, root=tmp_path)
    telemetry.heartbeat()
    beat = telemetry.heartbeat()
    assert beat == messages.Heartbeat(disk_percent=beat.disk_percent, network_rx_bytes=0.0, network_tx_bytes=0.0)
