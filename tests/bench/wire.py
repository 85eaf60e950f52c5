"""A blocking browser socket with nothing in the way: RFC 6455 by hand, to keep the client's cost out of the figures.

It speaks `fairlead.v1` (protocol/frames.py without the channel) and grants credit as it reads.
"""

import base64
import json
import os
import socket
import struct
import threading
from urllib.parse import urlsplit

from protocol import frames
from protocol.window import WINDOW_BYTES

_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The relay closed the socket; the arguments are code and reason."""


class TerminalSocket:
    """One terminal of one agent. Raises Closed when the relay ends it, TimeoutError after `timeout_s` of silence."""

    def __init__(self, url: str, token: str, agent_id: str, *, timeout_s: float = 60.0) -> None:
        at = urlsplit(url)
        assert at.hostname
        assert at.port
        self._timeout_s = timeout_s
        self._socket = socket.create_connection((at.hostname, at.port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._sent = 0
        self._received = 0
        self._granted = WINDOW_BYTES
        self._limit = WINDOW_BYTES
        self._credit = threading.Condition()
        self._writing = threading.Lock()
        self._upgrade(f"{at.hostname}:{at.port}", token, agent_id)
        self.hello = self._wait_for_session()

    def type(self, data: bytes) -> None:
        """Send keystrokes (at most one frame's payload); waits for credit, which another thread must be reading in."""
        with self._credit:
            if not self._credit.wait_for(lambda: self._sent + len(data) <= self._limit, timeout=self._timeout_s):
                raise TimeoutError("the relay gave no credit for keystrokes")
        self._send(_BINARY, struct.pack(">BQ", frames.DATA, self._sent) + data)
        self._sent += len(data)

    def read(self) -> bytes:
        """The next chunk of terminal output."""
        while True:
            opcode, payload = self._message()
            if opcode == _BINARY and payload[0] == frames.DATA:
                return self._output(payload[9:])
            if opcode == _BINARY and payload[0] == frames.CREDIT:
                self._allow(struct.unpack(">Q", payload[2:])[0])

    def read_until(self, mark: bytes) -> int:
        """Read on until `mark` is the newest output seen; returns the bytes read."""
        tail, count = b"", 0
        while mark not in tail:
            chunk = self.read()
            count += len(chunk)
            tail = (tail + chunk)[-(len(mark) + len(chunk)) :]
        return count

    def close(self) -> None:
        """End the shell, wait for its last word, drop the connection."""
        self._send(_TEXT, b'{"type":"close"}')
        try:
            while True:
                self._message()
        except (Closed, OSError):
            self._socket.close()

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._socket.close()

    def _allow(self, limit: int) -> None:
        with self._credit:
            self._limit = max(self._limit, limit)
            self._credit.notify()

    def _output(self, payload: bytes) -> bytes:
        self._received += len(payload)
        if self._received + WINDOW_BYTES - self._granted >= WINDOW_BYTES // 4:
            self._granted = self._received + WINDOW_BYTES
            self._send(_BINARY, struct.pack(">BBQ", frames.CREDIT, frames.DATA, self._granted))
        return payload

    def _wait_for_session(self) -> dict[str, object]:
        while True:
            opcode, payload = self._message()
            if opcode == _TEXT:
                message = json.loads(payload)
                if message["type"] == "session":
                    return dict(message)

    def _upgrade(self, host: str, token: str, agent_id: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /api/terminal/{agent_id}/ws?cols=120&rows=40&source=cli HTTP/1.1\r\nHost: {host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: fairlead.v1, bearer, {token}\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        answer, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise Closed(answer.decode(errors="replace"))
        self._buffer = bytearray(rest)

    def _message(self) -> tuple[int, bytes]:
        while True:
            opcode, payload = self._frame()
            if opcode == _PING:
                self._send(_PONG, payload)
            elif opcode == _CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                raise Closed(code, payload[2:].decode(errors="replace"))
            else:
                return opcode, payload

    def _frame(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self._take(8))
        payload = self._take(size)
        if first & 0x80:
            return first & 0x0F, payload
        _, rest = self._frame()
        return first & 0x0F, payload + rest

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _more(self) -> None:
        data = self._socket.recv(256 * 1024)
        if not data:
            raise Closed("the connection ended")
        self._buffer += data

    def _send(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        head = (
            struct.pack(">BB", 0x80 | opcode, 0x80 | size)
            if size < 126
            else struct.pack(">BBH", 0x80 | opcode, 0xFE, size)
        )
        with self._writing:
            self._socket.sendall(head + b"\0\0\0\0" + payload)  # a mask of zeros is legal and costs nothing
