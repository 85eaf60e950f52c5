"""The handshake's signed texts: exact bytes, and no two conversations share them."""

import pytest

from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.handshake import agent_transcript, decode_bytes, encode_bytes, relay_transcript

A, R, K = b"a" * 32, b"r" * 32, b"k" * 32


def test_transcripts_are_these_exact_bytes() -> None:
    assert relay_transcript("ab12", agent_nonce=A, relay_nonce=R) == b"fairlead relay v1\0ab12\0" + A + R
    assert agent_transcript("ab12", relay_key=K, relay_nonce=R, agent_nonce=A) == (
        b"fairlead agent v1\0ab12\0" + K + R + A
    )


@pytest.mark.parametrize("agent_id", ["", "a\0b", "x" * 65])
def test_an_agent_id_that_could_shift_the_parts_is_refused(agent_id: str) -> None:
    with pytest.raises(LocalProtocolError):
        relay_transcript(agent_id, agent_nonce=A, relay_nonce=R)


def test_a_short_nonce_is_refused() -> None:
    with pytest.raises(LocalProtocolError):
        relay_transcript("ab12", agent_nonce=A[:31], relay_nonce=R)


def test_bytes_travel_as_base64url_with_or_without_padding() -> None:
    data = bytes(range(224, 256))
    text = encode_bytes(data)
    assert "=" not in text
    assert "+" not in text
    assert "/" not in text
    assert decode_bytes(text, size=32) == data
    assert decode_bytes(text + "=", size=32) == data


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 42 + "B", "A" * 42 + "!", "é" * 43, "A" * 44])
def test_anything_else_is_the_peers_error(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_bytes(text, size=32)
