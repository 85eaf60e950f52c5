"""Streaming the audit trails to real receivers: everything, in order, also when the receiver comes and goes."""

import json
from dataclasses import replace

import pytest
import trio

from relay.audit_streams import audit_streams
from relay.config import Config, ConfigError, Destination, read_config
from relay.domain.audit_chain import Head, hash_of
from relay.outbound import receivers
from relay.outbound.receivers import Unreceived
from tests.post_office import certificate
from tests.receivers import SYSLOG, content, tcp_receiver, udp_receiver
from tests.services.house import house


def stream(home, **settings):
    """The one stream of these settings."""
    (found,) = audit_streams(replace(Config(), **settings), home.services)
    return found


def over_tcp(port):
    return {"audit_syslog": Destination("tcp", "127.0.0.1", port)}


async def stored(home, tenant_id="acme"):
    return await home.rows("audit", tenant_id=tenant_id)


def chain_of(entries):
    """The numbers of entries as they came, each linked to the one before and with the hash that it says."""
    head = Head()
    for each in entries:
        entry = dict(each)
        stated = entry.pop("hash")
        assert (entry["seq"], entry["prev_hash"], hash_of(entry)) == (head.seq + 1, head.hash, stated)
        head = Head(entry["seq"], stated)
    return head.seq


async def test_syslog_over_tcp_has_every_entry_and_checkpoint_in_order(tmp_path):
    async with house(tmp_path) as home, tcp_receiver() as heard:
        admin = await home.signup()
        await home.add_user(admin, "bob")
        await home.services.audit_checkpoints.sign("acme")
        sent = stream(home, **over_tcp(heard.port))
        count = len(await stored(home))
        assert await sent.deliver() == count + 1
        messages = await heard.until(count + 1)
        assert chain_of(content(each) for each in messages[:-1]) == count
        signed = content(messages[-1])["checkpoint"]
        assert (signed["seq"], signed["tenant_id"]) == (count, "acme")
        priorities = {content(each).get("action"): int(SYSLOG.fullmatch(each)[1]) for each in messages}
        assert priorities["signup"] == 13 * 8 + 6
        assert await sent.deliver() == 0
        await sent.receiver.aclose()


async def test_a_receiver_that_was_away_gets_everything_and_nothing_twice(tmp_path):
    async with house(tmp_path) as home:
        async with tcp_receiver() as heard:
            port = heard.port
            admin = await home.signup()
            sent = stream(home, **over_tcp(port))
            before = await sent.deliver()
            await heard.until(before)
        await home.add_user(admin, "bob")
        with pytest.raises(Unreceived):
            await sent.deliver()
        count = len(await stored(home))
        async with tcp_receiver(port=port) as heard:
            # Another object, as after a restart of the relay: what it knows is in the store.
            again = stream(home, **over_tcp(port))
            assert await again.deliver() == count - before
            seqs = [content(each)["seq"] for each in await heard.until(count - before)]
            assert seqs == list(range(before + 1, count + 1))
            await again.receiver.aclose()


async def test_a_receiver_that_dies_without_reading_gets_it_again(tmp_path):
    async with house(tmp_path) as home:
        await home.signup()
        count = len(await stored(home))
        async with tcp_receiver(reads=False) as dying:
            port = dying.port
            sent = stream(home, **over_tcp(port))
            first = await sent.deliver()
        await home.add_user(await home.login("ada"), "bob")
        with pytest.raises(Unreceived):
            await sent.deliver()
        assert first == count
        async with tcp_receiver(port=port) as heard:
            now = await sent.deliver()
            seqs = [content(each)["seq"] for each in await heard.until(first + now)]
            assert seqs == list(range(1, first + now + 1))
            await sent.receiver.aclose()


async def test_one_that_takes_nothing_delays_nobody_and_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(receivers, "SEND_S", 0.2)
    async with house(tmp_path) as home, tcp_receiver(reads=False) as deaf:
        admin = await home.signup()
        sent = stream(home, **over_tcp(deaf.port))
        huge = [b"x" * 1_000_000] * 20
        async with trio.open_nursery() as nursery:

            async def send():
                with pytest.raises(Unreceived, match="takes too long"):
                    await sent.receiver.send(huge)

            nursery.start_soon(send)
            await home.add_user(admin, "bob")
        assert len(await home.audited("user_created")) == 1


