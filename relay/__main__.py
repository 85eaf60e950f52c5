"""The command line: relay, up, admin create-superadmin, audit verify, openapi.

Exit codes: 0 done · 1 it cannot be done just now (the text says what to do) · 2 wrong usage or configuration · 130
interrupted before it was running. Logs go to stderr; stdout carries what other programs read.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

try:
    import msgspec
    import trio

    from relay.app import document, open_house, serve
    from relay.audit_command import UNREADABLE, verify_export
    from relay.clock import Clock
    from relay.config import Config, read_config
    from relay.faults import explain
    from relay.ids import Ids
    from relay.log import LEVELS, configure_logging
    from relay.release import release
    from relay.up import run_up
except ModuleNotFoundError as missing:
    if str(missing.name).partition(".")[0] in {"relay", "protocol"}:
        raise
    advice = "pip install 'fairlead[relay]', or from a checkout pip install '.[relay]'"
    sys.exit(f"fairlead: {missing.name} is missing: the agent alone is installed here. For the relay: {advice}")

SETTINGS = ("listen", "data", "public_url", "trusted_proxies", "allowed_origins", "log_level")
"""Settings that have a flag as well; all have an environment variable (docs/operations.md)."""
MAX_PASSWORD_LINE = 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    config: Config | None = None
    try:
        environment = {"FAIRLEAD_LOG_LEVEL": options.usual_log_level, **os.environ}
        config = read_config(environment, {name: getattr(options, name, None) for name in SETTINGS})
        configure_logging(config.log_level)
        return int(options.command(options, config) or 0)
    except KeyboardInterrupt:
        return 130
    except (Exception, BaseExceptionGroup) as error:
        known = explain(error, config)
        if known is None:
            raise
        print(f"fairlead: {known[1]}", file=sys.stderr)
        return known[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fairlead", description="A relay for remote terminals.")
    parser.set_defaults(usual_log_level="info")
    parser.add_argument("--version", action="version", version=f"fairlead {release()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    relay = commands.add_parser("relay", help="serve the API, the console and the agents")
    _add_settings(relay, *SETTINGS)
    relay.set_defaults(command=_relay)
    up = commands.add_parser("up", help="a relay, a first organization and an agent on this machine, in one go")
    _add_settings(up, *SETTINGS)
    up.set_defaults(command=_up, usual_log_level="warning")
    admin = commands.add_parser("admin", help="work on a data directory whose relay is stopped")
    _add_create_superadmin(admin.add_subparsers(required=True, metavar="COMMAND"))
    audit = commands.add_parser("audit", help="check an export of the audit log, offline")
    _add_verify(audit.add_subparsers(required=True, metavar="COMMAND"))
    openapi = commands.add_parser("openapi", help="print the OpenAPI document of this version")
    openapi.set_defaults(command=_openapi)
    return parser


def _add_create_superadmin(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    create = commands.add_parser("create-superadmin", help="add an administrator of the whole platform")
    _add_settings(create, "data")
    create.add_argument("--username", required=True)
    create.add_argument("--email", required=True)
    create.add_argument("--password-stdin", action="store_true", required=True, help="read the password from stdin")
    create.set_defaults(command=_create_superadmin)


def _add_verify(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verify = commands.add_parser("verify", help="is this export (format=jsonl) what the relay wrote")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--jwks", type=Path, metavar="FILE", help="the relay's keys, from /.well-known/jwks.json")
    verify.add_argument("--checkpoints", type=Path, metavar="FILE", help="checkpoints kept elsewhere, one a line")
    verify.set_defaults(command=_verify)


_METAVARS = {"listen": "HOST:PORT", "data": "DIR", "public_url": "URL", "trusted_proxies": "CIDR,…",
             "allowed_origins": "URL,…", "log_level": "|".join(LEVELS)}  # fmt: skip


def _add_settings(parser: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, dest=name, metavar=_METAVARS[name], help=f"or FAIRLEAD_{name.upper()}")


def _relay(options: argparse.Namespace, config: Config) -> None:
    trio.run(_serve_until_signalled, config)


async def _serve_until_signalled(config: Config) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            running = await nursery.start(serve, config)
            print(f"ready {running.url}", flush=True)
            await anext(signals)
            running.draining.set()


def _up(options: argparse.Namespace, config: Config) -> None:
    trio.run(run_up, config)


def _create_superadmin(options: argparse.Namespace, config: Config) -> None:
    password = sys.stdin.readline(MAX_PASSWORD_LINE).rstrip("\r\n")
    trio.run(partial(_create, config, options.username, options.email, password))
    print(f"created super administrator {options.username}")


async def _create(config: Config, username: str, email: str, password: str) -> None:
    async with open_house(config, clock=Clock(), ids=Ids()) as house:
        await house.services.accounts.create_super_admin(username=username, email=email, password=password)


def _verify(options: argparse.Namespace, config: Config) -> int:
    code, sentence = verify_export(options.file, options.jwks, options.checkpoints)
    if code == UNREADABLE:
        print(f"fairlead: {sentence}", file=sys.stderr)
    else:
        print(sentence)
    return code


def _openapi(options: argparse.Namespace, config: Config) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document(config)), indent=2).decode() + "\n")


if __name__ == "__main__":
    sys.exit(main())
