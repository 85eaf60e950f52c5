"""What is signed about commands: fixed bytes, and no two logs, rows or ends that look alike."""

import hashlib
from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from protocol.attestation import done_statement, end_statement, log_start, row_digest, row_statement
from protocol.messages import CommandDone, CommandLogged, RunCommand
from tests.protocol.strategies import messages_of

ROW = CommandLogged(
    line="ls é", exit_code=0, started_at_ms=1, duration_ms=None, cwd="/", method="bash", confidence="high", seq=1
)
RUN = RunCommand(command_id="c1", command="id", username="rosa", timeout_s=5)
DONE = CommandDone(exit_code=0, started_at_ms=1, duration_ms=2)
COVERED = {"line", "exit_code", "started_at_ms", "duration_ms", "cwd", "method", "confidence", "seq"}


def test_the_bytes_of_the_document() -> None:
    start = hashlib.sha256(b"fairlead command log v1\0" + b"0123456789ab" + b"\0" + b"s1").digest()
    assert log_start("0123456789ab", "s1") == start
    text = (
        b'{"confidence":"high","cwd":"/","duration_ms":null,"exit_code":0,"line":"ls \\u00e9","method":"bash","seq":1,'
        b'"started_at_ms":1}'
    )
    digest = hashlib.sha256(start + text).digest()
    assert row_digest(start, ROW) == digest
    assert row_statement(digest) == b"fairlead command row v1\0" + digest
    assert end_statement(1, digest) == b"fairlead command log end v1\0" + bytes(7) + b"\x01" + digest
    assert done_statement("0123456789ab", RUN, DONE) == (
        b'fairlead command done v1\0{"agent_id":"0123456789ab","command":"id","command_id":"c1","duration_ms":2,'
        b'"exit_code":0,"started_at_ms":1,"timed_out":false,"truncated":false,"username":"rosa"}'
    )


def test_everything_but_its_own_proof_is_covered() -> None:
    assert {field.name for field in fields(CommandLogged)} - COVERED == {"previous", "signature"}


@given(messages_of(CommandLogged), messages_of(CommandLogged))
def test_two_rows_never_have_one_digest(one: CommandLogged, other: CommandLogged) -> None:
    same = all(getattr(one, name) == getattr(other, name) for name in COVERED)
    assert (row_digest(bytes(32), one) == row_digest(bytes(32), other)) is same


@given(st.lists(messages_of(CommandLogged), min_size=2, max_size=5), st.data())
def test_a_log_without_one_of_its_rows_is_another_log(rows: list[CommandLogged], data: st.DataObject) -> None:
    left_out = data.draw(st.integers(0, len(rows) - 1))
    assert digest_of(rows) != digest_of([row for place, row in enumerate(rows) if place != left_out])


def digest_of(rows: list[CommandLogged]) -> bytes:
    digest = log_start("0123456789ab", "s1")
    for row in rows:
        digest = row_digest(digest, row)
    return digest


@given(messages_of(CommandDone), messages_of(RunCommand))
def test_an_end_speaks_for_one_command_of_one_machine(done: CommandDone, run: RunCommand) -> None:
    said = done_statement("0123456789ab", run, done)
    assert said != done_statement("ba9876543210", run, done)
    assert said != done_statement("0123456789ab", replace(run, command=run.command + "x"), done)
    assert said != done_statement("0123456789ab", run, replace(done, duration_ms=done.duration_ms + 1))
    assert said == done_statement("0123456789ab", run, replace(done, signature="x"))
