"""Every setting of the relay: its default and its environment variables. Knows nothing of who uses it.

A setting `some_name` is read from FAIRLEAD_SOME_NAME, and from the further names given beside it (those the terminal
API's own documentation uses). docs/operations.md has a line for each; a test compares.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from relay.domain.identity import RESERVED_IDS, Issuer

_DEFAULT_DATA = Path("data")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """A setting cannot be used; the text names it and says what it must look like."""


def _setting(default: Any, read: Callable[[str], Any], *aliases: str, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "aliases": aliases})


def _text(value: str) -> str:
    return value.strip()


def _level(value: str) -> str:
    if value.strip().lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError("must be debug, info, warning or error")
    return value.strip().lower()


def _tls(value: str) -> str:
    if value.strip().lower() not in {"starttls", "tls", "none"}:
        raise ValueError("must be starttls, tls or none")
    return value.strip().lower()


def _flag(value: str) -> bool:
    word = value.strip().lower()
    if word not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ValueError("must be true or false")
    return word in {"1", "true", "yes", "on"}


def _count(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,13}", value.strip()) or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def _seconds(value: str) -> int:
    """Whole seconds from `90`, `90s`, `2m` or `1h`."""
    match = re.fullmatch(r"(\d{1,7})([smh]?)", value.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError("must be a duration such as 90s, 2m or 1h")
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _listed(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in _listed(value))
    except ValueError as error:
        raise ValueError("must be addresses or CIDR networks, separated by commas") from error


def read_origin(value: str) -> str:
    """`scheme://host[:port]` without a path. Raises ValueError otherwise."""
    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError("must look like https://host or https://host:port")
    if parts.username is not None or not re.fullmatch(r"[A-Za-z0-9.\-_:\[\]]+", parts.netloc):
        raise ValueError("must look like https://host or https://host:port")
    _ = parts.port  # raises ValueError for a port that is no number
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _origin_or_nothing(value: str) -> str:
    return read_origin(value) if value.strip() else ""


def _origins(value: str) -> tuple[str, ...]:
    return tuple(read_origin(part) for part in _listed(value))


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a stream goes: `udp`, `tcp` or `tls` and an address, or `file` and a path."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return self.path if self.scheme == "file" else f"{self.scheme}://{self.host}:{self.port}"


def _address(value: str, ports: Mapping[str, int], example: str) -> Destination:
    parts = urlsplit(value.strip())
    if parts.scheme not in ports or not parts.hostname or parts.path or parts.query or parts.username is not None:
        raise ValueError(f"must look like {example}")
    return Destination(parts.scheme, parts.hostname, parts.port or ports[parts.scheme])


def _syslog(value: str) -> Destination:
    return _address(value, {"udp": 514, "tcp": 601, "tls": 6514}, "tls://host:6514, tcp://host:601 or udp://host:514")


def _json_lines(value: str) -> Destination:
    if "://" in value:
        return _address(value, {"tcp": 6515, "tls": 6516}, "/path/of/a/file, tcp://host:port or tls://host:port")
    return Destination("file", path=value.strip())


def _directory(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.\-]{1,128}", value.strip()):
        raise ValueError("must be common, organizations, consumers, or the id or domain of a directory")
    return value.strip().lower()


def _issuers(value: str) -> tuple[Issuer, ...]:
    """A JSON list of objects. Refusals never repeat the text: secrets stand in it."""
    try:
        found = tuple(Issuer(**each) for each in json.loads(value))
    except (ValueError, TypeError):
        found = ()
    if not found or not all(_is_issuer(each) for each in found) or len({each.id for each in found}) != len(found):
        raise ValueError(
            'must be a JSON list such as [{"id": "sso", "name": "Our SSO", "issuer": "https://sso.example", '
            '"client_id": "…", "client_secret": "…"}], each id once, of a-z, 0-9 and hyphens'
        )
    return found


def _is_issuer(issuer: Issuer) -> bool:
    texts = (issuer.issuer, issuer.client_id, issuer.client_secret, issuer.name)
    return (
        all(isinstance(each, str) and each for each in (issuer.id, *texts))
        and re.fullmatch(r"[a-z][a-z0-9-]{0,31}", issuer.id) is not None
        and issuer.id not in RESERVED_IDS
        and re.fullmatch(r"https?://[^\s?#@]+", issuer.issuer) is not None
    )


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one relay. Times are in the unit their name ends with; sizes are bytes."""

    listen: str = _setting("127.0.0.1:8080", _text)
    data: Path = field(default=_DEFAULT_DATA, metadata={"read": Path, "aliases": ()})
    public_url: str = _setting("", _origin_or_nothing)
    allowed_origins: tuple[str, ...] = _setting((), _origins, "ALLOWED_ORIGINS")
    trusted_proxies: tuple[Network, ...] = _setting((), _networks)
    metrics_token: str = _setting("", _text, secret=True)
    log_level: str = _setting("info", _level)
    body_limit_bytes: int = _setting(1024 * 1024, _count(1024, 64 * 1024 * 1024))
    upload_quota_bytes: int = _setting(256 * 1024 * 1024, _count(0, 1024**4 - 1))
    drain_s: int = _setting(10, _seconds)

    mongodb_uri: str = _setting("", _text, "MONGODB_URI", "MONGO_URI", secret=True)
    mongodb_database: str = _setting("fairlead", _text, "MONGO_DATABASE")

    jwt_secret: str = _setting("", _text, "JWT_SECRET", secret=True)
    jwt_expiry_hours: int = _setting(24, _count(1, 24 * 30), "JWT_EXPIRY_HOURS")
    refresh_chain_days: int = _setting(30, _count(1, 365))
    password_min_length: int = _setting(8, _count(8, 128), "PASSWORD_MIN_LENGTH")
    inactivity_days: int = _setting(30, _count(0, 3650), "INACTIVITY_DAYS")
    signup_enabled: bool = _setting(True, _flag, "SIGNUP_ENABLED")
    super_admin_username: str = _setting("", _text, "SUPER_ADMIN_USERNAME")
    super_admin_email: str = _setting("", _text, "SUPER_ADMIN_EMAIL")
    super_admin_password: str = _setting("", str, "SUPER_ADMIN_PASSWORD", secret=True)

    microsoft_client_id: str = _setting("", _text, "MICROSOFT_CLIENT_ID")
    microsoft_client_secret: str = _setting("", _text, "MICROSOFT_CLIENT_SECRET", secret=True)
    microsoft_tenant_id: str = _setting("common", _directory, "MICROSOFT_TENANT_ID")
    github_client_id: str = _setting("", _text, "GITHUB_CLIENT_ID")
    github_client_secret: str = _setting("", _text, "GITHUB_CLIENT_SECRET", secret=True)
    oidc_providers: tuple[Issuer, ...] = _setting((), _issuers, "OIDC_PROVIDERS", secret=True)
    oidc_private_origins: tuple[str, ...] = _setting((), _origins, "OIDC_PRIVATE_ORIGINS")
    oidc_redirect_base_url: str = _setting("", _origin_or_nothing, "OIDC_REDIRECT_BASE_URL")
    frontend_url: str = _setting("", _origin_or_nothing, "FRONTEND_URL")

    otp_enabled: bool = _setting(False, _flag, "OTP_ENABLED")
    otp_enforce_all_clients: bool = _setting(False, _flag, "OTP_ENFORCE_ALL_CLIENTS")
    smtp_host: str = _setting("", _text, "SMTP_HOST")
    smtp_port: int = _setting(587, _count(1, 65535), "SMTP_PORT")
    smtp_username: str = _setting("", _text, "SMTP_USERNAME")
    smtp_password: str = _setting("", str, "SMTP_PASSWORD", secret=True)
    smtp_from: str = _setting("", _text, "SMTP_FROM")
    smtp_tls: str = _setting("starttls", _tls, "SMTP_TLS")

    audit_syslog: Destination | None = field(default=None, metadata={"read": _syslog, "aliases": ("AUDIT_SYSLOG",)})
    audit_jsonl: Destination | None = field(default=None, metadata={"read": _json_lines, "aliases": ("AUDIT_JSONL",)})
    audit_ca: str = _setting("", _text, "AUDIT_CA")

    admin_implicit_access: bool = _setting(True, _flag, "ADMIN_IMPLICIT_ACCESS")
    max_sessions_per_user: int = _setting(20, _count(1, 1000), "MAX_SESSIONS_PER_USER")
    max_machines_per_run: int = _setting(1000, _count(1, 1000))
    max_runs_per_user: int = _setting(5, _count(1, 100))
    terminal_idle_timeout_minutes: int = _setting(0, _count(0, 24 * 60), "TERMINAL_IDLE_TIMEOUT_MINUTES")
    terminal_detach_minutes: int = _setting(5, _count(0, 24 * 60), "TERMINAL_DETACH_MINUTES")
    terminal_scrollback_bytes: int = _setting(256 * 1024, _count(64 * 1024, 16 * 1024 * 1024))

    heartbeat_interval_s: int = _setting(30, _seconds)
    agent_grace_s: int = _setting(60, _seconds)
    offline_grace_s: int = _setting(15, _seconds)
    offline_timeout_s: int = _setting(120, _seconds, "OFFLINE_TIMEOUT")
    sweep_interval_s: int = _setting(60, _seconds, "RECONCILER_INTERVAL")
    approval_hours: int = _setting(24, _count(1, 24 * 30))
    access_request_max_minutes: int = _setting(480, _count(1, 60 * 24 * 90))
    enrolment_hours: int = _setting(24, _count(1, 24 * 30))


