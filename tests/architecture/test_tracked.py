"""What a clone contains: nothing of one machine, nothing built, nothing secret, nothing huge."""

import re

from tests.architecture.tree import ROOT, name_of, tracked

LARGEST_BYTES = 1024 * 1024
HOME = "/" + "work/"
"""Spelled in two parts, so that this file does not break its own law."""
MACHINE_PATHS = re.compile(rf"(?<![\w.])(?:{HOME}|/home/\w+/|/Users/\w+/)")
KEYS = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|eyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.")
PUBLIC_REGISTRIES = ("https://registry.npmjs.org/",)


def text_files() -> list[tuple[str, str]]:
    """(name, text) of every tracked file that is text."""
    raw = ((path, path.read_bytes()) for path in tracked())
    return [(name_of(path), data.decode("utf-8", "replace")) for path, data in raw if b"\0" not in data[:8192]]


def test_no_path_of_one_machine() -> None:
    assert not {name for name, text in text_files() if MACHINE_PATHS.search(text)}


def test_locks_name_public_registries_only() -> None:
    lock = (ROOT / "webui/package-lock.json").read_text()
    resolved = re.findall(r'"resolved": "([^"]+)"', lock)
    assert not [url for url in resolved if not url.startswith(PUBLIC_REGISTRIES)]
    for name, text in text_files():
        if name.endswith((".npmrc", "pip.conf", "pyproject.toml")):
            assert not re.search(r"^\s*(?:registry|index-url|extra-index-url)\s*=", text, re.MULTILINE), name


def test_nothing_secret() -> None:
    assert not {name_of(path) for path in tracked() if KEYS.search(path.read_bytes())}


def test_nothing_huge_and_nothing_built() -> None:
    assert not {name_of(path) for path in tracked() if path.stat().st_size > LARGEST_BYTES}
    assert not {name_of(path) for path in tracked() if name_of(path).startswith(("relay/static/", ".venv/", "data/"))}


def test_programs_are_executable() -> None:
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
