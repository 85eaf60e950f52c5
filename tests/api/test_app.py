"""The composition root: a whole relay in one process, started and ended."""

import json
from pathlib import Path

import pytest
import trio

from relay.app import MISSED_HEARTBEATS, Running, hub_settings, mongodb_uri, open_house, serve
from relay.clock import FakeClock
from relay.config import Config, ConfigError
from relay.domain.accounts import PLATFORM
from relay.ids import Ids
from relay.store.collections import SCHEMA
from relay.store.errors import StoreUnavailable
from relay.store.sqlite import open_memory
from tests.api.small_door import Answer, Client


def config(tmp_path: Path, **settings: object) -> Config:
    return Config(listen="127.0.0.1:0", data=tmp_path, **settings)  # type: ignore[arg-type]  # any setting


async def ask(running: Running, path: str, body: object = None) -> Answer:
    port = int(running.url.rpartition(":")[2])
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        if body is None:
            return await Client(stream).ask("GET", path)
        return await Client(stream).ask("POST", path, json.dumps(body).encode())


async def test_a_relay_starts_serves_and_ends(tmp_path: Path) -> None:
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            running: Running = await nursery.start(serve, config(tmp_path))
            assert json.loads((await ask(running, "/ready")).body) == {"status": "ok"}
            assert json.loads((await ask(running, "/api/openapi.json")).body)["openapi"] == "3.1.0"
            assert (await ask(running, "/metrics")).status == 200
            running.draining.set()
    with pytest.raises(StoreUnavailable):
        await running.services.database.ping()


async def test_a_cancelled_relay_lets_go_of_its_directory(tmp_path: Path) -> None:
    with trio.fail_after(20):
        for _ in range(2):
            async with trio.open_nursery() as nursery:
                await nursery.start(serve, config(tmp_path))
                nursery.cancel_scope.cancel()


async def test_the_configured_super_administrator_is_made_once(tmp_path: Path) -> None:
    settings = {"super_admin_username": "root", "super_admin_email": "root@example.org"}
    for password in ("first password", "second password"):
        async with trio.open_nursery() as nursery:
            running = await nursery.start(serve, config(tmp_path, **settings, super_admin_password=password))
            login = {"email": "root@example.org", "password": "first password"}
            assert (await ask(running, "/api/auth/login", login)).status == 200
            users = running.services.database.collection("users")
            assert await users.count({"tenant_id": PLATFORM}) == 1
            running.draining.set()


async def test_a_super_administrator_without_password_is_refused(tmp_path: Path) -> None:
    database = await open_memory(SCHEMA)
    settings = config(tmp_path, super_admin_username="root", super_admin_email="root@example.org")
    with pytest.RaisesGroup(ConfigError, flatten_subgroups=True, allow_unwrapped=True):
        await serve(settings, database=database)


async def test_a_house_without_doors_is_what_admin_works_in(tmp_path: Path) -> None:
    async with open_house(config(tmp_path), clock=FakeClock(), ids=Ids()) as house:
        await house.services.accounts.create_super_admin(
            username="root", email="root@example.org", password="correct horse"
        )
        assert await house.services.accounts.has_super_admin()
    async with open_house(config(tmp_path), clock=FakeClock(), ids=Ids()) as house:
        assert await house.services.accounts.has_super_admin()


def test_settings_reach_the_data_plane() -> None:
    found = hub_settings(Config(heartbeat_interval_s=40, terminal_detach_minutes=2, max_sessions_per_user=3))
    assert found.silence_s == 40 * MISSED_HEARTBEATS
    assert (found.detach_s, found.max_sessions_per_user, found.heartbeat_interval_s) == (120, 3, 40)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("mongodb://a:1,b:2", "mongodb://a:1,b:2/fairlead"),
        ("mongodb://a/?replicaSet=r", "mongodb://a/fairlead?replicaSet=r"),
        ("mongodb://a/own?x=1", "mongodb://a/own?x=1"),
    ],
)
def test_the_mongodb_uri_names_a_database(given: str, used: str) -> None:
    assert mongodb_uri(Config(mongodb_uri=given)) == used
