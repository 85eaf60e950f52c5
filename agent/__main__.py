"""The command line: enroll, run, install, uninstall, status. Says what went wrong on one line, and what to do.

Exit codes: 0 done · 1 a bug of ours · 2 wrong arguments · 3 the relay refused · 4 the relay cannot be reached · 5 the
state directory cannot be used · 6 the machine was deleted at the relay · 8 (status) not connected.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import trio

from agent import __version__
from agent.config import StateDirectory, default_directory
from agent.enrolment import MAX_TOKEN_CHARACTERS, EnrolmentRequest, enroll
from agent.errors import AgentFailure, NotConnected
from agent.installer import install, uninstall
from agent.runner import Agent, run_until_signalled


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except AgentFailure as failure:
        print(f"fairlead-agent: {failure}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fairlead-agent", description="Holds this machine's shells for a Fairlead relay."
    )
    parser.add_argument("--version", action="version", version=f"fairlead-agent {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_enroll(commands.add_parser("enroll", help="register this machine with a relay, once"))
    run = commands.add_parser("run", help="connect to the relay and serve until stopped")
    run.set_defaults(command=_run)
    install_ = commands.add_parser("install", help="install and start the systemd service")
    install_.add_argument("--dry-run", action="store_true", help="print what would be done")
    install_.set_defaults(command=_install)
    uninstall_ = commands.add_parser("uninstall", help="stop and remove the service and the state directory")
    uninstall_.add_argument("--dry-run", action="store_true", help="print what would be done")
    uninstall_.add_argument("--keep-state", action="store_true", help="leave the state directory where it is")
    uninstall_.set_defaults(command=_uninstall)
    status = commands.add_parser("status", help="say whether the agent is connected, and since when")
    status.set_defaults(command=_status)
    for command in (*commands.choices.values(),):
        command.add_argument("--state", type=Path, default=None, metavar="DIR", help="the agent's own directory")
    return parser


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", required=True, metavar="URL", help="the relay, as https://relay.example")
    parser.add_argument("--token", help="the one-time token; - reads it from stdin; else FAIRLEAD_TOKEN is used")
    parser.add_argument("--name", help="what to call this machine (default: as it was named at the relay)")
    parser.add_argument("--linux-user", metavar="USER", help="whose shells to start (default: the user running this)")
    parser.add_argument("--allow-sudo", action="store_true", help="let people who may use sudo here do so")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="trust this private CA, and no other")
    parser.add_argument("--insecure-http", action="store_true", help="accept http:// to another machine")
    parser.add_argument("--force", action="store_true", help="enrol again, replacing this machine's identity")
    parser.set_defaults(command=_enroll)


def _enroll(options: argparse.Namespace) -> None:
    request = EnrolmentRequest(
        server=options.server,
        token=_token(options.token),
        name=options.name,
        linux_user=options.linux_user,
        allow_sudo=options.allow_sudo,
        ca_file=options.ca_file,
        insecure_http=options.insecure_http,
        force=options.force,
    )
    config = enroll(request, _state(options))
    print(f"enrolled as {config.name} ({config.agent_id})")


def _token(argument: str | None) -> str:
    """Out of `ps` if one likes: from stdin, or from the environment."""
    if argument == "-":
        return sys.stdin.readline(MAX_TOKEN_CHARACTERS + 2).strip()
    return (argument or os.environ.get("FAIRLEAD_TOKEN", "")).strip()


def _run(options: argparse.Namespace) -> None:
    # Nothing started from here may find the token in its environment.
    os.environ.pop("FAIRLEAD_TOKEN", None)
    state = _state(options)
    with state.lock():
        trio.run(run_until_signalled, Agent(state))


def _install(options: argparse.Namespace) -> None:
    install(_state(options), is_dry_run=options.dry_run)


def _uninstall(options: argparse.Namespace) -> None:
    uninstall(_state(options), is_dry_run=options.dry_run, keeps_state=options.keep_state)


def _status(options: argparse.Namespace) -> None:
    state = _state(options)
    config = state.load_config()
    status = state.load_status()
    if not state.is_running():
        raise NotConnected(f"{config.name} ({config.agent_id}): not running")
    since = datetime.fromtimestamp(int(status.get("since_ms", 0)) / 1000, UTC).isoformat(timespec="seconds")
    if not status.get("connected"):
        raise NotConnected(f"{config.name} ({config.agent_id}): not connected since {since}: {status.get('detail')}")
    print(f"{config.name} ({config.agent_id}): connected to {config.server} since {since}")


def _state(options: argparse.Namespace) -> StateDirectory:
    return StateDirectory((options.state or default_directory()).absolute())


if __name__ == "__main__":
    sys.exit(main())
