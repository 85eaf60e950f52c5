"""The one file, the one-line installer, the service: nothing runs but what was asked for, and all of it goes again."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import trio

from agent import installer, zipapp
from agent.config import Config, StateDirectory
from agent.errors import AgentFailure
from agent.installer import install, uninstall, unit_text
from tests.agent.conftest import enroll_here
from tests.agent.relay_double import AGENT_ID, TOKEN, RelayDouble

TEMPLATE = Path(zipapp.__file__).with_name("install.sh").read_text()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "agent.pyz"
    path.write_bytes(zipapp.build())
    return path


async def run(*command: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    return await trio.run_process(
        command,
        capture_stdout=True,
        capture_stderr=True,
        check=False,
        **options,
    )


def test_the_bundle_is_the_same_every_time_and_pure(bundle: Path) -> None:
    data = bundle.read_bytes()
    assert zipapp.build() == data
    names = zipfile.ZipFile(bundle).namelist()
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc")) or "_tests" in name]
    assert "agent/shellhooks/bash.sh" in names
    assert [name for name in names if name.startswith("trio-") and name.endswith("METADATA")]


async def test_the_bundle_runs_alone(bundle: Path) -> None:
    """Isolated, without site-packages: nothing but the file and the standard library."""
    done = await run(sys.executable, "-I", "-S", str(bundle), "--version", cwd="/")
    assert done.stdout.startswith(b"fairlead-agent ")


@pytest.fixture
async def running(bundle: Path, relay: RelayDouble, state: StateDirectory) -> AsyncIterator[trio.Process]:
    base = [sys.executable, "-I", "-S", str(bundle)]
    done = await run(*base, "enroll", "--server", relay.url, "--token", TOKEN, "--state", str(state.path), cwd="/")
    assert done.returncode == 0, done.stderr
    command = [*base, "run", "--state", str(state.path)]
    async with trio.open_nursery() as nursery:
        process = await nursery.start(
            partial(trio.run_process, command, cwd="/", check=False, capture_stderr=True, stdin=subprocess.DEVNULL)
        )
        yield process
        process.terminate()


async def test_the_bundle_enrols_and_serves_shells(running: trio.Process, relay: RelayDouble) -> None:
    link = await relay.agent()
    channel = await link.open()
    await channel.type("echo from-$((40+2))\r")
    await channel.wait_output("from-42")
    await link.run("true")
    running.terminate()
    await link.ended.wait()
    assert await running.wait() == 0


def fill(server: str, sha256: str) -> str:
    return TEMPLATE.replace("@@SERVER@@", server).replace("@@SHA256@@", sha256)


@pytest.fixture
def script(tmp_path: Path, bundle: Path) -> Path:
    """install.sh as a relay would serve it; `curl` hands out the bundle; the home is a temporary one."""
    path = tmp_path / "install.sh"
    path.write_text(fill("http://127.0.0.1:1", hashlib.sha256(bundle.read_bytes()).hexdigest()))
    return path


def sandbox(tmp_path: Path, bundle: Path) -> dict[str, str]:
    """An environment in which the script is not root, downloads nothing, and finds only what it needs."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "id").write_text("#!/bin/sh\necho 1000\n")
    (tools / "curl").write_text(f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\ncp "{bundle}" "$2"\n')
    (tools / "python3").symlink_to(sys.executable)
    for tool in tools.iterdir():
        if not tool.is_symlink():
            tool.chmod(0o755)
    home = tmp_path / "install home"
    home.mkdir()
    return {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(home)}


async def test_a_dry_run_changes_nothing_and_shows_no_token(script: Path, tmp_path: Path, bundle: Path) -> None:
    environment = sandbox(tmp_path, bundle)
    done = await run("/bin/sh", str(script), "--token", "tok-1", "--name", "it's mine", "--dry-run", env=environment)
    assert done.returncode == 0, done.stderr
    assert list(Path(environment["HOME"]).iterdir()) == []
    assert b"tok-1" not in done.stderr + done.stdout
    assert b"'it'\\''s mine'" in done.stderr
    assert b"would check" in done.stderr


async def test_the_script_installs_runs_and_uninstalls(
    script: Path, tmp_path: Path, bundle: Path, relay: RelayDouble
) -> None:
    environment = sandbox(tmp_path, bundle)
    script.write_text(script.read_text().replace("http://127.0.0.1:1", relay.url))
    done = await run("/bin/sh", str(script), "--token", TOKEN, "--name", "$(touch pwned); `id`", env=environment)
    assert done.returncode == 0, done.stderr
    assert relay.registrations[0]["name"] == "$(touch pwned); `id`"
    link = await relay.agent()
    assert link.proof.hostname
    home = Path(environment["HOME"])
    pid = int((home / ".local/state/fairlead-agent/agent.pid").read_text())
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    inherited = Path(f"/proc/{pid}/environ").read_bytes()
    assert TOKEN.encode() not in arguments + inherited
    done = await run("/bin/sh", str(script), "--uninstall", env=environment)
    assert done.returncode == 0, done.stderr
    await link.ended.wait()
    assert [path for path in home.rglob("*") if path.is_file()] == []


async def test_an_enrolled_machine_is_left_as_it_is(script: Path, tmp_path: Path, bundle: Path) -> None:
    environment = sandbox(tmp_path, bundle)
    state = Path(environment["HOME"], ".local/state/fairlead-agent")
    state.mkdir(parents=True)
    (state / "config.json").write_text("{}")
    done = await run("/bin/sh", str(script), "--token", "tok", env=environment)
    assert done.returncode == 1
    assert b"enrolled already: to enrol it again, as another machine, run this with --uninstall first" in done.stderr
    assert [path for path in Path(environment["HOME"]).rglob("*") if path.is_file()] == [state / "config.json"]


async def test_a_wrong_checksum_installs_nothing(script: Path, tmp_path: Path, bundle: Path) -> None:
    environment = sandbox(tmp_path, bundle)
    script.write_text(fill("http://127.0.0.1:1", "0" * 64))
    done = await run("/bin/sh", str(script), "--token", "tok", env=environment)
    assert done.returncode == 1
    assert b"wrong SHA-256" in done.stderr
    assert [path for path in Path(environment["HOME"]).rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), b"--token is missing"),
        (("--token",), b"--token needs a value"),
        (("--token", "$(id)"), b"not a registration token"),
        (("--token", "a\nb"), b"not a registration token"),
        (("--frob",), b"unknown flag: --frob"),
    ],
)
async def test_wrong_flags_are_explained(
    flags: tuple[str, ...], words: bytes, script: Path, tmp_path: Path, bundle: Path
) -> None:
    done = await run("/bin/sh", str(script), *flags, env=sandbox(tmp_path, bundle))
    assert done.returncode == 1
    assert words in done.stderr


