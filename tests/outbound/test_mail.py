"""Mail against a real SMTP server."""

import socket
from datetime import UTC, datetime
from unittest import mock

import pytest

from relay.domain.letters import Letter, code_letter, verification_letter
from relay.outbound.mail import Mailer, SmtpSettings, Undelivered
from tests.post_office import certificate, post_office

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LETTER = Letter(to="ada@example.org", subject="Hello", text="One line\n\nAnother: ä\n")


def settings(port: int, **more) -> SmtpSettings:
    return SmtpSettings(
        **{"host": "localhost", "port": port, "sender": "Fairlead <f@example.org>", "tls": "none", **more}
    )


async def send(mailer: Mailer, letter: Letter = LETTER) -> None:
    await mailer.send(letter, letter_id="0" * 24, at=AT)


async def test_a_letter_arrives_as_it_was_written():
    with post_office() as office:
        await send(Mailer(settings(office.port)))
        (letter,) = office.letters
        assert (letter["from"], letter["to"], letter["subject"]) == ("Fairlead <f@example.org>", LETTER.to, "Hello")
        assert letter["message-id"] == f"<{'0' * 24}@example.org>"
        assert letter["date"].datetime == AT
        assert letter["auto-submitted"] == "auto-generated"
        assert letter.get_content().splitlines() == LETTER.text.splitlines()
        assert office.envelopes == [("f@example.org", ["ada@example.org"])]


@pytest.mark.parametrize(
    "letter",
    [
        Letter(to="ada@example.org\r\nBcc: eve@example.org", subject="x", text="x"),
        Letter(to="ada@example.org", subject="x\r\nBcc: eve@example.org", text="x"),
        Letter(to="ada@example.org, eve@example.org", subject="x", text="x"),
        Letter(to="no address", subject="x", text="x"),
        Letter(to="", subject="x", text="x"),
    ],
)
async def test_case_27_no_header_is_smuggled_in(letter):
    with post_office() as office:
        with pytest.raises(Undelivered) as caught:
            await send(Mailer(settings(office.port)), letter)
        assert caught.value.for_good
        assert office.letters == []


async def test_a_body_ends_no_letter_and_writes_no_header():
    with post_office() as office:
        text = "Bcc: eve@example.org\n.\nMAIL FROM:<eve@example.org>\n..\n"
        await send(Mailer(settings(office.port)), Letter(to="ada@example.org", subject="x", text=text))
        (letter,) = office.letters
        assert letter.get_content().splitlines() == text.splitlines()
        assert letter["bcc"] is None


async def test_starttls_and_login(tmp_path):
    server, client = certificate(tmp_path)
    with post_office(tls_context=server, require_starttls=True, auth_required=True) as office:
        known = settings(office.port, tls="starttls", username="fairlead", password="open sesame")
        await send(Mailer(known, context=client))
        assert office.logins == [("fairlead", "open sesame")]
        assert len(office.letters) == 1
        with pytest.raises(Undelivered, match="535") as caught:
            await send(Mailer(settings(office.port, tls="starttls", username="x", password="y"), context=client))
        assert not caught.value.for_good  # a wrong setting is put right, and nothing was lost
        assert "open sesame" not in repr(known)


async def test_tls_from_the_first_byte(tmp_path):
    server, client = certificate(tmp_path)
    with post_office(ssl_context=server) as office:
        await send(Mailer(settings(office.port, tls="tls"), context=client))
        assert len(office.letters) == 1


async def test_a_certificate_nobody_vouches_for_gets_no_letter(tmp_path):
    server, _ = certificate(tmp_path)
    with post_office(tls_context=server) as office:
        with pytest.raises(Undelivered, match="SSLCertVerificationError"):
            await send(Mailer(settings(office.port, tls="starttls")))
        assert office.letters == []


async def test_a_server_without_starttls_gets_no_letter():
    with post_office() as office:
        with pytest.raises(Undelivered):
            await send(Mailer(settings(office.port, tls="starttls")))
        assert office.letters == []


@pytest.mark.parametrize(("answer", "for_good"), [("451 later", False), ("554 never", True)])
async def test_what_the_server_refuses_is_told_apart(answer, for_good):
    with post_office() as office:
        office.answers = [answer]
        with pytest.raises(Undelivered) as caught:
            await send(Mailer(settings(office.port)))
        assert caught.value.for_good is for_good
        assert LETTER.to not in str(caught.value)


async def test_a_server_that_is_away_or_silent_holds_up_nobody():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Undelivered, match="cannot be reached"):
            await send(Mailer(settings(closed.getsockname()[1], host="127.0.0.1")))
    with socket.socket() as silent, mock.patch("relay.outbound.mail.STEP_TIMEOUT_S", 0.05):
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(Undelivered, match="cannot be reached"):
            await send(Mailer(settings(silent.getsockname()[1], host="127.0.0.1")))


async def test_a_letter_as_a_whole_is_bounded_in_time(autojump_clock):
    with socket.socket() as silent, mock.patch("relay.outbound.mail.STEP_TIMEOUT_S", 0.2):
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(Undelivered, match="took too long"):
            await send(Mailer(settings(silent.getsockname()[1], host="127.0.0.1")))


def test_letters_draw_names_and_build_links_from_the_public_url():
    letter = verification_letter(
        "ada@example.org", first_name="A\u202e\r\nBcc: x", public_url="https://relay.example", token="t", hours=24
    )
    assert letter.text.startswith("Hello ABcc: x,\n")
    assert "\nhttps://relay.example/api/auth/verify-email?token=t\n" in letter.text
    code = code_letter("ada@example.org", first_name="Ada", code="123456", minutes=10)
    assert "123456" in code.text
    assert "123456" not in code.subject  # subjects are shown on locked screens