async def test_tls_verifies_who_receives(tmp_path):
    server, _ = certificate(tmp_path)
    ca = next(tmp_path.glob("*.pem"))
    async with house(tmp_path / "data") as home, tcp_receiver(tls=server) as heard:
        await home.signup()
        to = Destination("tls", "localhost", heard.port)
        with pytest.raises(Unreceived, match="certificate verify failed"):
            await stream(home, audit_jsonl=to).deliver()
        assert heard.data == b""
        sent = stream(home, audit_jsonl=to, audit_ca=str(ca))
        count = await sent.deliver()
        assert chain_of(json.loads(each) for each in await heard.until(count, of="lines")) == count
        await home.login("ada")
        assert await sent.deliver() == 1
        await heard.until(count + 1, of="lines")
        assert heard.connections == 2, "the refused one, and one for everything"
        await sent.receiver.aclose()
        with pytest.raises(ConfigError, match="AUDIT_CA"):
            stream(home, audit_jsonl=to, audit_ca=str(tmp_path / "absent"))


async def test_udp_has_a_datagram_for_each(tmp_path):
    async with house(tmp_path) as home, udp_receiver() as heard:
        await home.signup()
        sent = stream(home, audit_syslog=Destination("udp", "127.0.0.1", heard.port))
        count = await sent.deliver()
        with trio.fail_after(5):
            while len(heard.datagrams) < count:
                heard.moved = trio.Event()
                await heard.moved.wait()
        assert chain_of(content(each) for each in heard.datagrams) == count


async def test_a_file_is_appended_to_also_after_its_rotation_and_a_torn_line(tmp_path):
    async with house(tmp_path / "data") as home:
        await home.signup()
        path = tmp_path / "audit.log"
        sent = stream(home, audit_jsonl=Destination("file", path=str(path)))
        count = await sent.deliver()
        assert path.stat().st_mode & 0o777 == 0o600
        assert chain_of(json.loads(each) for each in path.read_bytes().splitlines()) == count
        path.rename(tmp_path / "audit.log.1")
        await home.login("ada")
        await sent.deliver()
        assert [json.loads(each)["seq"] for each in path.read_bytes().splitlines()] == [count + 1]
        path.write_bytes(b'{"half')
        await home.login("ada")
        await sent.deliver()
        assert [json.loads(each)["seq"] for each in path.read_bytes().splitlines()[1:]] == [count + 2]
        absent = stream(home, audit_jsonl=Destination("file", path=str(tmp_path / "no" / "audit.log")))
        with pytest.raises(Unreceived, match="No such file"):
            await absent.deliver()


async def test_case_31_what_somebody_wrote_is_one_printable_line(tmp_path):
    async with house(tmp_path / "data") as home:
        admin = await home.signup()
        hostile = 'x\n<0>1 - - - - - forged\r\x1b[2J\x7f\x9b31m\u202e\u2028"}{é'
        await home.services.audit.record(admin, "login", "auth", resource_id=hostile, name=hostile)
        path = tmp_path / "audit.log"
        count = await stream(home, audit_jsonl=Destination("file", path=str(path))).deliver()
        lines = path.read_bytes().split(b"\n")[:-1]
        assert len(lines) == count
        assert all(32 <= byte < 127 for line in lines for byte in line)
        assert json.loads(lines[-1])["details"]["name"] == hostile
        async with tcp_receiver() as heard:
            sent = stream(home, **over_tcp(heard.port))
            await sent.deliver()
            messages = await heard.until(count)
            assert content(messages[-1])["resource_id"] == hostile
            await sent.receiver.aclose()


async def test_case_41_an_entry_too_large_for_a_datagram_goes_without_its_details(tmp_path):
    async with house(tmp_path) as home, udp_receiver() as heard:
        admin = await home.signup()
        await home.services.audit.record(admin, "login", "auth", many=["\u2028" * 500] * 100)
        sent = stream(home, audit_syslog=Destination("udp", "127.0.0.1", heard.port))
        count = await sent.deliver()
        with trio.fail_after(5):
            while len(heard.datagrams) < count:
                heard.moved = trio.Event()
                await heard.moved.wait()
        assert content(heard.datagrams[-1])["details"] == {"left_out": True}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUDIT_SYSLOG", "host:514"),
        ("AUDIT_SYSLOG", "http://host"),
        ("AUDIT_SYSLOG", "tls://host/path"),
        ("AUDIT_SYSLOG", "tls://user@host"),
        ("AUDIT_SYSLOG", "tcp://host:99999"),
        ("AUDIT_JSONL", "udp://host"),
    ],
)
def test_settings_that_make_no_sense_are_named(name, value):
    with pytest.raises(ConfigError, match=name):
        read_config({name: value})


def test_settings_that_do():
    assert read_config({"AUDIT_SYSLOG": "tls://siem.example"}).audit_syslog == Destination("tls", "siem.example", 6514)
    assert read_config({"AUDIT_JSONL": "/var/log/a.jsonl"}).audit_jsonl == Destination("file", path="/var/log/a.jsonl")
    assert str(read_config({"AUDIT_SYSLOG": "udp://[::1]"}).audit_syslog) == "udp://::1:514"
