"""A disk that fills up under open shells: they go on, and what they did is in the log once there is room again."""

from dataclasses import dataclass, field
from typing import Any

import trio

from protocol.messages import Heartbeat
from relay.store.errors import StoreFull
from relay.terminal.ending import SHELL_EXITED
from tests.services.house import house


@dataclass
class Room:
    """Whether there is any, and that somebody has been told that there is none."""

    is_full: bool = True
    refused: trio.Event = field(default_factory=trio.Event)


@dataclass
class Disk:
    """A database, one of its collections, or the writer, before which stands the room there is."""

    behind: Any
    room: Room

    def __getattr__(self, name):
        return getattr(self.behind, name)

    def collection(self, name):
        return Disk(self.behind.collection(name), self.room)

    async def update_one(self, *arguments):
        return await self._do(self.behind.update_one, *arguments)

    async def write(self, *arguments):
        return await self._do(self.behind.write, *arguments)

    async def _do(self, verb, *arguments):
        if self.room.is_full:
            self.room.refused.set()
            raise StoreFull("the disk is full")
        return await verb(*arguments)


async def test_what_happened_without_room_is_recorded_when_there_is_some(tmp_path):
    async with house(tmp_path) as home:
        admin = await home.signup()
        place = await home.machine(admin)
        session = (await home.services.terminals.open(admin, place.agent_id)).session
        fleet, room = home.hub._listener, Room()
        fleet.database, fleet.writer = Disk(fleet.database, room), Disk(fleet.writer, room)

        place.agent.log("make clean", 0, session.session_id)
        with trio.fail_after(5):
            await room.refused.wait()
        session.close("shell exited", SHELL_EXITED)
        with trio.fail_after(5):
            await session.wait_recorded()
        await fleet.heartbeat(place.agent_id, Heartbeat())
        await fleet.agent_disconnected(place.agent_id)
        assert home.hub.is_connected(place.agent_id), "the link does not suffer"
        assert await home.rows("commands") == []

        room.is_full = False
        await fleet.heartbeat(place.agent_id, Heartbeat(cpu_percent=9.0))
        (command,) = await home.rows("commands")
        assert (command["command"], command["exit_code"]) == ("make clean", 0)
        (row,) = await home.rows("sessions")
        assert (row["status"], row["close_reason"], row["command_count"]) == ("closed", "shell exited", 1)
        (machine,) = await home.rows("machines")
        assert (machine["is_connected"], machine["metrics"]["cpu_percent"]) == (False, 9.0)
