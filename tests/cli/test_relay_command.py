"""`fairlead relay` as a process: the ready line, its end, and what it says when it cannot start."""

import os
import signal
import socket
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from tests.processes import END_LIMIT_S, START_LIMIT_S, ask, process, python, ready_url, relay_process


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that is expected to end by itself."""
    return subprocess.run(
        python("relay", *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=START_LIMIT_S,
        env=os.environ | environment,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one sentence of a command that could not go on."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    sentence = done.stderr.strip()
    assert sentence.startswith("fairlead: ")
    assert "Traceback" not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_says_one_ready_line_and_ends_with_zero(tmp_path: Path, number: signal.Signals) -> None:
    with process("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")) as relay:
        url = ready_url(relay)
        assert url.startswith("http://127.0.0.1:")
        assert ask(url, "/health") == {"status": "ok"}
        relay.send_signal(number)
        rest, _ = relay.communicate(timeout=END_LIMIT_S)
        assert (relay.returncode, rest) == (0, "")


def test_settings_come_from_the_environment_too(tmp_path: Path) -> None:
    environment = {"FAIRLEAD_LISTEN": "127.0.0.1:0", "FAIRLEAD_DATA": str(tmp_path / "data")}
    with process("relay", "relay", env=environment) as relay:
        assert ask(ready_url(relay), "/api/health") == {"status": "ok"}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_an_idle_connection_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with process("relay", "relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")) as relay:
        port = int(ready_url(relay).rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200" in idle.recv(1000)
            relay.terminate()
            relay.communicate(timeout=END_LIMIT_S)
            assert relay.returncode == 0


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        sentence = refused(run("relay", "--listen", listen, "--data", str(tmp_path / "data")), 1)
    assert f"cannot listen on {listen}: another program uses this port" in sentence
    assert "--listen HOST:PORT" in sentence
    assert not (tmp_path / "data").exists(), "nothing was touched"


def test_an_address_that_is_none(tmp_path: Path) -> None:
    done = run("relay", "--listen", "8080", "--data", str(tmp_path / "data"))
    assert "write HOST:PORT" in refused(done, 2)


def test_an_address_this_machine_does_not_have(tmp_path: Path) -> None:
    done = run("relay", "--listen", "192.0.2.1:0", "--data", str(tmp_path / "data"))
    assert "this machine has no such address" in refused(done, 1)


def test_a_setting_that_cannot_be_used(tmp_path: Path) -> None:
    done = run("relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"), JWT_SECRET="short")
    assert "JWT_SECRET is shorter than 32 bytes" in refused(done, 2)


def test_a_super_administrator_that_makes_no_account(tmp_path: Path) -> None:
    done = run("relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"), SUPER_ADMIN_USERNAME="root")
    assert "SUPER_ADMIN_USERNAME, _EMAIL and _PASSWORD make no account: email is required" in refused(done, 2)


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("precious")
    sentence = refused(run("relay", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")), 1)
    assert str(tmp_path / "data") in sentence
    assert "--data" in sentence
    assert (tmp_path / "data").read_text() == "precious"


def test_a_data_directory_that_cannot_be_written() -> None:
    sentence = refused(run("relay", "--listen", "127.0.0.1:0", "--data", "/proc/fairlead"), 1)
    assert "/proc/fairlead" in sentence
    assert "--data" in sentence


def test_two_relays_on_one_directory(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with relay_process(data) as url:
        sentence = refused(run("relay", "--listen", "127.0.0.1:0", "--data", str(data)), 1)
        assert "another relay" in sentence
        assert "stop that one first" in sentence
        assert ask(url, "/ready") == {"status": "ok"}
    with relay_process(data) as url:
        assert ask(url, "/ready") == {"status": "ok"}


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with relay_process(data):
        pass
    database = data / "fairlead.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 4000")
        found = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    assert found == (4000,)
    before = database.read_bytes()
    sentence = refused(run("relay", "--listen", "127.0.0.1:0", "--data", str(data)), 1)
    assert "upgrade Fairlead" in sentence
    assert database.read_bytes() == before


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with relay_process(data):
        pass
    (data / "keys" / "relay.key").write_bytes(b"x")
    sentence = refused(run("relay", "--listen", "127.0.0.1:0", "--data", str(data)), 2)
    assert "relay.key holds 1 bytes instead of 32: restore it from a backup" in sentence


def test_creates_a_super_administrator_who_can_sign_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    create = ("admin", "create-superadmin", "--data", str(data), "--username", "root", "--email", "root@example.org")
    done = run(*create, "--password-stdin", stdin="a long password\n")
    assert (done.returncode, done.stdout) == (0, "created super administrator root\n")
    assert "a long password" not in done.stderr
    assert "Username already exists" in refused(run(*create, "--password-stdin", stdin="a long password\n"), 1)
    with relay_process(data) as url:
        answer = ask(url, "/api/auth/login", {"email": "root@example.org", "password": "a long password"})
        assert answer["user"]["role"] == "super_admin"
        locked = refused(run(*create, "--password-stdin", stdin="a long password\n"), 1)
        assert "another relay" in locked


def test_a_password_too_short_for_a_super_administrator(tmp_path: Path) -> None:
    create = ("admin", "create-superadmin", "--data", str(tmp_path / "data"), "--username", "root")
    done = run(*create, "--email", "root@example.org", "--password-stdin", stdin="short\n")
    assert "password must be at least 8 characters" in refused(done, 1)


def test_usage_errors_end_with_two() -> None:
    done = run("relay", "--unknown")
    assert done.returncode == 2
    assert "usage: fairlead" in done.stderr


def test_prints_the_openapi_document_and_the_version() -> None:
    done = run("openapi")
    assert done.returncode == 0
    assert '"openapi": "3.1.0"' in done.stdout
    assert run("--version").stdout.startswith("fairlead ")


def test_case_43_no_secret_reaches_log_or_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with relay_process(tmp_path / "data", log=log) as url:
        body = {"username": "ada", "email": "ada@example.org", "password": "hunter2 hunter2", "first_name": "A",
                "last_name": "L", "organization_name": "Org", "company_name": "Org"}  # fmt: skip
        ask(url, "/api/auth/signup", body)
        token = ask(url, "/api/auth/login", {"email": "ada@example.org", "password": "hunter2 hunter2"})["token"]
        ask(url, f"/api/machines?token={token}", token=token)
    written = log.read_text()
    assert '"path":"/api/machines"' in written.replace(": ", ":")
    assert "hunter2" not in written
    assert token not in written
