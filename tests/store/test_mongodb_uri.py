"""The way to a real server: with MONGODB_URI the contract runs there too. Here it leads to our own, another process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.real_server import CONTRACT_DATABASE, contract_uri
from tests.surroundings import forget_settings

CONTRACT = Path(__file__).with_name("test_contract_updates.py")
LIMIT_S = 60


def test_the_contract_follows_the_variable() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.store.mongo_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        uri = server.stdout.readline().strip().replace("/contract", "/somebodys")
        summary = run_contract({"MONGODB_URI": uri})
        asked, _ = server.communicate(timeout=LIMIT_S)
    finally:
        server.kill()
        server.communicate()
    passed = re.fullmatch(r"(\d+) passed, \d+ deselected in .*", summary)
    assert passed, summary
    seen = json.loads(asked)
    assert seen["databases"] == ["admin", CONTRACT_DATABASE], "the database that the URI names is not ours to empty"
    counts = seen["commands"]
    assert counts["dropDatabase"] == int(passed[1]) > 0, "each test began with an empty database over there"
    assert counts["insert"] > 0
    assert counts["update"] > 0


def test_without_the_variable_nothing_goes_there() -> None:
    summary = run_contract({})
    assert re.fullmatch(r"\d+ deselected in .*", summary), summary


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("mongodb://h", "mongodb://h/fairlead_contract"),
        ("mongodb://a:1,b:2/live?replicaSet=rs", "mongodb://a:1,b:2/fairlead_contract?replicaSet=rs"),
        ("mongodb://u:p@h/live", "mongodb://u:p@h/fairlead_contract?authSource=live"),
        ("mongodb+srv://u:p@h/?w=1", "mongodb+srv://u:p@h/fairlead_contract?w=1&authSource=admin"),
        ("mongodb://u:p@h/live?authsource=x", "mongodb://u:p@h/fairlead_contract?authsource=x"),
    ],
)
def test_the_contract_has_a_database_of_its_own(given: str, used: str) -> None:
    assert contract_uri(given) == used


def test_a_relay_under_test_never_sees_the_real_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MONGODB_URI", "FAIRLEAD_MONGODB_URI", "FAIRLEAD_DATA"):
        monkeypatch.setenv(name, "somebody's")
    forget_settings()
    assert {"MONGODB_URI", "FAIRLEAD_MONGODB_URI", "FAIRLEAD_DATA"}.isdisjoint(os.environ)


def run_contract(variables: dict[str, str]) -> str:
    """The last line of a pytest of its own, over the tests that are meant for a real server."""
    environment = {name: value for name, value in os.environ.items() if name != "MONGODB_URI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "mongo", str(CONTRACT)],
        env=environment | variables, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]
