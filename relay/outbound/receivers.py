"""Where messages are streamed to: a stream over TCP or TLS, datagrams, a file.

`send` returns when the messages are the receiver's: written and synced, acknowledged by its TCP, or (datagrams) handed
to the network, which promises nothing. Neither syslog nor JSON lines has an answer, so what a receiver's TCP had
acknowledged may die with the receiver: over a new connection the last batch of the old one is sent again.
"""

import fcntl
import os
import socket
import ssl
import struct
import termios
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import trio

SEND_S = 15.0
"""Connecting, sending and the acknowledgement of one batch, together."""
FIRST_LOOK_S, LONGEST_LOOK_S = 0.002, 0.2
"""Between looks at whether everything was acknowledged."""
MAX_ANSWER_BYTES = 4096

Frame = Callable[[bytes], bytes]


class Unreceived(Exception):
    """The receiver does not have them; the text says why. They may arrive twice when they are sent again."""


class Receiver(Protocol):
    """Takes messages in order."""

    async def send(self, messages: Sequence[bytes]) -> None:
        """Returns when they are there. Raises Unreceived."""

    async def aclose(self) -> None:
        """Let go of connections and files."""


class StreamReceiver:
    """One TCP connection, with TLS where there is a context; made anew when it was lost, with the last batch again."""

    def __init__(self, host: str, port: int, frame: Frame, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._port, self._frame, self._tls = host, port, frame, tls
        self._stream: trio.SocketStream | trio.SSLStream[trio.SocketStream] | None = None
        self._last = b""

    async def send(self, messages: Sequence[bytes]) -> None:
        try:
            with trio.fail_after(SEND_S):
                await self._send(b"".join(map(self._frame, messages)))
        except trio.TooSlowError as error:
            await self.aclose()
            raise Unreceived("the receiver takes too long") from error
        except (OSError, ssl.SSLError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
            await self.aclose()
            raise Unreceived(_reason(error)) from error
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await trio.aclose_forcefully(stream)

    async def _send(self, data: bytes) -> None:
        again = b""
        if self._stream is None:
            self._stream, again = await self._connected(), self._last
        stream = self._stream
        gone = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_listen, stream, gone)
            failure = await _push(stream, again + data, gone)
            nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure
        self._last = data

    async def _connected(self) -> trio.SocketStream | trio.SSLStream[trio.SocketStream]:
        if self._tls is None:
            return await trio.open_tcp_stream(self._host, self._port)
        stream = await trio.open_ssl_over_tcp_stream(self._host, self._port, ssl_context=self._tls)
        try:
            await stream.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return stream


async def _push(
    stream: trio.SocketStream | trio.SSLStream[trio.SocketStream], data: bytes, gone: trio.Event
) -> Exception | None:
    """Send, and wait until the other end's TCP has everything; what went wrong, so that it leaves no group."""
    transport = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    try:
        await stream.send_all(data)
        wait_s = FIRST_LOOK_S
        while not gone.is_set():
            # Looked at after a pause, so that a connection that was closed meanwhile has been noticed by the listener.
            await trio.sleep(wait_s)
            if not _unacknowledged_bytes(transport.socket.fileno()):
                break
            wait_s = min(2 * wait_s, LONGEST_LOOK_S)
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
        return error
    return OSError("the receiver has closed the connection") if gone.is_set() else None


async def _listen(stream: trio.SocketStream | trio.SSLStream[trio.SocketStream], gone: trio.Event) -> None:
    """Receivers say nothing; their end does."""
    try:
        while await stream.receive_some(MAX_ANSWER_BYTES):
            pass
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    gone.set()


def _unacknowledged_bytes(handle: int) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(handle, termios.TIOCOUTQ, b"\0" * 4))
    return int(count)


class DatagramReceiver:
    """A datagram for each message."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def send(self, messages: Sequence[bytes]) -> None:
        try:
            with trio.fail_after(SEND_S):
                await self._send(messages)
        except (OSError, trio.TooSlowError) as error:
            raise Unreceived(_reason(error)) from error

    async def _send(self, messages: Sequence[bytes]) -> None:
        found = await trio.socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with trio.socket.socket(family, kind, protocol) as sender:
            # Connected, so that a port nobody listens on is heard of, where the network says so.
            await sender.connect(address)
            for each in messages:
                await sender.send(each)

    async def aclose(self) -> None:
        """Nothing is kept open."""


class FileReceiver:
    """Appends lines to a file (0600) and syncs them. A file that was moved away by a log rotation is made anew."""

    def __init__(self, path: Path, frame: Frame) -> None:
        self._path, self._frame = path, frame

    async def send(self, messages: Sequence[bytes]) -> None:
        data = b"".join(self._frame(each) for each in messages)
        try:
            await trio.to_thread.run_sync(partial(self._append, data))
        except OSError as error:
            raise Unreceived(f"{self._path}: {_reason(error)}") from error

    def _append(self, data: bytes) -> None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            self._write(handle, (b"\n" if torn else b"") + data, size)
            os.fsync(handle)
        finally:
            os.close(handle)

    @staticmethod
    def _write(handle: int, data: bytes, size: int) -> None:
        """All of it or, on a full disk, none."""
        written = 0
        try:
            while written < len(data):
                written += os.write(handle, data[written:])
        except OSError:
            os.ftruncate(handle, size)
            raise

    async def aclose(self) -> None:
        """Nothing is kept open: that is what makes rotation safe."""


def _reason(error: BaseException) -> str:
    """What went wrong in the end; trio gathers one failure for each address it tried, and hides what TLS says."""
    cause = error.__cause__ or error
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, ssl.SSLError):
        return str(cause)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