async def test_a_machine_without_python_is_told_so(script: Path, tmp_path: Path, bundle: Path) -> None:
    environment = sandbox(tmp_path, bundle)
    tools = tmp_path / "bin"
    (tools / "python3").unlink()
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    done = await run("/bin/sh", str(script), "--token", "tok", env=environment)
    assert done.returncode == 1
    assert b"python3 3.11 or newer is needed" in done.stderr


def test_a_script_cut_short_runs_nothing(tmp_path: Path) -> None:
    """`curl | sh` may lose its connection anywhere: before the last line nothing but definitions stands."""
    *lines, last = TEMPLATE.rstrip("\n").split("\n")
    assert last == 'main "$@"'
    done = subprocess.run(["/bin/sh", "-c", "\n".join(lines)], capture_output=True, env={"PATH": ""}, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


CONFIG = Config(
    server="https://r.example", agent_id=AGENT_ID, machine_id="m", name="n", relay_key="k", linux_user="ada"
)


def test_the_unit_names_the_program_and_quotes_its_paths(tmp_path: Path) -> None:
    text = unit_text(CONFIG, StateDirectory(Path('/var/a "b" 100% $HOME')), ["/usr/bin/python3", "/opt/agent.pyz"])
    assert 'ExecStart="/usr/bin/python3" "/opt/agent.pyz" "run" "--state" "/var/a \\"b\\" 100%% $$HOME"\n' in text
    assert "NoNewPrivileges=yes" in text
    assert "RestartPreventExitStatus=6" in text


def test_allowed_sudo_and_no_new_privileges_do_not_go_together() -> None:
    from dataclasses import replace

    text = unit_text(replace(CONFIG, allow_sudo=True), StateDirectory(Path("/s")), ["agent"])
    assert "NoNewPrivileges" not in text


def test_a_path_with_a_line_break_cannot_make_a_unit() -> None:
    with pytest.raises(AgentFailure):
        unit_text(CONFIG, StateDirectory(Path("/s\nExecStartPre=/bin/evil")), ["agent"])


async def test_install_and_uninstall_as_a_service(
    relay: RelayDouble, state: StateDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(installer, "_systemctl", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(installer, "_check_systemd", lambda: None)
    await enroll_here(relay, state)
    unit = tmp_path / installer.UNIT
    install(state, is_dry_run=True, units=tmp_path)
    assert not unit.exists()
    assert "ExecStart=" in capsys.readouterr().out
    install(state, is_dry_run=False, units=tmp_path)
    assert "ExecStart=" in unit.read_text()
    assert calls == [("daemon-reload",), ("enable", installer.UNIT), ("restart", installer.UNIT)]
    uninstall(state, is_dry_run=True, units=tmp_path)
    assert unit.exists()
    assert state.path.exists()
    uninstall(state, is_dry_run=False, units=tmp_path)
    assert not unit.exists()
    assert not state.path.exists()
    assert calls[3:] == [("disable", "--now", installer.UNIT), ("daemon-reload",), ("reset-failed", installer.UNIT)]


def test_uninstall_removes_no_directory_that_is_not_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious").write_text("data")
    uninstall(StateDirectory(tmp_path), is_dry_run=False, units=tmp_path / "units")
    assert (tmp_path / "precious").exists()
    assert "nothing" in capsys.readouterr().out


def test_without_systemd_install_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda path: False)
    with pytest.raises(AgentFailure, match="does not run systemd"):
        installer._check_systemd()
