"""What cannot go on, in plain words with what to do about it. What is not named here is a bug and keeps its trace."""

import errno
import socket

from relay.config import Config, ConfigError
from relay.domain.errors import Refusal
from relay.store.errors import NewerSchema, StoreError, StoreFull, StoreLocked, StoreReadOnly
from relay.vault.keys import UnusableKey

FAILED = 1
MISUSED = 2
"""Exit codes: it could not be done; it was asked for wrongly (usage, configuration)."""


def explain(error: BaseException, config: Config | None) -> tuple[int, str] | None:
    """Exit code and sentence for what an operator can put right; None for a bug."""
    match _leaf(error):
        case ConfigError() | UnusableKey() as known:
            return MISUSED, str(known)
        case Refusal() as known:
            return FAILED, known.text
        case StoreError() as known:
            return FAILED, _of_store(known, _place(config))
        case socket.gaierror():
            return (
                MISUSED,
                f"cannot listen on {_listen(config)}: no such host name here; use an address of this machine",
            )
        case OSError() as known:
            return _of_system(known, config)
    return None


def _leaf(error: BaseException) -> BaseException:
    """The one error inside nested groups of one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _of_store(error: StoreError, place: str) -> str:
    match error:
        case StoreLocked():
            return f"{error}: stop that one first, or give this one another --data directory"
        case NewerSchema():
            return f"{error}. Nothing in {place} was changed"
        case StoreReadOnly():
            return f"cannot write to {place} ({error}): make it writable for this user, or choose another with --data"
        case StoreFull():
            return f"the disk that holds {place} is full: make room and start again; nothing stored was lost"
    return f"the database in {place} cannot be used: {error}"


_LISTENING = {
    errno.EADDRINUSE: "another program uses this port: stop it, or choose another with --listen HOST:PORT",
    errno.EACCES: "this user may not use this port: choose one above 1023 with --listen HOST:PORT",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose another with --listen HOST:PORT",
}
_WRITING = {
    errno.ENOSPC: "the disk is full: make room and start again; nothing stored was lost",
    errno.EDQUOT: "the disk quota is used up: make room and start again; nothing stored was lost",
    errno.EROFS: "it lies on a read-only file system: choose another with --data",
    errno.EACCES: "make it writable for this user, or choose another with --data",
    errno.EPERM: "make it writable for this user, or choose another with --data",
    errno.ENOTDIR: "it is no directory: choose another with --data",
    errno.EEXIST: "it is no directory: choose another with --data",
}


def _of_system(error: OSError, config: Config | None) -> tuple[int, str] | None:
    """Errors with a file name are about the data directory, those without about the listening socket."""
    if error.filename is not None and error.errno in _WRITING:
        return FAILED, f"cannot use the data directory {_place(config)}: {_WRITING[error.errno]}"
    if error.filename is None and error.errno in _LISTENING:
        return FAILED, f"cannot listen on {_listen(config)}: {_LISTENING[error.errno]}"
    return None


def _place(config: Config | None) -> str:
    return str(config.data) if config else "the data directory"


def _listen(config: Config | None) -> str:
    return config.listen if config else "that address"
