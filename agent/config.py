"""The state directory: what it holds, with which modes, and how it is written. Nothing else touches those files.

    config.json   what enrolment settled (server, agent_id, the relay's pinned key, the shell's user …)
    agent.key     the Ed25519 secret, made here, never sent (base64url text)
    ca.pem        the private CA given with --ca-file, when there was one
    status.json   what `status` shows; written by `run`
    run.lock      held by the one `run` of this directory

The directory is 0700, its files 0600. A file is written beside its place, synced, then renamed: it is whole or absent.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from agent.errors import StateUnusable

CONFIG, KEY, CA, STATUS, LOCK = "config.json", "agent.key", "ca.pem", "status.json", "run.lock"
MAX_STATE_FILE_BYTES = 1024 * 1024
"""No file of ours is larger; whatever is, is not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What enrolment settled. `relay_key` is base64url; `linux_user` is the user whose shells are started."""

    server: str
    agent_id: str
    machine_id: str
    name: str
    relay_key: str
    linux_user: str
    allow_sudo: bool = False
    has_ca_file: bool = False


def default_directory() -> Path:
    """Where the state lives when nothing is said."""
    if os.geteuid() == 0:
        return Path("/var/lib/fairlead-agent")
    return Path.home() / ".local/state/fairlead-agent"


class StateDirectory:
    """One agent's files. Raises StateUnusable with a text that says what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make the directory, private, and make sure that files can be written into it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self.write("probe", b"")
            (self.path / "probe").unlink()
        except OSError as error:
            raise StateUnusable(f"cannot write the state directory {self.path}: {error.strerror}") from error

    def write(self, name: str, data: bytes) -> None:
        """Replace one file as a whole. Raises OSError."""
        temporary = self.path / f".{name}.new"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / name)
        self._sync_directory()

    def read(self, name: str) -> bytes:
        """One file's bytes. Raises StateUnusable when it cannot be read, or is not one of ours."""
        try:
            with (self.path / name).open("rb") as file:
                data = file.read(MAX_STATE_FILE_BYTES + 1)
        except OSError as error:
            raise StateUnusable(f"cannot read {self.path / name}: {error.strerror}") from error
        if len(data) > MAX_STATE_FILE_BYTES:
            raise StateUnusable(f"{self.path / name} is too large to be a file of the agent")
        return data

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.path / name).exists()

    def remove(self, name: str) -> None:
        """Take the file away, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def save_config(self, config: Config) -> None:
        """Write config.json. Raises OSError."""
        self.write(CONFIG, _json(asdict(config)))

    def load_config(self) -> Config:
        """config.json. Raises StateUnusable when this directory was never enrolled, or the file is damaged."""
        if not self.has(CONFIG):
            raise StateUnusable(f"{self.path} is not enrolled yet: run `fairlead-agent enroll` first")
        value = self._load_object(CONFIG)
        try:
            config = Config(**{field.name: value[field.name] for field in fields(Config) if field.name in value})
        except TypeError as error:
            raise StateUnusable(f"{self.path / CONFIG} lacks a field ({error}): enrol again with --force") from error
        _check_types(config, self.path / CONFIG)
        return config

    def save_status(self, status: dict[str, Any]) -> None:
        """Write status.json; a full disk must not end a running agent, so failure is passed over."""
        try:
            self.write(STATUS, _json(status))
        except OSError:
            return

    def load_status(self) -> dict[str, Any]:
        """status.json, {} when there is none."""
        return self._load_object(STATUS) if self.has(STATUS) else {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for one `run`. Raises StateUnusable when another process holds it."""
        try:
            handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateUnusable(f"cannot write the state directory {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise StateUnusable(f"an agent is already running with {self.path}") from error
        try:
            yield
        finally:
            os.close(handle)

    def is_running(self) -> bool:
        """Whether some process holds the directory."""
        try:
            with self.lock():
                return False
        except StateUnusable:
            return self.has(LOCK)

    def _load_object(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self.read(name))
        except ValueError as error:
            raise StateUnusable(f"{self.path / name} is damaged ({error}): enrol again with --force") from error
        if not isinstance(value, dict):
            raise StateUnusable(f"{self.path / name} is damaged: enrol again with --force")
        return value

    def _sync_directory(self) -> None:
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _check_types(config: Config, place: Path) -> None:
    for field in fields(Config):
        if type(getattr(config, field.name)).__name__ != getattr(field.type, "__name__", field.type):
            raise StateUnusable(f"{place} is damaged at {field.name!r}: enrol again with --force")
