"""Letters on their way: none lost, none for ever, none in clear."""

from datetime import timedelta

import pytest
import trio

from relay.domain.errors import Unavailable
from relay.domain.letters import Letter
from relay.outbound.mail import Undelivered
from relay.services import letters as letters_module
from relay.services.letters import Letters
from relay.timers.courier import carry
from relay.vault.seal import Sealer
from tests.services.house import house

LETTER = Letter(to="ada@example.org", subject="Hello", text="the code is 123456")
HOUR = timedelta(hours=1)


class Office:
    """A mail server's double: takes letters, or raises what it was told to."""

    def __init__(self, *faults: Undelivered) -> None:
        self.faults = list(faults)
        self.taken: list[Letter] = []

    async def send(self, letter, *, letter_id, at):
        if self.faults:
            raise self.faults.pop(0)
        self.taken.append(letter)


def away() -> Undelivered:
    return Undelivered("away", for_good=False)


def desk(home, office, key: bytes = bytes(32)) -> Letters:
    return Letters(
        database=home.database, mailer=office, sealer=Sealer(key), clock=home.clock, ids=home.services.accounts.ids
    )


async def test_a_letter_waits_sealed_until_it_is_taken(tmp_path):
    async with house(tmp_path) as home:
        office = Office()
        letters = desk(home, office)
        await letters.post(LETTER, tenant_id="acme", lifetime=HOUR)
        (row,) = await home.rows("outbox")
        assert "123456" not in repr(row)
        assert "ada@example.org" not in repr(row)
        await letters.deliver_due()
        assert office.taken == [LETTER]
        assert await home.rows("outbox") == []


async def test_a_server_that_is_away_is_asked_again_later_and_later(tmp_path):
    async with house(tmp_path) as home:
        office = Office(away(), away())
        letters = desk(home, office)
        for _ in range(2):
            await letters.post(LETTER, tenant_id="acme", lifetime=HOUR)
            home.clock.advance(0.001)
        assert await letters.deliver_due() == 5  # the second was not tried: the server is away
        assert sorted(row["tries"] for row in await home.rows("outbox")) == [0, 1]
        home.clock.advance(5)
        assert await letters.deliver_due() == 5
        home.clock.advance(10)
        await letters.deliver_due()
        assert len(office.taken) == 2


async def test_waiting_letters_outlive_the_relay(tmp_path):
    async with house(tmp_path) as home:
        await desk(home, Office()).post(LETTER, tenant_id="acme", lifetime=HOUR)
        office = Office()
        await desk(home, office).deliver_due()
        assert office.taken == [LETTER]


@pytest.mark.parametrize("case", ["refused for good", "too late", "another key"])
async def test_what_cannot_be_delivered_is_given_up(tmp_path, case):
    async with house(tmp_path) as home:
        office = Office(*([Undelivered("no such box", for_good=True)] if case == "refused for good" else []))
        await desk(home, office).post(LETTER, tenant_id="acme", lifetime=HOUR)
        home.clock.advance(3600 if case == "too late" else 0)
        await desk(home, office, bytes(31) + b"\1" if case == "another key" else bytes(32)).deliver_due()
        assert office.taken == []
        assert await home.rows("outbox") == []


async def test_without_a_mail_server_nothing_is_promised(tmp_path):
    async with house(tmp_path) as home:
        with pytest.raises(Unavailable, match="This relay sends no mail"):
            await desk(home, None).post(LETTER, tenant_id="acme", lifetime=HOUR)


async def test_the_queue_is_bounded_and_signing_up_cannot_fill_it(tmp_path, monkeypatch):
    monkeypatch.setattr(letters_module, "MAX_WAITING", 3)
    monkeypatch.setattr(letters_module, "MAX_WAITING_CASUAL", 1)
    async with house(tmp_path) as home:
        letters = desk(home, Office())
        await letters.post(LETTER, tenant_id="acme", lifetime=HOUR, casual=True)
        with pytest.raises(Unavailable, match="Too many letters"):
            await letters.post(LETTER, tenant_id="acme", lifetime=HOUR, casual=True)
        for _ in range(2):
            await letters.post(LETTER, tenant_id="acme", lifetime=HOUR)
        with pytest.raises(Unavailable, match="Too many letters"):
            await letters.post(LETTER, tenant_id="acme", lifetime=HOUR)


async def test_the_courier_carries_what_is_posted_and_survives_faults(tmp_path):
    async with house(tmp_path) as home:
        office = Office()
        letters = desk(home, office)
        await home.nursery.start(carry, letters)
        for count in (1, 2):
            await letters.post(LETTER, tenant_id="acme", lifetime=HOUR)
            with trio.fail_after(5):
                while len(office.taken) < count:
                    await trio.lowlevel.checkpoint()
        home.nursery.cancel_scope.cancel()
