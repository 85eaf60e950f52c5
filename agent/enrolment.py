"""Trading a one-time token for an identity the relay knows. The token is never stored and never logged."""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import __version__, log
from agent.address import RelayAddress, check_plain_http, parse_address
from agent.config import CA, CONFIG, Config, StateDirectory
from agent.errors import RelayRefused, RelayUnreachable, StateUnusable, UsageMistake
from agent.identity import Identity, create_identity, machine_facts
from agent.login import LoginUser, describe_login, find_login
from protocol.errors import RemoteProtocolError
from protocol.handshake import KEY_BYTES, decode_bytes, encode_bytes

TIMEOUT_S = 30
"""For each step of the exchange: connect, send, answer."""
MAX_ANSWER_BYTES = 64 * 1024
"""An enrolment's answer is a few hundred bytes."""
MAX_TOKEN_CHARACTERS = 512
"""Far above any token's length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRequest:
    """What the person asked for on the command line."""

    server: str
    token: str
    name: str | None = None
    linux_user: str | None = None
    allow_sudo: bool = False
    ca_file: Path | None = None
    insecure_http: bool = False
    force: bool = False


def enroll(request: EnrolmentRequest, state: StateDirectory) -> Config:
    """Make a key, register it, write the configuration. Raises AgentFailure; the token is used up only on success."""
    address = parse_address(request.server)
    check_plain_http(address, is_allowed=request.insecure_http)
    _check_token(request.token)
    login = find_login(request.linux_user)
    state.create()
    if state.has(CONFIG) and not request.force:
        raise StateUnusable(f"{state.path} is enrolled already: add --force to enrol again, as another machine")
    _keep_ca(request.ca_file, state)
    # The key is on the disk before the token is used: a full disk must not burn the token.
    identity = create_identity(state)
    context = tls_context(state, has_ca_file=request.ca_file is not None) if address.is_tls else None
    answer = _post(address, context, _body(request, identity, login))
    config = _read_answer(answer, address, login, request)
    try:
        state.save_config(config)
    except OSError as error:
        raise StateUnusable(f"enrolled, but cannot write {state.path / CONFIG}: {error.strerror}") from error
    log.info("enrolled", server=config.server, agent_id=config.agent_id, name=config.name)
    return config


def tls_context(state: StateDirectory, *, has_ca_file: bool) -> ssl.SSLContext:
    """The system's certificate authorities, or the private one kept in the state directory and no other."""
    try:
        context = ssl.create_default_context(cafile=str(state.path / CA) if has_ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise StateUnusable(f"{state.path / CA} is not a CA certificate: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _check_token(token: str) -> None:
    if not token:
        raise UsageMistake("no token: give --token, `--token -` to read it from stdin, or FAIRLEAD_TOKEN")
    if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii() or not token.isprintable():
        raise UsageMistake("that is not a registration token")


def _keep_ca(ca_file: Path | None, state: StateDirectory) -> None:
    if ca_file is None:
        state.remove(CA)
        return
    try:
        ssl.create_default_context(cafile=str(ca_file))
        state.write(CA, ca_file.read_bytes())
    except (OSError, ssl.SSLError) as error:
        raise UsageMistake(f"--ca-file {ca_file} cannot be used: {error}") from error


def _body(request: EnrolmentRequest, identity: Identity, login: LoginUser) -> dict[str, Any]:
    facts = machine_facts()
    body: dict[str, Any] = {
        "token": request.token,
        "public_key": encode_bytes(identity.public_key),
        "hostname": facts.hostname,
        "os": facts.os,
        "arch": facts.arch,
        "ip_addresses": list(facts.ip_addresses),
        "linux_user": login.name,
        "allow_sudo": request.allow_sudo,
        "agent_version": __version__,
        "metadata": describe_login(login),
    }
    return body if request.name is None else {**body, "name": request.name}


def _post(address: RelayAddress, context: ssl.SSLContext | None, body: dict[str, Any]) -> dict[str, Any]:
    """http.client, because it follows no redirect and trusts no proxy variable of the environment."""
    connection = _connection(address, context)
    try:
        path = f"{address.prefix}/api/agent/register"
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        data = response.read(MAX_ANSWER_BYTES + 1)
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        raise RelayUnreachable(f"cannot reach {address.url}: {_reason(error)}") from error
    finally:
        connection.close()
    if response.status in (301, 302, 303, 307, 308):
        raise RelayUnreachable(f"{address.url} redirects to {response.headers['Location']}: use that address")
    return _read_object(address, response.status, data)


def _connection(address: RelayAddress, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    if context is None:
        return http.client.HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)
    return http.client.HTTPSConnection(address.host, address.port, timeout=TIMEOUT_S, context=context)


def _reason(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message}); --ca-file names a private CA"
        case socket.gaierror():
            return "no such host"
        case TimeoutError():
            return f"no answer within {TIMEOUT_S} s"
        case OSError() if error.strerror:
            return error.strerror
    return str(error) or type(error).__name__


def _read_object(address: RelayAddress, status: int, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data) if len(data) <= MAX_ANSWER_BYTES else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise RelayUnreachable(f"{address.url} is not a Fairlead relay (status {status}, no JSON answer)")
    if status != 200:
        raise RelayRefused(f"{address.url} refused ({status}): {str(value.get('error', ''))[:500]!r}")
    return value


def _read_answer(answer: dict[str, Any], address: RelayAddress, login: LoginUser, request: EnrolmentRequest) -> Config:
    texts = {name: answer.get(name) for name in ("agent_id", "machine_id", "name", "relay_key")}
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise RelayUnreachable(f"{address.url} is not a Fairlead relay (its answer lacks a field)")
    try:
        decode_bytes(str(texts["relay_key"]), size=KEY_BYTES)
    except RemoteProtocolError as error:
        raise RelayUnreachable(f"{address.url} sent no usable key: {error}") from error
    return Config(
        server=address.url,
        linux_user=login.name,
        allow_sudo=request.allow_sudo,
        has_ca_file=request.ca_file is not None,
        **{name: str(text) for name, text in texts.items()},
    )
