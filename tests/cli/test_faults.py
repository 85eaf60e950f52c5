"""What an operator is told: one sentence, what to do, and the exit code; bugs are not dressed up."""

import errno
import socket
from pathlib import Path

import pytest

from relay.config import Config, ConfigError
from relay.domain.errors import Conflict
from relay.faults import explain
from relay.store.errors import NewerSchema, StoreFull, StoreLocked, StoreReadOnly, StoreUnavailable
from relay.vault.keys import UnusableKey

CONFIG = Config(listen="127.0.0.1:80", data=Path("/srv/fairlead"))


def on_file(number: int) -> OSError:
    return OSError(number, "it failed", "/srv/fairlead/keys/relay.key")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ConfigError("X must be a number"), 2, "X must be a number"),
        (UnusableKey("relay.key holds 3 bytes"), 2, "relay.key holds 3 bytes"),
        (Conflict("Username already exists"), 1, "Username already exists"),
        (
            StoreLocked("another relay (process 7) uses /srv/fairlead"),
            1,
            "process 7) uses /srv/fairlead: stop that one",
        ),
        (NewerSchema(9, 1), 1, "schema version 9, this version knows 1: upgrade Fairlead. Nothing in /srv/fairlead"),
        (StoreReadOnly("Permission denied"), 1, "cannot write to /srv/fairlead (Permission denied): make it writable"),
        (StoreFull("full"), 1, "the disk that holds /srv/fairlead is full: make room and start again"),
        (StoreUnavailable("damaged"), 1, "the database in /srv/fairlead cannot be used: damaged"),
        (OSError(errno.EADDRINUSE, "in use"), 1, "cannot listen on 127.0.0.1:80: another program uses this port"),
        (OSError(errno.EACCES, "no"), 1, "cannot listen on 127.0.0.1:80: this user may not use this port"),
        (socket.gaierror(-2, "unknown"), 2, "cannot listen on 127.0.0.1:80: no such host name here"),
        (on_file(errno.ENOSPC), 1, "cannot use the data directory /srv/fairlead: the disk is full"),
        (on_file(errno.EROFS), 1, "cannot use the data directory /srv/fairlead: it lies on a read-only file system"),
        (on_file(errno.EACCES), 1, "cannot use the data directory /srv/fairlead: make it writable"),
        (ExceptionGroup("g", [ExceptionGroup("h", [ConfigError("deep inside")])]), 2, "deep inside"),
    ],
)
def test_what_can_be_put_right_is_said(error: Exception, code: int, says: str) -> None:
    found = explain(error, CONFIG)
    assert found is not None
    assert found[0] == code
    assert says in found[1]
    assert "\n" not in found[1]


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        OSError(errno.EIO, "input/output error"),
        OSError(errno.EADDRINUSE, "in use", "a file"),
        ExceptionGroup("two", [ConfigError("a"), ConfigError("b")]),
        KeyError("x"),
    ],
)
def test_a_bug_keeps_its_trace(error: Exception) -> None:
    assert explain(error, CONFIG) is None


def test_without_settings_the_sentence_still_stands() -> None:
    assert explain(StoreFull("full"), None) == (
        1,
        "the disk that holds the data directory is full: make room and start again; nothing stored was lost",
    )
