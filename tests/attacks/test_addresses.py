"""Attack case 15: what a caller says about its own address counts for nothing, unless a trusted proxy says it."""

import trio

from tests.attacks.world import audited
from tests.drivers import running_relay

WRONG = {"email": "ada@example.org", "password": "wrong password"}


def forged(number: int) -> dict[str, str]:
    """Another address in every header that ever carried one."""
    address = f"198.51.100.{number}"
    return {
        "x-forwarded-for": address, "x-real-ip": address, "forwarded": f"for={address}", "client-ip": address,
        "true-client-ip": address, "cf-connecting-ip": address, "x-client-ip": address, "via": "1.1 proxy",
    }  # fmt: skip


async def test_case_15_forged_addresses_neither_evade_the_lock_out_nor_stand_in_the_audit_log(tmp_path):
    async with running_relay(tmp_path) as here:
        ada = await here.organization("ada", "Acme")
        found = [
            (await here.http.post("/api/auth/login", json=WRONG, headers=forged(number))).status_code
            for number in range(12)
        ]
        assert found == [401] * 10 + [429] * 2
        failed = await audited(ada, "login_failed")
        assert len(failed) == 10
        assert {each["ip_address"] for each in failed} == {"127.0.0.1"}


async def test_case_15_a_proxy_header_before_the_request_is_no_http(tmp_path):
    async with running_relay(tmp_path) as here:
        host, port = here.running.url.removeprefix("http://").split(":")
        stream = await trio.open_tcp_stream(host, int(port))
        async with stream:
            await stream.send_all(
                b"PROXY TCP4 198.51.100.1 127.0.0.1 1 2\r\nGET /api/health HTTP/1.1\r\nhost: x\r\n\r\n"
            )
            with trio.fail_after(5):
                assert (await stream.receive_some(65536)).startswith((b"HTTP/1.1 400", b""))
        assert (await here.anybody.get("/api/health")).status == 200
