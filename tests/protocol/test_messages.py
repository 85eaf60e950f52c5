"""Control messages: every type survives the wire, strangers' JSON never does more than RemoteProtocolError."""

import json
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol import messages
from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.frames import MAX_CONTROL_BYTES, MAX_OFFSET
from protocol.messages import Close, CommandLogged, Heartbeat, HeldSession, Hello, Message, Resize, Resume
from tests.protocol.strategies import any_message, json_values, messages_of, near_messages

LOGGED = CommandLogged(
    line="ls", exit_code=0, started_at_ms=1, duration_ms=2, cwd="/", method="bash", confidence="high"
)


@given(any_message)
def test_messages_round_trip(message: Message) -> None:
    assert messages.decode(messages.encode(message)) == message


@given(st.binary(max_size=200))
@example(b"[" * 60_000)
@example(b'{"type":' + b"[" * 400 + b"]" * 400 + b"}")
@example(b'{"type":"close","reason":' + b"9" * 5000 + b"}")
@example('{"type":"close","reason":"x"}'.encode("utf-16"))
@example(b'\xef\xbb\xbf{"type":"close","reason":"x"}')
@example(b'{"type":"close","reason":"\xff"}')
def test_garbage_is_the_peers_error(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        messages.decode(body)


@given(json_values)
def test_any_json_is_the_peers_error(value: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        messages.decode(json.dumps(value).encode())


@given(near_messages())
def test_what_is_accepted_can_be_said_again(value: dict[str, Any]) -> None:
    try:
        message = messages.decode(json.dumps(value).encode())
    except RemoteProtocolError:
        return
    assert messages.decode(messages.encode(message)) == message


@pytest.mark.parametrize("depth", range(300, 1100, 7))
def test_no_depth_of_nesting_escapes(depth: int) -> None:
    with pytest.raises(RemoteProtocolError):
        messages.decode(b'{"type":' + b"[" * depth + b"]" * depth + b"}")


@pytest.mark.parametrize("kind", messages.TYPES.values(), ids=messages.TYPES)
@settings(max_examples=8)
@given(data=st.data())
def test_fields_are_required_unless_they_have_a_default(kind: type[Message], data: st.DataObject) -> None:
    value = json.loads(messages.encode(data.draw(messages_of(kind))))
    for field in fields(kind):
        rest = {name: item for name, item in value.items() if name != field.name}
        if field.default is MISSING:
            with pytest.raises(RemoteProtocolError, match=f"{field.name} is missing"):
                messages.decode(json.dumps(rest).encode())
        else:
            assert getattr(messages.decode(json.dumps(rest).encode()), field.name) == field.default


def test_unknown_fields_are_ignored() -> None:
    assert messages.decode(b'{"type":"close","reason":"x","later":{"more":1}}') == Close(reason="x")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"type":"close","reason":1}', r"close\.reason is not str"),
        ('{"type":"close","reason":null}', r"close\.reason is not str"),
        ('{"type":"close","reason":"\\ud800"}', r"close\.reason is not Unicode text"),
        ('{"type":"resize","cols":true,"rows":1}', r"resize\.cols is not int"),
        ('{"type":"resize","cols":1.0,"rows":1}', r"resize\.cols is not int"),
        ('{"type":"resize","cols":0,"rows":1}', r"resize\.cols is out of range"),
        ('{"type":"resize","cols":1,"rows":65536}', r"resize\.rows is out of range"),
        ('{"type":"resume","session_id":"s","output_offset":-1}', r"resume\.output_offset is out of range"),
        ('{"type":"resume","session_id":"s","output_offset":0,"output_limit":-1}', "out of range"),
        ('{"type":"resumed","input_offset":9223372036854775807}', r"resumed\.input_offset is out of range"),
        ('{"type":"heartbeat","load":1e999}', r"heartbeat\.load is out of range"),
        ('{"type":"heartbeat","load":NaN}', "not JSON"),
        ('{"type":"heartbeat","load":' + "9" * 400 + "}", r"heartbeat\.load is out of range"),
        ('{"type":"exited","code":' + str(MAX_OFFSET + 1) + "}", r"exited\.code is out of range"),
        ('{"type":"welcome","heartbeat_interval_s":0}', "out of range"),
        ('{"type":"welcome","heartbeat_interval_s":30,"keep_sessions":"s"}', "is not a list"),
        ('{"type":"welcome","heartbeat_interval_s":30,"keep_sessions":[1]}', "is not str"),
        ('{"type":"proof","signature":"","hostname":"","os":"","arch":"","sessions":[1]}', "not an object"),
        ('{"type":"nonsense"}', "unknown control message 'nonsense'"),
        ('{"type":""}', "unknown control message ''"),
        ("{}", "without a type"),
        ('"close"', "not an object"),
    ],
)
def test_refusals_name_the_place(body: str, reason: str) -> None:
    with pytest.raises(RemoteProtocolError, match=reason):
        messages.decode(body.encode())


def test_an_integer_is_a_figure_too() -> None:
    found = messages.decode(b'{"type":"heartbeat","load":2}')
    assert isinstance(found, Heartbeat)
    assert found.load == 2.0
    assert type(found.load) is float


def test_half_a_surrogate_pair_of_ours_becomes_a_question_mark() -> None:
    sent = messages.decode(messages.encode(replace(LOGGED, cwd="/srv/\udcff")))
    assert sent == replace(LOGGED, cwd="/srv/?")


@pytest.mark.parametrize(
    "message",
    [
        Close(reason="x" * MAX_CONTROL_BYTES),
        Resize(cols=0, rows=24),
        Resume(session_id="s", output_offset=-1),
        Heartbeat(load=float("inf")),
        Heartbeat(load=float("nan")),
        Hello(protocol=MAX_OFFSET + 1, agent_id="", nonce="", agent_version=""),
        Hello(protocol=1, agent_id=b"bytes", nonce="", agent_version=""),  # type: ignore[arg-type]  # the point
        HeldSession(session_id="s", output_start=0, output_end=0, input_end=0),
        Message(),
    ],
)
def test_what_a_peer_would_refuse_is_not_sent(message: Message) -> None:
    with pytest.raises(LocalProtocolError):
        messages.encode(message)


def test_the_largest_message_is_exactly_the_limit() -> None:
    room = MAX_CONTROL_BYTES - len(messages.encode(Close(reason="")))
    body = messages.encode(Close(reason="x" * room))
    assert len(body) == MAX_CONTROL_BYTES
    with pytest.raises(RemoteProtocolError, match="at most 65536"):
        messages.decode(body + b" ")
