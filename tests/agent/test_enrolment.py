"""Enrolment by the command line: what is sent, what is kept, and a clear word for everything that can go wrong."""

import io
import json
import os
import re
import ssl
import stat
import tomllib
from pathlib import Path

import pytest
import trio

import agent
from agent.__main__ import main
from agent.address import parse_address
from agent.config import StateDirectory
from agent.errors import StateUnusable, UsageMistake
from agent.identity import load_identity, machine_facts
from protocol.handshake import encode_bytes
from tests.agent.conftest import enroll_here
from tests.agent.relay_double import AGENT_ID, TOKEN, RelayDouble


async def run_main(*arguments: str) -> int:
    return await trio.to_thread.run_sync(main, arguments)


async def test_enrolment_sends_a_public_key_and_keeps_the_secret(
    relay: RelayDouble, state: StateDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await run_main(
        "enroll", "--server", relay.url + "/", "--token", TOKEN, "--state", str(state.path), "--name", "m"
    )
    assert code == 0
    (request,) = relay.registrations
    assert request["public_key"] == encode_bytes(load_identity(state).public_key)
    assert (request["token"], request["name"], request["allow_sudo"]) == (TOKEN, "m", False)
    assert request["linux_user"]
    assert request["metadata"]["shell"].startswith("/")
    secret = state.read("agent.key").decode().strip()
    assert secret not in json.dumps(request)
    config = state.load_config()
    assert (config.server, config.agent_id, config.name) == (relay.url, AGENT_ID, "m")
    printed = "".join(capsys.readouterr())
    assert AGENT_ID in printed
    assert TOKEN not in printed
    assert secret not in printed + repr(load_identity(state))
    assert TOKEN not in "".join(path.read_text() for path in state.path.iterdir())


async def test_state_is_private_even_with_an_open_umask(relay: RelayDouble, state: StateDirectory) -> None:
    before = os.umask(0)
    try:
        await enroll_here(relay, state)
    finally:
        os.umask(before)
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.path.iterdir()}
    assert modes == {"config.json": 0o600, "agent.key": 0o600}


async def test_the_token_can_stay_out_of_the_arguments(
    relay: RelayDouble, state: StateDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN + "\n"))
    assert await run_main("enroll", "--server", relay.url, "--token", "-", "--state", str(state.path)) == 0
    relay.tokens.add("from-environment")
    monkeypatch.setenv("FAIRLEAD_TOKEN", "from-environment")
    assert await run_main("enroll", "--server", relay.url, "--state", str(tmp_path / "other")) == 0


