"""The parts of the doors on their own: dialects, origins, handshakes, and servers that cannot refuse."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.api import sockets_dialects as dialects
from relay.api.sockets import _close_code
from relay.api.sockets_origin import is_welcome
from relay.api.sockets_request import Handshake, read_count
from relay.api.sockets_stream import SocketStream
from relay.domain.errors import Conflict, Forbidden, Invalid, MachinePending, Unauthenticated, Unavailable
from relay.terminal.ending import CloseReason
from relay.terminal.errors import SocketClosed
from relay.terminal.viewer import Ended, Output

DIALECTS = [dialects.Raw, dialects.Json, dialects.Binary, dialects.FairleadV1]
ENDED = Ended(reason=CloseReason(code=1000, text="shell exited", exit_code=0, drained=True))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["resize", "input", "command", "ping", "close", "dance"])},
    optional={"cols": JSON, "rows": JSON, "input": JSON, "data": JSON, "command": JSON, "t": JSON},
)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(frame=st.text() | st.binary(max_size=40) | JSON.map(json.dumps) | MESSAGES.map(json.dumps))
def test_any_frame_is_an_action_or_malformed(dialect, frame):
    try:
        action = dialect().reads(frame)
    except dialects.Malformed:
        assert dialect is dialects.FairleadV1
        return
    assert isinstance(action, dialects.Action)
    if isinstance(action, dialects.Resize):
        assert 1 <= action.cols <= 1000
        assert 1 <= action.rows <= 1000


@given(payload=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_raw_text_is_the_same_however_it_is_cut(payload, cuts):
    places = sorted({0, len(payload), *(each for each in cuts if each < len(payload))})
    dialect, text = dialects.Raw(), ""
    for start, end in pairwise(places):
        for frame in dialect.shows(Output(offset=start, payload=payload[start:end])):
            text += frame
    text += "".join(dialect.shows(ENDED))
    assert text == payload.decode("utf-8", "replace")


@given(text=st.text())
def test_raw_keystrokes_are_the_text_itself(text):
    action = dialects.Raw().reads("x" + text)
    assert action == dialects.Type(payload=("x" + text).encode("utf-8", "replace"))


def test_deep_json_is_keystrokes_and_no_crash():
    deep = '{"type":' * 100_000
    assert dialects.Raw().reads(deep) == dialects.Type(payload=deep.encode())


@pytest.mark.parametrize(
    ("origin", "base_url", "host", "welcome"),
    [
        (None, "http://relay", "relay", True),
        ("http://relay", "http://relay", "relay", True),
        ("http://relay:80", "http://relay", "relay", True),
        ("https://relay", "http://relay", "relay", False),
        ("http://relay:8080", "http://relay", "relay", False),
        ("http://sub.relay", "http://relay", "sub.relay", False),
        ("http://127.0.0.1:5", "https://relay", "127.0.0.1:5", True),
        ("http://localhost:5", "https://relay", "127.0.0.1:5", False),
        ("null", "http://relay", "relay", False),
        ("", "http://relay", "relay", False),
        ("http://relay/path", "http://relay", "relay", False),
        ("http://relay@evil", "http://relay", "relay", False),
        ("http://[::1", "http://relay", "relay", False),
        ("http://relay:99999", "http://relay", "relay", False),
        ("chrome-extension://abc", "http://relay", "relay", False),
        ("HTTPS://Console.example", "http://relay", "relay", True),
    ],
)
def test_case_01_origins(origin, base_url, host, welcome):
    assert is_welcome(origin, base_url=base_url, host=host, allowed=("https://console.example",)) is welcome


@pytest.mark.parametrize("text", ["-1", "1.5", "0x1", "٣", "1e3", "11", "9" * 30])
def test_counts_in_a_query_are_plain_numbers(text):
    with pytest.raises(Invalid, match="cols must be a whole number up to 10"):
        read_count({"cols": text}, "cols", None, 10)


def scope(query: bytes = b"", *headers: tuple[bytes, bytes], subprotocols: tuple[str, ...] = ()) -> dict:
    return {
        "type": "websocket", "path": "/x", "query_string": query, "headers": headers, "scheme": "ws",
        "subprotocols": list(subprotocols), "extensions": {},
    }  # fmt: skip


def test_handshake_reads_what_was_said_first():
    said = Handshake(scope(b"a=1&a=2&b=", (b"X-Forwarded-For", b"1.1.1.1"), (b"x-forwarded-for", b"2.2.2.2")))
    assert said.query() == {"a": "1", "b": ""}
    assert said.headers["x-forwarded-for"] == "1.1.1.1,2.2.2.2"


@pytest.mark.parametrize("query", [b"a=" + b"x" * 9000, b"&".join(b"f%d=1" % n for n in range(40)), b"a=\xff"])
def test_hostile_queries_are_refused(query):
    with pytest.raises(Invalid):
        Handshake(scope(query)).query()


def test_token_is_never_the_subprotocol_answered():
    said = Handshake(scope(b"", subprotocols=("bearer", "secret")))
    assert said.offered_token() == "secret"
    assert said.choose(None) == "bearer"
    assert Handshake(scope(b"", subprotocols=("bearer",))).offered_token() == ""


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Unauthenticated("x"), 4401),
        (Forbidden("x"), 4403),
        (MachinePending("x"), 4409),
        (Unavailable("x"), 4503),
        (Conflict("x"), 1011),
    ],
)
async def test_server_that_cannot_refuse_accepts_and_closes(refusal, code):
    sent = []

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    async def send(event: dict) -> None:
        sent.append(event)

    stream = SocketStream(scope(), receive, send, abort=lambda: None, most_bytes=10)
    await stream.refuse(403, refusal.text, {}, code=_close_code(refusal))
    assert [each["type"] for each in sent] == ["websocket.accept", "websocket.close"]
    assert (sent[1]["code"], sent[1]["reason"]) == (code, "x")
    with pytest.raises(SocketClosed):
        await stream.send("late")


async def test_peer_that_went_before_the_upgrade():
    async def receive() -> dict:
        return {"type": "websocket.disconnect"}

    stream = SocketStream(scope(), receive, receive, abort=lambda: None, most_bytes=10)
    with pytest.raises(SocketClosed):
        await stream.accept(None)
