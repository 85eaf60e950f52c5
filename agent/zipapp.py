"""Builds `agent.pyz`: the agent and the pure Python packages it imports, in one file that any python3 >= 3.11 runs.

`python -m agent.zipapp OUTPUT` prints its SHA-256. The same sources give the same bytes: names are sorted, times fixed.
"""

import hashlib
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from io import BytesIO
from itertools import chain
from pathlib import Path

PACKAGES = ("agent", "protocol", "trio", "trio_websocket", "wsproto", "h11", "attr", "attrs", "sortedcontainers",
            "idna", "outcome", "sniffio")  # fmt: skip
"""All that `import agent.__main__` needs on Linux beyond the standard library; a test runs it with nothing else."""
DISTRIBUTIONS = ("trio", "trio-websocket", "wsproto", "h11", "attrs", "sortedcontainers", "idna", "outcome", "sniffio")
"""Whose metadata (trio-websocket asks for trio's version) and licences go in too."""
_LEFT_OUT = {"__pycache__", "_tests", "tests", "testing", "_tools"}
_DATA = {".sh", ".fish"}
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time a zip file can carry."""
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = b"""\
import sys

if sys.version_info < (3, 11):
    sys.exit("fairlead-agent: python3 3.11 or newer is needed")

from agent.__main__ import main

sys.exit(main())
"""


def build() -> bytes:
    """The file's bytes. Raises FileNotFoundError when a package is not installed, ValueError when one is compiled."""
    buffer = BytesIO(_SHEBANG)
    buffer.seek(0, 2)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _add(archive, "__main__.py", _MAIN)
        found = [*chain.from_iterable(map(_files, PACKAGES)), *chain.from_iterable(map(_metadata, DISTRIBUTIONS))]
        for name, path in sorted(found):
            _add(archive, name, path.read_bytes())
    return buffer.getvalue()


def main() -> int:
    """Write the file named on the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m agent.zipapp OUTPUT\n")
        return 2
    data = build()
    output = Path(sys.argv[1])
    temporary = output.with_name(output.name + ".new")
    temporary.write_bytes(data)
    temporary.chmod(0o755)
    temporary.replace(output)
    sys.stdout.write(hashlib.sha256(data).hexdigest() + "\n")
    return 0


def _files(package: str) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of one package's files."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    root = Path(spec.submodule_search_locations[0])
    for path in root.rglob("*"):
        inner = path.relative_to(root)
        if _LEFT_OUT & set(inner.parts) or not path.is_file():
            continue
        if path.suffix in (".so", ".pyd"):
            raise ValueError(f"{path} is compiled: the agent must run without")
        if path.suffix == ".py" or path.suffix in _DATA:
            yield f"{package}/{inner.as_posix()}", path


def _metadata(name: str) -> Iterator[tuple[str, Path]]:
    """(name in the archive, path) of a distribution's METADATA and licence files."""
    for file in distribution(name).files or ():
        is_wanted = file.name == "METADATA" or file.name.upper().startswith(("LICENSE", "COPYING", "NOTICE"))
        if file.parts[0].endswith(".dist-info") and is_wanted:
            yield file.as_posix(), Path(str(file.locate()))


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    archive.writestr(info, data)


if __name__ == "__main__":
    sys.exit(main())
