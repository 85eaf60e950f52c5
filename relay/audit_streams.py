"""The audit streams that the settings ask for: which receiver, spoken to how."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from relay.config import Config, ConfigError, Destination
from relay.domain.audit_stream import Message, json_message, line, octet_counted, syslog_message
from relay.outbound.receivers import DatagramReceiver, FileReceiver, Frame, Receiver, StreamReceiver
from relay.services.all import Services
from relay.services.audit_stream import AuditStream


def audit_streams(config: Config, services: Services) -> Iterator[AuditStream]:
    """One for each receiver. Raises ConfigError when the certificates cannot be read."""
    if config.audit_syslog is not None:
        receiver = _receiver(config.audit_syslog, octet_counted, config)
        yield _stream(f"syslog {config.audit_syslog}", receiver, syslog_message(socket.gethostname()), services)
    if config.audit_jsonl is not None:
        receiver = _receiver(config.audit_jsonl, line, config)
        yield _stream(f"jsonl {config.audit_jsonl}", receiver, json_message, services)


def _stream(name: str, receiver: Receiver, message: Message, services: Services) -> AuditStream:
    return AuditStream(
        name=name,
        database=services.database,
        chains=services.audit_start.chains,
        checkpoints=services.audit_checkpoints,
        start=services.audit_start,
        receiver=receiver,
        message=message,
    )


def _receiver(to: Destination, frame: Frame, config: Config) -> Receiver:
    match to.scheme:
        case "file":
            return FileReceiver(Path(to.path), frame)
        case "udp":
            return DatagramReceiver(to.host, to.port)
        case "tls":
            return StreamReceiver(to.host, to.port, frame, _context(config.audit_ca))
        case _:
            return StreamReceiver(to.host, to.port, frame)


def _context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"AUDIT_CA: cannot read certificates from {ca}: {error}") from error
