"""Case 33: the relay's own HTTP client cannot be sent to places that only the relay can reach."""

import socket

import pytest
import trio

from relay.domain.identity import Issuer
from relay.outbound import client as outbound
from relay.outbound.addresses import is_public
from relay.outbound.client import OutboundClient
from relay.outbound.errors import OutboundFailed
from tests.drivers import running_relay
from tests.identity_provider import identity_provider, misbehave, seen

REFUSED = r"https only|a private address|no such host|InvalidURL|not an http"
PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255",
    "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1", "192.88.99.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1", "2002:7f00:1::", "2001::1", "2001:db8::1", "", "localhost", "1.2.3", "0x7f000001",
]  # fmt: skip


@pytest.fixture(scope="module")
def provider():
    with identity_provider() as url:
        yield url


@pytest.mark.parametrize("address", PRIVATE)
def test_case_33_an_address_that_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_case_33_a_public_address(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_case_33_no_way_of_writing_a_private_address_gets_there(provider, host, scheme):
    port = provider.rpartition(":")[2]
    before = len(seen(provider)["fetched"])
    with pytest.raises(OutboundFailed, match=REFUSED):
        await OutboundClient().get_json(f"{scheme}://{host}:{port}/jwks")
    assert [each for each in seen(provider)["fetched"][before:] if each != "/seen"] == []


async def test_case_33_a_name_with_one_private_address_is_refused(monkeypatch):
    async def both(host, port, **_):
        return [(0, 0, 0, "", (address, port)) for address in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(outbound.trio.socket, "getaddrinfo", both)
    with pytest.raises(OutboundFailed, match="a private address"):
        await OutboundClient().get_json("https://rebinding.example/")


async def test_case_33_the_address_that_was_looked_at_is_the_one_connected_to(monkeypatch):
    """A name that answers differently the second time: there is no second time."""
    asked, connected = [], []

    async def resolve(host, port, **_):
        asked.append(host)
        return [(0, 0, 0, "", ("1.1.1.1" if len(asked) == 1 else "127.0.0.1", port))]

    async def connect(self, host, *_):
        connected.append(host)
        raise OSError

    monkeypatch.setattr(outbound.trio.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(outbound.httpcore2.TrioBackend, "connect_tcp", connect)
    with pytest.raises(OutboundFailed):
        await OutboundClient().get_json("https://rebinding.example/")
    assert (asked, connected) == (["rebinding.example"], ["1.1.1.1"])


async def test_case_33_only_the_named_origin_may_be_private(provider):
    mine = OutboundClient(private_origins=[provider])
    assert "keys" in await mine.get_json(f"{provider}/jwks")
    port = int(provider.rpartition(":")[2])
    with pytest.raises(OutboundFailed, match="https only"):
        await mine.get_json(f"http://127.0.0.1:{port + 1}/")
    with pytest.raises(OutboundFailed, match="a private address"):
        await mine.get_json(f"https://127.0.0.1:{port + 1}/")
    with pytest.raises(OutboundFailed, match="https only"):
        await mine.get_json(f"http://localhost:{port}/jwks")


async def test_case_33_no_redirect_is_followed(provider):
    misbehave(provider, paths={"/moved": {"redirect": "http://169.254.169.254/latest/meta-data/"}})
    with pytest.raises(OutboundFailed, match="status 302"):
        await OutboundClient(private_origins=[provider]).get_json(f"{provider}/moved")


async def test_case_33_answers_are_bounded_and_uncompressed(provider):
    paths = {
        "/large": {"body": "x" * 1024, "times": 600},
        "/bomb": {"body": "x", "headers": {"content-encoding": "gzip"}},
        "/text": {"body": "no json"},
        "/deep": {"body": "[", "times": 100_000},
    }
    misbehave(provider, paths=paths)
    mine = OutboundClient(private_origins=[provider])
    for path, reason in (("/large", "too large"), ("/bomb", "compressed"), ("/text", "no JSON"), ("/deep", "no JSON")):
        with pytest.raises(OutboundFailed, match=reason):
            await mine.get_json(provider + path)


async def test_case_33_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(outbound, "TIMEOUT_S", 0.05)
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with trio.fail_after(5), pytest.raises(OutboundFailed):
            await OutboundClient(private_origins=[url]).get_json(url + "/")


async def test_case_33_proxies_of_the_environment_do_not_count(provider, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    misbehave(provider)
    assert "keys" in await OutboundClient(private_origins=[provider]).get_json(f"{provider}/jwks")


@pytest.mark.parametrize("url", ["ftp://x/", "file:///etc/passwd", "https://", "https://a:b@x/", "https://x:y/", "//x"])
async def test_case_33_other_addresses_are_none(url):
    with pytest.raises(OutboundFailed):
        await OutboundClient().get_json(url)


async def test_case_33_an_issuer_on_a_private_address_is_not_asked(tmp_path, provider):
    sso = Issuer(id="sso", issuer=provider, client_id="a", client_secret="b", name="Inside")
    before = len(seen(provider)["fetched"])
    async with running_relay(tmp_path, oidc_providers=(sso,)) as here:
        answer = await here.anybody.get("/api/auth/oidc/sso")
        assert (answer.status, answer.error) == (503, "Inside cannot be reached: try again")
    assert [each for each in seen(provider)["fetched"][before:] if each != "/seen"] == []


async def test_case_33_a_discovery_document_leads_to_no_private_place(tmp_path, provider):
    sso = Issuer(id="sso", issuer=provider, client_id="a", client_secret="b", name="SSO")
    hidden = "http://169.254.169.254/token"
    misbehave(provider, metadata={"token_endpoint": hidden, "jwks_uri": hidden})
    settings = {"oidc_providers": (sso,), "oidc_private_origins": (provider,)}
    async with running_relay(tmp_path, **settings) as here:
        begun = await here.http.get("/api/auth/oidc/sso")
        there = await here.http.get(begun.headers["location"])
        done = await here.http.get(there.headers["location"])
        assert "cannot+be+reached" in done.headers["location"]
