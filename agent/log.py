"""One line per event on stderr: time, level, event, then key=value. Never a token, a key, or what a person typed."""

import json
import sys
from datetime import UTC, datetime

from agent import clock


def info(event: str, **fields: object) -> None:
    """Something happened that an operator may want to know."""
    _write("info", event, fields)


def warning(event: str, **fields: object) -> None:
    """Something went wrong and the agent goes on."""
    _write("warning", event, fields)


def error(event: str, **fields: object) -> None:
    """Something went wrong that a person must look at."""
    _write("error", event, fields)


def _write(level: str, event: str, fields: dict[str, object]) -> None:
    moment = datetime.fromtimestamp(clock.unix_ms() / 1000, UTC).isoformat(timespec="milliseconds")
    pairs = "".join(f" {name}={_value(value)}" for name, value in fields.items())
    sys.stderr.write(f"{moment} {level} {event}{pairs}\n")
    sys.stderr.flush()


def _value(value: object) -> str:
    """Bare where that is unambiguous, else as JSON: no line break and no control character gets through."""
    text = str(value)
    bare = text.isascii() and text.isprintable() and text and not set(text) & set(' "=')
    return text if bare else json.dumps(text)
