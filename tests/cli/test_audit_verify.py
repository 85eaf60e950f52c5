"""`fairlead audit verify` as a program: exit codes, and one sentence where it belongs."""

import io
import subprocess
import sys
from pathlib import Path

import structlog

from relay.log import mask_secrets
from tests.attacks.test_audit_evidence import exported, trail, trail_on, with_entry
from tests.webxterm.house import relay

ROOT = Path(__file__).resolve().parents[2]


def verify(*arguments: object) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "relay", "audit", "verify", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_exit_codes_and_sentences(tmp_path):
    async with relay(tmp_path / "relay") as home:
        lines = await exported(tmp_path, home, await trail(home))
    file, keys = tmp_path / "export.jsonl", tmp_path / "jwks.json"
    file.write_text("".join(lines))
    code, out, err = verify(file, "--jwks", keys)
    assert (code, err) == (0, "")
    assert out.startswith("intact: ")
    file.write_text("".join(with_entry(lines, 3, action="login")))
    code, out, err = verify(file, "--jwks", keys)
    assert (code, err) == (1, "")
    assert out.startswith("not intact: line 4, entry 3 (edited): Entry 3 was edited")
    code, out, err = verify(tmp_path / "absent.jsonl")
    assert (code, out) == (2, "")
    assert err.startswith("fairlead: cannot read ")
    assert out.count("\n") + err.count("\n") == 1


async def test_checkpoints_kept_in_the_relays_log_find_what_was_cut_off(tmp_path):
    log = io.StringIO()
    structlog.configure(
        processors=[mask_secrets, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(log),
    )
    try:
        async with relay(tmp_path / "relay") as home:
            admin = await home.organization("ada", "Acme")
            older = await exported(tmp_path, home, admin)
            await trail_on(home, admin)
    finally:
        structlog.reset_defaults()
    file, kept = tmp_path / "export.jsonl", tmp_path / "relay.log"
    file.write_text("".join(older))
    kept.write_text("".join(f"{line}\n" for line in log.getvalue().splitlines() if '"checkpoint"' in line))
    code, out, err = verify(file, "--jwks", tmp_path / "jwks.json", "--checkpoints", kept)
    assert (code, err) == (1, "")
    assert "its end was cut off, or an older state was restored" in out
