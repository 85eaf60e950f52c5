"""A real mail server in a thread of the test: takes letters, or refuses them as told."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TURNS_TO_CLOSE = 10
"""How often the server's loop goes round while it hangs up: a connection it has just taken shows after some."""


@dataclass
class PostOffice:
    """What arrived, and what to answer to the next letters (nothing: take them)."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            return self.answers.pop(0)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"open sesame", handled=False)

    def text(self, to: str) -> str:
        """The newest letter to this address."""
        return next(each.get_content() for each in reversed(self.letters) if each["to"] == to)

    def link(self, to: str) -> str:
        """The one link in it."""
        (found,) = re.findall(r"^http\S+", self.text(to), re.MULTILINE)
        return found

    def code(self, to: str) -> str:
        """The one six-digit code in it."""
        (found,) = re.findall(r"\b\d{6}\b", self.text(to))
        return found


class _Controller(Controller):
    """Serves on a socket of the system's choosing."""

    def __init__(self, handler, sock, **more):
        self.sock = sock
        super().__init__(handler, hostname="127.0.0.1", port=sock.getsockname()[1], **more)

    def _create_server(self):
        return self.loop.create_server(self._factory_invoker, sock=self.sock, ssl=self.ssl_context)

    def stop(self, no_assert=False):
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(timeout=10)
        super().stop(no_assert)

    async def _hang_up(self):
        """A connection that is open when its loop ends is warned about at some later time, in another test.

        Only the loop itself knows them all: of a TLS connection the server sees what lies on top.
        """
        for _ in range(TURNS_TO_CLOSE):
            for each in list(self.loop._transports.values()):
                each.abort()
            await asyncio.sleep(0)


@contextmanager
def post_office(**more) -> Iterator[PostOffice]:
    """`more` goes to aiosmtpd: `ssl_context`, `tls_context`, `require_starttls`, `auth_required`."""
    office = PostOffice()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        office.port = sock.getsockname()[1]
        controller = _Controller(office, sock, authenticator=office.authenticate, **more)
        controller.start()
        try:
            yield office
        finally:
            controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server called localhost with a certificate of its own, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / "mail.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