def environment_names(setting: str) -> tuple[str, ...]:
    """The environment variables that set `setting`, the strongest first."""
    found = next(each for each in fields(Config) if each.name == setting)
    return (f"FAIRLEAD_{setting.upper()}", *found.metadata["aliases"])


def read_config(environment: Mapping[str, str], given: Mapping[str, str | None] | None = None) -> Config:
    """Settings from the command line (`given`, by setting name) before the environment before the defaults.

    Raises ConfigError naming the variable or the flag.
    """
    values: dict[str, Any] = {}
    for each in fields(Config):
        found = _find(each.name, environment, given or {})
        if found is not None:
            values[each.name] = _read(each.metadata["read"], *found)
    return Config(**values)


def _find(setting: str, environment: Mapping[str, str], given: Mapping[str, str | None]) -> tuple[str, str] | None:
    flagged = given.get(setting)
    if flagged is not None:
        return f"--{setting.replace('_', '-')}", flagged
    for name in environment_names(setting):
        if environment.get(name):
            return name, environment[name]
    return None


def _read(read: Callable[[str], Any], name: str, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ConfigError(f"{name} {error}") from error


def check_mail(config: Config) -> None:
    """The settings about mail fit together. Raises ConfigError."""
    if not config.smtp_host:
        if config.otp_enabled:
            raise ConfigError(
                "OTP_ENABLED sends codes by mail: set SMTP_HOST, SMTP_FROM and FAIRLEAD_PUBLIC_URL as well"
            )
        return
    if not re.fullmatch(r"[^\r\n]*[^@\s<>]+@[^@\s<>]+>?", config.smtp_from):
        raise ConfigError("SMTP_HOST needs SMTP_FROM: the address mails come from, such as fairlead@example.org")
    if not config.public_url:
        raise ConfigError(
            "SMTP_HOST needs FAIRLEAD_PUBLIC_URL: links in mails are made from it, never from what a caller says"
        )
    if config.smtp_username and config.smtp_tls == "none" and config.smtp_host not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigError("SMTP_TLS=none would send SMTP_PASSWORD in clear: use starttls or tls")


def check_identity(config: Config) -> None:
    """The settings about identity providers fit together. Raises ConfigError."""
    pairs = {
        "MICROSOFT": (config.microsoft_client_id, config.microsoft_client_secret),
        "GITHUB": (config.github_client_id, config.github_client_secret),
    }
    for name, (client_id, secret) in pairs.items():
        if bool(client_id) != bool(secret):
            raise ConfigError(f"{name}_CLIENT_ID and {name}_CLIENT_SECRET belong together: set both or none")


def split_address(listen: str) -> tuple[str, int]:
    """`HOST:PORT` → its parts (`[::1]:0` for IPv6). Raises ConfigError."""
    match = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\]:(\d{1,5})|([A-Za-z0-9.\-]+):(\d{1,5})", listen)
    if match is None or int(match[2] or match[4]) > 65535:
        raise ConfigError(f"cannot listen on {listen!r}: write HOST:PORT, for example 127.0.0.1:8080")
    return match[1] or match[3], int(match[2] or match[4])
