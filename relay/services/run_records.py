"""Runs and lanes as they are stored. A lane and its run change together; a version tells a watcher what is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.domain.errors import TooMany
from relay.domain.runs import Lane, LaneStatus, Run, RunStatus
from relay.services.records import find_record, read, to_document
from relay.store.interface import Database, SyncDatabase, Update


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecords:
    """Reads and writes them; decides nothing but whether somebody has too many."""

    database: Database
    most_of_a_user: int

    async def create(self, run: Run, lanes: Sequence[Lane]) -> None:
        """Both, whole or not at all. Raises TooMany."""
        documents = [to_document(lane) for lane in lanes]

        def work(database: SyncDatabase) -> None:
            mine = {"user_id": run.user_id, "status": str(RunStatus.RUNNING)}
            if database.collection("runs").count(mine) >= self.most_of_a_user:
                raise TooMany(f"at most {self.most_of_a_user} of your runs go at once: wait for one, or cancel one", 5)
            database.collection("runs").insert_one({**to_document(run), "version": run.version})
            database.collection("run_lanes").insert_many(documents)

        await self.database.transact(work)

    async def find(self, run_id: str) -> Run | None:
        """The run, of whatever organization."""
        return find_record(Run, await self.database.collection("runs").find_one({"_id": run_id}))

    async def unfinished(self) -> Sequence[Run]:
        """What an earlier relay left in the middle."""
        found = await self.database.collection("runs").find({"status": str(RunStatus.RUNNING)})
        return [read(Run, each) for each in found]

    async def lanes(self, run: Run, *, since: int = 0) -> Sequence[Lane]:
        """Those that have changed after that version, in the order of the run."""
        where = {"run_id": run.id, "changed": {"$gt": since}}
        found = await self.database.collection("run_lanes").find(where)
        return sorted((read(Lane, each) for each in found), key=lambda lane: lane.position)

    async def change(self, lane: Lane, status: LaneStatus, **changes: Any) -> None:
        """Durable when it returns, and in `lane` too."""
        before = lane.status

        def work(database: SyncDatabase) -> int:
            moved = {"$inc": {"version": 1, f"counts.{before}": -1, f"counts.{status}": 1}}
            run = database.collection("runs").find_one_and_update({"_id": lane.run_id}, moved)
            version = lane.changed + 1 if run is None else int(run["version"])
            now = {**changes, "status": str(status), "changed": version}
            database.collection("run_lanes").update_one({"_id": lane.id}, {"$set": now})
            return version

        lane.changed = await self.database.transact(work)
        lane.status = status
        for name, value in changes.items():
            setattr(lane, name, value)

    async def finish(self, run: Run, status: RunStatus, ended_at: datetime) -> None:
        """Nothing goes on any more."""
        ended: Update = {"$set": {"status": str(status), "ended_at": ended_at}, "$inc": {"version": 1}}
        await self.database.collection("runs").update_one({"_id": run.id}, ended)
