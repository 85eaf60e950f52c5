"""A running relay streams by itself, from the first entry on, and ends in good order with a deaf receiver."""

from relay.config import Destination
from tests.receivers import content, tcp_receiver
from tests.webxterm.house import relay


def to(port: int) -> Destination:
    return Destination("tcp", "127.0.0.1", port)


async def test_a_running_relay_streams(tmp_path):
    async with tcp_receiver() as heard, relay(tmp_path, audit_syslog=to(heard.port)) as home:
        admin = await home.organization("ada", "Acme")
        total = (await admin.get("/api/audit")).body["total"]
        found = [content(each) for each in await heard.until(total)]
        assert [each["seq"] for each in found if each.get("tenant_id") == "acme"] == list(range(1, total + 1))


async def test_a_receiver_that_is_not_there_changes_nothing(tmp_path):
    async with relay(tmp_path, audit_syslog=to(1), audit_jsonl=Destination("file", path="/dev/full")) as home:
        admin = await home.organization("ada", "Acme")
        assert (await admin.get("/api/audit/verify")).body["ok"] is True
