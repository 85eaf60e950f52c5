"""The user whose shells are started, and the environment such a shell begins with: nothing of the agent's own."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from agent.errors import UsageMistake
from agent.identity import current_user

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginUser:
    """One line of the password file."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str


def find_login(name: str | None) -> LoginUser:
    """The named user, or the one we run as. Raises UsageMistake when there is none, or we may not become it."""
    wanted = current_user() if name is None else name
    try:
        entry = pwd.getpwnam(wanted)
    except (KeyError, ValueError) as error:
        raise UsageMistake(f"there is no user {wanted!r} on this machine") from error
    if os.geteuid() not in (0, entry.pw_uid):
        raise UsageMistake(f"only root can start shells as {wanted!r}: run as root, or leave --linux-user out")
    shell = entry.pw_shell if os.access(entry.pw_shell or "", os.X_OK) else "/bin/sh"
    return LoginUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, home=entry.pw_dir, shell=shell)


def describe_login(login: LoginUser) -> dict[str, str]:
    """The user's facts for the relay's machine page, as a string map."""
    groups = sorted(entry.gr_name for entry in grp.getgrall() if login.name in entry.gr_mem)
    return {
        "uid": str(login.uid),
        "gid": str(login.gid),
        "groups": ",".join(groups)[:500],
        "home": login.home[:500],
        "shell": login.shell[:500],
    }


def login_environment(login: LoginUser, *, username: str, session_id: str) -> dict[str, str]:
    """What the login shell finds; `username` is the Fairlead user."""
    environment = {
        "HOME": login.home,
        "USER": login.name,
        "LOGNAME": login.name,
        "SHELL": login.shell,
        "PATH": ROOT_PATH if login.uid == 0 else PATH,
        "LANG": _language(),
        "FAIRLEAD_USER": username,
        "FAIRLEAD_SESSION": session_id,
    }
    if Path("/var/mail", login.name).exists():
        environment["MAIL"] = f"/var/mail/{login.name}"
    return {name: value.replace("\0", "") for name, value in environment.items()}


def keeps_sudo(login: LoginUser, *, machine_allows: bool, person_may: bool) -> bool:
    """Whether setuid programs work in the shell. A root shell under a root agent has nothing left to refuse."""
    return (machine_allows and person_may) or (login.uid == 0 and os.geteuid() == 0)


def _language() -> str:
    """The agent's own, when it is UTF-8: the terminal's bytes are."""
    language = os.environ.get("LANG", "")
    return language if language.upper().replace("-", "").endswith("UTF8") else "C.UTF-8"