async def test_a_used_token_is_refused_in_the_relays_words(
    relay: RelayDouble, state: StateDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("enroll", "--server", relay.url, "--token", TOKEN, "--state", str(state.path), "--force")
    assert await run_main(*arguments) == 0
    assert await run_main(*arguments) == 3
    assert "Invalid or expired registration token" in capsys.readouterr().err


async def test_enrolling_twice_needs_force(
    relay: RelayDouble, state: StateDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    await enroll_here(relay, state)
    key = state.read("agent.key")
    assert await run_main("enroll", "--server", relay.url, "--token", "x", "--state", str(state.path)) == 5
    assert "--force" in capsys.readouterr().err
    assert state.read("agent.key") == key
    assert len(relay.registrations) == 1


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ((500, b"<html>oops</html>"), 4, "not a Fairlead relay"),
        ((200, b"{}"), 4, "lacks a field"),
        ((200, b"[1]"), 4, "not a Fairlead relay"),
        ((200, b'{"agent_id": "a", "machine_id": "m", "name": "n", "relay_key": "!"}'), 4, "no usable key"),
        ((302, b""), 4, "https://other.example/"),
        ((400, b'{"error": "hostname is too long"}'), 3, "hostname is too long"),
        ((200, b" " * 100_000), 4, "not a Fairlead relay"),
    ],
)  # fmt: skip
async def test_a_wrong_answer_is_named(
    answer: tuple[int, bytes], code: int, words: str,
    relay: RelayDouble, state: StateDirectory, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    relay.register_status = answer
    assert await run_main("enroll", "--server", relay.url, "--token", TOKEN, "--state", str(state.path)) == code
    assert words in capsys.readouterr().err
    with pytest.raises(StateUnusable, match="not enrolled"):
        state.load_config()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--server", "http://relay.example", "--token", "t"), 2, "not encrypted"),
        (("--server", "ftp://x", "--token", "t"), 2, "must look like https://"),
        (("--server", "https://u:p@x", "--token", "t"), 2, "no user name"),
        (("--server", "https://x:99999", "--token", "t"), 2, "not a URL"),
        (("--server", "https://x y", "--token", "t"), 2, "has characters"),
        (("--server", "http://127.0.0.1:1", "--token", "t"), 4, "Connection refused"),
        (("--server", "http://127.0.0.1:1"), 2, "no token"),
        (("--server", "http://127.0.0.1:1", "--token", "t\x01"), 2, "not a registration token"),
        (("--server", "http://127.0.0.1:1", "--token", "t", "--linux-user", "no-such-user"), 2, "no user"),
        (("--server", "https://127.0.0.1:1", "--token", "t", "--ca-file", "/nonexistent"), 2, "--ca-file"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_explained(
    arguments: tuple[str, ...], code: int, words: str, state: StateDirectory, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("FAIRLEAD_TOKEN", raising=False)
    assert main(("enroll", "--state", str(state.path), *arguments)) == code
    assert words in capsys.readouterr().err


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    arguments = ("enroll", "--server", "http://127.0.0.1:1", "--token", "t", "--state", str(blocked / "state"))
    assert main(arguments) == 5
    assert "cannot write the state directory" in capsys.readouterr().err


def test_addresses_are_taken_apart() -> None:
    assert parse_address("https://Relay.example/").url == "https://relay.example"
    assert parse_address("https://relay.example:8443/base/").url == "https://relay.example:8443/base"
    address = parse_address("http://[::1]:8080")
    assert (address.host, address.port, address.url) == ("::1", 8080, "http://[::1]:8080")
    with pytest.raises(UsageMistake):
        parse_address("https://relay.example/\u202e")


async def test_an_untrusted_certificate_is_refused_and_a_private_ca_accepted(
    nursery: trio.Nursery, relay: RelayDouble, state: StateDirectory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listeners = await nursery.start(trio.serve_ssl_over_tcp, relay.serve_quietly, 0, context)
    url = f"https://localhost:{listeners[0].transport_listener.socket.getsockname()[1]}"
    arguments = ("enroll", "--server", url, "--token", TOKEN, "--state", str(state.path))
    assert await run_main(*arguments) == 4
    assert "not trusted" in capsys.readouterr().err
    assert relay.registrations == []
    assert await run_main(*arguments, "--ca-file", str(certificate)) == 0
    assert state.load_config().has_ca_file
    from agent.runner import Agent

    nursery.start_soon(Agent(state, runtime=tmp_path / "run", random_unit=lambda: 0.0).run)
    assert (await relay.agent()).proof.signature


def make_certificate(directory: Path) -> tuple[Path, Path]:
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2100, 1, 1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return directory / "cert.pem", directory / "key.pem"


def test_status_of_an_agent_that_does_not_run(state: StateDirectory, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("status", "--state", str(state.path))) == 5
    assert "not enrolled" in capsys.readouterr().err


async def test_status_follows_the_running_agent(
    relay: RelayDouble, state: StateDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    await enroll_here(relay, state)
    assert await run_main("status", "--state", str(state.path)) == 8
    assert "not running" in capsys.readouterr().err
    state.save_status({"connected": True, "since_ms": 0})
    with state.lock():
        assert await run_main("status", "--state", str(state.path)) == 0
        assert "connected to" in capsys.readouterr().out
        assert await run_main("run", "--state", str(state.path)) == 5
        assert "already running" in capsys.readouterr().err
        state.save_status({"connected": False, "since_ms": 0, "detail": "no such host"})
        assert await run_main("status", "--state", str(state.path)) == 8
        assert "no such host" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"server": 5}', "x" * 2_000_000])
def test_a_damaged_configuration_is_named(text: str, state: StateDirectory) -> None:
    state.create()
    (state.path / "config.json").write_text(text)
    with pytest.raises(StateUnusable):
        state.load_config()


def test_a_damaged_key_is_named(state: StateDirectory) -> None:
    state.create()
    (state.path / "agent.key").write_bytes(b"\xff")
    with pytest.raises(StateUnusable, match="damaged"):
        load_identity(state)


def test_a_file_is_whole_or_as_before(state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    state.create()
    state.write("config.json", b"old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        state.write("config.json", b"new")
    assert state.read("config.json") == b"old"


def test_facts_are_this_machines() -> None:
    facts = machine_facts()
    assert facts.hostname
    assert len(facts.ip_addresses) <= 16
    assert not [text for text in facts.ip_addresses if text.startswith(("127.", "fe80", "::1"))]


def test_versions_agree(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())
    assert project["project"]["version"] == agent.__version__
    with pytest.raises(SystemExit):
        main(("--version",))
    assert re.fullmatch(r"fairlead-agent \d+\.\d+\.\d+\n", capsys.readouterr().out)
