"""The log: JSON lines on one stream, secrets masked by name, the correlation id on each line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from relay.api import correlation
from relay.log import configure_logging
from relay.store.errors import StoreFull


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Logging as the command line sets it up, undone afterwards."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("info", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_line_is_an_object_with_time_level_and_correlation(stream: io.StringIO) -> None:
    correlation.begin("abcdefgh")
    structlog.get_logger().info("it happened", machine="web-1\n\x1b[31m")
    structlog.get_logger().debug("too quiet")
    (line,) = lines(stream)
    assert line["event"] == "it happened"
    assert line["correlation_id"] == "abcdefgh"
    assert line["level"] == "info"
    assert str(line["timestamp"]).endswith("Z")
    assert "\x1b" not in stream.getvalue(), "case 31: escaped, one line"


def test_secrets_are_masked_by_name(stream: io.StringIO) -> None:
    structlog.get_logger().warning("careless", token="hunter2", password="hunter2", api_key="hunter2", user="ada")
    assert "hunter2" not in stream.getvalue()
    assert lines(stream)[0]["user"] == "ada"


def test_a_defect_has_its_trace(stream: io.StringIO) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        correlation.log_defect("GET", "/api/x")
    (line,) = lines(stream)
    assert "ZeroDivisionError" in str(line["exception"])


def test_what_an_operator_can_put_right_is_one_line_without_a_trace(stream: io.StringIO) -> None:
    try:
        raise StoreFull("the disk is full: free some space")
    except StoreFull:
        correlation.log_defect("GET", "/api/x")
    (line,) = lines(stream)
    assert (line["event"], line["reason"]) == ("the store cannot work", "the disk is full: free some space")
    assert "exception" not in line


def test_the_servers_own_log_is_json_too(stream: io.StringIO) -> None:
    logging.getLogger("hypercorn.error").error("it hurts")
    logging.getLogger("hypercorn.error").info("too quiet")
    (line,) = lines(stream)
    assert (line["event"], line["level"]) == ("it hurts", "error")
