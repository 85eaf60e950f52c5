"""docs/protocol.md says what the code does: tables, numbers, and the worked example byte for byte."""

from pathlib import Path

import pytest

from protocol import frames, handshake, link, messages, window
from protocol.frames import ControlFrame, CreditFrame
from protocol.link import CreditReceived, Role
from tests.protocol.pair import LinkPair
from tests.protocol.state_tables import BLOCKS, block

DOCUMENT = Path(__file__).parents[2] / "docs/protocol.md"
TEXT = DOCUMENT.read_text()


@pytest.mark.parametrize("name", BLOCKS)
def test_tables_are_those_of_the_code(name: str) -> None:
    assert block(name) in TEXT, f"docs/protocol.md differs: python -m tests.protocol.state_tables prints '{name}' anew"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (frames.MAX_PAYLOAD_BYTES, "| payload of one frame | {:,} bytes |"),
        (frames.MAX_CONTROL_BYTES, "| control message | {:,} bytes |"),
        (frames.MAX_MESSAGE_BYTES, "| WebSocket message | {:,} bytes |"),
        (window.WINDOW_BYTES, "| bytes in flight per stream | {:,} |"),
        (link.MAX_CHANNELS, "| open channels per link | {:,} |"),
        (frames.MAX_CHANNEL, "| channel numbers of one link | {:,} |"),
        (frames.CONTROL, "| CONTROL `0x{:02x}` |"),
        (frames.DATA, "| DATA `0x{:02x}` |"),
        (frames.STDERR, "| STDERR `0x{:02x}` |"),
        (frames.CREDIT, "| CREDIT `0x{:02x}` |"),
    ],
)
def test_numbers_are_those_of_the_code(value: int, text: str) -> None:
    assert text.format(value) in TEXT


def test_handshake_texts_are_those_of_the_code() -> None:
    """The two texts as the document spells them, over fields that tell themselves apart."""
    relay = b"fairlead relay v1\0" + b"0123456789ab" + b"\0" + b"a" * 32 + b"r" * 32
    agent = b"fairlead agent v1\0" + b"0123456789ab" + b"\0" + b"k" * 32 + b"r" * 32 + b"a" * 32
    names = {"agent_id": "0123456789ab", "agent_nonce": b"a" * 32, "relay_nonce": b"r" * 32}
    assert handshake.relay_transcript(**names) == relay
    assert handshake.agent_transcript(**names, relay_key=b"k" * 32) == agent
    assert '"fairlead relay v1" 00 · agent_id · 00 · agent nonce · relay nonce' in TEXT
    assert '"fairlead agent v1" 00 · agent_id · 00 · relay key · relay nonce · agent nonce' in TEXT


def example() -> list[tuple[Role, bytes]]:
    """The lines of the ```wire block: who says it, and the bytes."""
    lines = TEXT.split("```wire\n")[1].split("\n```")[0].splitlines()
    return [(Role(line.split(" ", 1)[0]), wire_bytes(line.split(" ", 1)[1])) for line in lines]


def wire_bytes(text: str) -> bytes:
    head, brace, json_text = text.partition("{")
    return bytes.fromhex(head) + (brace + json_text).encode()


def test_the_worked_example_is_what_both_ends_say_and_accept() -> None:
    pair = LinkPair(window_bytes=window.WINDOW_BYTES)
    said = example()
    assert len(said) == 7
    for role, expected in said:
        assert say_again(pair, role, expected) == expected
        pair.deliver(role)
    assert pair.seen[Role.RELAY, 1, frames.DATA] == b"$ ls\r\n"
    assert pair.seen[Role.AGENT, 1, frames.DATA] == b"ls\r"
    assert CreditReceived(channel=1, stream=frames.DATA, limit=5 * 65536) in pair.events[Role.AGENT]
    assert not pair.link[Role.AGENT].knows(1)


def say_again(pair: LinkPair, role: Role, expected: bytes) -> bytes:
    """Let the product's own link say what the line says."""
    match frames.decode(expected):
        case ControlFrame(channel=channel, body=body):
            pair.say(role, channel, messages.decode(body))
        case CreditFrame() as credit:
            pair.said[role].append(frames.encode(credit))
        case data:
            pair.said[role].append(pair.link[role].send_data(data.channel, data.payload, stream=data.stream))
    return pair.said[role][-1]
