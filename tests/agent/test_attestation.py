"""The agent's signatures: real ones, over the whole log, and never more of them than the machine can afford."""

import os
from dataclasses import replace

from agent import ed25519
from agent.attestation import BURST, SIGNATURES_PER_S, Attestor
from agent.command_log import MAX_ROWS, SIGNED_EVERY, CommandLog
from agent.shell import EchoShell
from protocol.attestation import done_statement, end_statement, log_start, row_digest, row_statement
from protocol.handshake import decode_bytes
from protocol.messages import CommandDone, CommandLogged, RunCommand

SEED = bytes(range(32))
KEY = ed25519.public_key(SEED)
AGENT_ID = "0123456789ab"


class Counted:
    """A signing key that counts, and a clock that stands still until told."""

    def __init__(self) -> None:
        self.signed = 0
        self.at = 100.0

    def sign(self, message: bytes) -> bytes:
        self.signed += 1
        return ed25519.sign(SEED, message)

    def attestor(self) -> Attestor:
        return Attestor(AGENT_ID, self.sign, lambda: self.at)


def row(line: str = "ls") -> CommandLogged:
    return CommandLogged(
        line=line, exit_code=0, started_at_ms=1, duration_ms=1, cwd="/", method="bash", confidence="high"
    )


def log_of(counted: Counted) -> CommandLog:
    return CommandLog(
        EchoShell(), method="bash", unix_ms=lambda: 1, attestation=counted.attestor().log("s1")
    )  # fmt: skip


def is_signed(statement: bytes, signature: str) -> bool:
    return ed25519.verify(KEY, statement, decode_bytes(signature, size=64))


def sent(log: CommandLog) -> list[CommandLogged]:
    found = []
    while (each := log.next_row()) is not None:
        found.append(each)
        log.drop_first(each)
    return found


def test_each_row_follows_the_one_before_and_the_last_is_signed() -> None:
    log = log_of(Counted())
    for number in range(3):
        log._add(row(f"echo {number}"))
    rows = sent(log)
    digest = log_start(AGENT_ID, "s1")
    for seq, each in enumerate(rows, 1):
        assert (each.seq, decode_bytes(each.previous, size=32)) == (seq, digest)
        digest = row_digest(digest, each)
    assert [bool(each.signature) for each in rows] == [False, False, True]
    assert is_signed(row_statement(digest), rows[-1].signature)
    seq, signature = log.end()
    assert seq == 3
    assert is_signed(end_statement(3, digest), signature)


def test_a_row_that_is_sent_again_is_the_same_row() -> None:
    counted = Counted()
    log = log_of(counted)
    log._add(row())
    assert log.next_row() is log.next_row()
    assert counted.signed == 1


def test_a_flood_is_signed_by_the_budget_and_not_by_the_row() -> None:
    counted = Counted()
    log = log_of(counted)
    for number in range(1000):
        log._add(row(f"echo {number}"))
        sent(log)
    assert counted.signed == BURST
    counted.at += 3
    for number in range(1000):
        log._add(row(f"echo {number}"))
        sent(log)
    assert counted.signed == BURST + 3 * SIGNATURES_PER_S


def test_of_many_that_waited_one_in_so_many_is_signed() -> None:
    log = log_of(Counted())
    for number in range(MAX_ROWS + 10):
        log._add(row(f"echo {number}"))
    rows = sent(log)
    assert rows[0].seq == 11, "the gap shows how many were lost"
    assert sum(bool(each.signature) for each in rows) == MAX_ROWS // (SIGNED_EVERY + 1) + 1


def test_the_end_of_a_command_is_signed() -> None:
    run = RunCommand(command_id="c1", command="id", username="rosa", timeout_s=5)
    done = CommandDone(exit_code=0, started_at_ms=1, duration_ms=2)
    said = Counted().attestor().done(run, done)
    assert replace(said, signature="") == done
    assert is_signed(done_statement(AGENT_ID, run, done), said.signature)


def test_without_an_attestor_rows_are_as_they_were() -> None:
    log = CommandLog(EchoShell(), method="bash", unix_ms=lambda: 1)
    log._add(row())
    assert sent(log) == [row()]
    assert log.end() == (0, "")


def test_two_keys_do_not_mix() -> None:
    other = os.urandom(32)
    for seed in (SEED, other, SEED):
        assert ed25519.verify(ed25519.public_key(seed), b"x", ed25519.sign(seed, b"x"))
