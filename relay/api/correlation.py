"""One id for everything a request causes, and one log line for its end.

The id is the caller's `x-correlation-id` where that is sane, else a new one; it goes back in the answer's header.
"""

import re
import sys

import structlog

from relay.ids import Ids
from relay.store.errors import StoreFull, StoreReadOnly, StoreUnavailable

HEADER = "x-correlation-id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_log = structlog.get_logger("relay.api")


def correlation_id(said: str, ids: Ids) -> str:
    """The caller's id if it cannot harm a log, else a fresh one."""
    return said if _SANE.fullmatch(said) else ids.object_id()


def begin(correlation: str) -> None:
    """Bind the id to everything this task and its children log."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=correlation)


def log_answer(*, method: str, path: str, status: int, seconds: float, ip_address: str) -> None:
    """The access log: the path without its query, which may carry a token."""
    _log.info(
        "request", method=method, path=path[:512], status=status, ms=round(seconds * 1000, 1), ip_address=ip_address
    )


def log_defect(method: str, path: str) -> None:
    """Inside an except clause, once: a bug of ours with its traceback; what an operator can put right in one line."""
    error = sys.exception()
    if isinstance(error, StoreFull | StoreReadOnly | StoreUnavailable):
        _log.error("the store cannot work", method=method, path=path[:512], reason=str(error))
    else:
        _log.exception("defect", method=method, path=path[:512])
