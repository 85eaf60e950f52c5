"""`fairlead up`: everything on this machine in one go. A relay, on the first start its first people, and one agent.

Each step says what it does. Started again, it asks nothing and prints nothing secret. A data directory whose
organizations came another way gets neither people nor an agent from here.
"""

import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import trio

from relay.api.console import STATIC
from relay.api.installer import ARCHIVE_NAME
from relay.app import Running, serve
from relay.config import Config
from relay.founders import add_this_machine, find_or_make
from relay.ids import Ids
from relay.local_agent import AgentFailed, LocalAgent, end


def say(text: str) -> None:
    """One line for the person who started this."""
    print(text, flush=True)  # noqa: T201  this command talks to a person


async def run_up(config: Config) -> None:
    """Start everything, wait for SIGINT or SIGTERM, end everything. Raises as `serve` does."""
    ending = trio.Event()
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            say(f"starting the relay (data in {config.data})")
            running = await nursery.start(serve, config)
            await _build_archive(config.data)
            agent = await _start_agent(config, running)
            if agent is not None:
                nursery.start_soon(_report_end, agent, config.data, ending)
            say(f"ready {running.url}")
            say("open that address in a browser; Ctrl-C here ends relay and agent")
            await anext(signals)
            say("ending")
            ending.set()
            if agent is not None:
                await end(agent)
            running.draining.set()


async def _start_agent(config: Config, running: Running) -> trio.Process | None:
    agent = LocalAgent(config.data, _server_for_agent(running.url))
    if agent.is_enrolled:
        await trio.to_thread.run_sync(agent.follow_relay)
    elif not await _enrol(agent, config, running):
        return None
    if await agent.end_leftover():
        say("ended an agent that an earlier start had left running")
    say(f"starting this machine's agent (log in {agent.log})")
    return await agent.start()


async def _enrol(agent: LocalAgent, config: Config, running: Running) -> bool:
    ids = Ids()
    founder = await find_or_make(running.services, config.data, ids, say)
    if founder is None:
        say("this data directory has organizations of its own: add this machine in the console if you want it")
        return False
    say("enrolling an agent for this machine")
    try:
        say(await agent.enrol(await add_this_machine(running.services, founder, ids)))
    except AgentFailed as failure:
        say(f"the agent could not be enrolled: {failure}")
        say("the relay runs without it; start again to try once more")
        return False
    return True


async def _report_end(agent: trio.Process, data: Path, ending: trio.Event) -> None:
    """The relay goes on without its agent, and says so."""
    code = await agent.wait()
    if not ending.is_set():
        say(f"the agent has ended with exit code {code}: see {data / 'agent.log'}; start again to have it back")


async def _build_archive(data: Path) -> None:
    """A checkout whose build was skipped has no one-file agent for other machines; one of last time may be stale."""
    if (STATIC / ARCHIVE_NAME).exists():
        return
    say("packing the agent into one file, for other machines")
    command = [sys.executable, "-m", "agent.zipapp", str(data / ARCHIVE_NAME)]
    done = await trio.run_process(command, capture_stdout=True, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines() or ["no reason given"]
        say(f"that failed ({lines[-1]}): the one-line installer will not work")


def _server_for_agent(url: str) -> str:
    """Where the agent beside the relay reaches it: loopback when the relay listens everywhere."""
    parts = urlsplit(url)
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "", "")  # noqa: S104  compared, not bound
    return f"http://{host}:{parts.port}" if host else url
